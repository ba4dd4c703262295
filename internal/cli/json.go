package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// jsonFlag gives a command that prints facts the flag for programs that read them.
func jsonFlag(cmd *cobra.Command, wanted *bool) {
	cmd.Flags().BoolVar(wanted, "json", false, "print one line of JSON; 'help json' describes it")
}

// printJSON prints v as one line of JSON. What a terminal would obey in place of showing is escaped, as in
// everything that ganlib prints.
func (a *app) printJSON(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("JSON: %w", err)
	}
	_, err := a.out.Write(append(escapeJSON(bytes.TrimRight(b.Bytes(), "\n")), '\n'))
	return err
}

// escapeJSON writes the characters that are not graphic as \u and their code. In JSON without line
// breaks they occur within strings only.
func escapeJSON(text []byte) []byte {
	odd := func(r rune) bool { return !unicode.IsGraphic(r) }
	if bytes.IndexFunc(text, odd) < 0 {
		return text
	}
	var out []byte
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case !odd(r):
			out = append(out, text[:size]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out
}
