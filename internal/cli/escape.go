package cli

import (
	"strings"

	show "ganlib/internal/printable"
)

// printable returns one line of text, and printableLines text of several, as they may be shown.
func printable(text string) string      { return show.Text(text) }
func printableLines(text string) string { return show.Lines(text) }

// shellWord returns text as one word of a POSIX shell's command line.
func shellWord(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./,+@:", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
