package printable

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"cat 猫 é.png":             "cat 猫 é.png",
		"\x1b[31mred\x1b[0m":      `\x1b[31mred\x1b[0m`,
		"\x9b31m":                 `\x9b31m`,
		"a\u009b31m":              `a\u009b31m`,
		"gpj.\u202eexe":           `gpj.\u202eexe`,
		"a\u2066b\u2069":          `a\u2066b\u2069`,
		"zero\u200bwidth\ufeff":   `zero\u200bwidth\ufeff`,
		"line\nSaved: x\r\tz\x00": `line\nSaved: x\r\tz\x00`,
		"\xff�":                   `\xff�`,
		"<script>":                "<script>",
	} {
		assert.Equal(t, want, Text(text), "%q", text)
	}
	assert.Equal(t, "a\n\tb\\r\\u2028", Lines("a\n\tb\r\u2028"))
}

// FuzzText makes nothing that is not graphic, and leaves alone what it has made.
func FuzzText(f *testing.F) {
	for _, text := range []string{"", "a\x1b[0m", "\u202e", "\xff", "�", "\U000e0001"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		shown := Text(text)
		assert.True(t, utf8.ValidString(shown))
		for _, r := range shown {
			assert.True(t, unicode.IsGraphic(r), "%q", r)
		}
		assert.LessOrEqual(t, len(shown), 10*len(text))
	})
}
