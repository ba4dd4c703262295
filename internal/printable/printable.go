// Package printable makes text safe to show: names of files, runs and tensors and values in files were chosen by
// somebody else, and must not move a terminal's cursor, recolour it, forge a line of a log, or reverse what is
// read.
package printable

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns text with everything but graphic characters written as an escape, as in a Go string.
func Text(text string) string { return escape(text, "") }

// Lines is Text for texts of several lines, which keep newlines and tabs.
func Lines(text string) string { return escape(text, "\n\t") }

func escape(text, keep string) string {
	odd := func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsGraphic(r) && !strings.ContainsRune(keep, r)
	}
	if strings.IndexFunc(text, odd) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if odd(r) {
			quoted := strconv.Quote(text[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}
