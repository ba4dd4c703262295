package ptxsim

import (
	"fmt"
	"strings"
)

// token is a word (a name with its dots, a number), a quoted string, or one character of punctuation.
// The empty text is the end.
type token struct {
	text string
	line int
}

func (t token) isWord() bool { return t.text != "" && wordByte(t.text[0]) }

// syntaxError is a place in the text that cannot be read.
type syntaxError struct {
	line   int
	reason string
	source string // the line itself
}

func (e *syntaxError) Error() string {
	text := fmt.Sprintf("line %d: %s", e.line, e.reason)
	if e.source != "" {
		text += ": " + e.source
	}
	return text
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c == '%' || c == '.'
}

// lex cuts PTX into tokens and leaves out comments.
func lex(text string) ([]token, error) {
	var tokens []token
	line := 1
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\n':
			line++
			i++
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case strings.HasPrefix(text[i:], "//"):
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i+2:], "*/")
			if end < 0 {
				return nil, &syntaxError{line: line, reason: "a comment does not end"}
			}
			line += strings.Count(text[i:i+2+end], "\n")
			i += end + 4
		case c == '"':
			end := strings.IndexAny(text[i+1:], "\"\n")
			if end < 0 || text[i+1+end] == '\n' {
				return nil, &syntaxError{line: line, reason: "a string does not end"}
			}
			tokens = append(tokens, token{text[i : i+end+2], line})
			i += end + 2
		case wordByte(c):
			end := wordEnd(text, i)
			tokens = append(tokens, token{text[i:end], line})
			i = end
		case c > ' ' && c < 0x7f:
			tokens = append(tokens, token{text[i : i+1], line})
			i++
		default:
			return nil, &syntaxError{line: line, reason: fmt.Sprintf("unexpected character %q", c)}
		}
	}
	return append(tokens, token{"", line}), nil
}

// wordEnd returns where the word at i ends. A double colon belongs to it, as in ld.shared::cta.
func wordEnd(text string, i int) int {
	for i < len(text) {
		switch {
		case wordByte(text[i]):
			i++
		case strings.HasPrefix(text[i:], "::") && i+2 < len(text) && wordByte(text[i+2]):
			i += 2
		default:
			return i
		}
	}
	return i
}
