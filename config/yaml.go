package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of a file; one with every key and its comments has some 9 KiB. The scanner's time can grow
// with the square of a line's length, the parser's with the square of the number of tokens, and its
// depth with the number itself; lists in lists take the more memory the deeper they are.
const (
	maxFileBytes = 64 << 10
	maxLineBytes = 8 << 10
	maxTokens    = 10_000
	maxDepth     = 8 // a list needs one
)

// assignment is a value given to a key, as written.
type assignment struct {
	key     string
	at      origin // the key's place
	value   origin // the value's place
	texts   []string
	places  []origin // of the texts
	isList  bool
	without string // why there is no text: "a mapping", say
}

// readYAML returns the assignments of a YAML file: one document, one flat mapping of keys to scalars
// or to lists of scalars. Everything else is reported.
func readYAML(data []byte, filename string, r *report) []assignment {
	fail := func(line, column int, detail string) []assignment {
		r.add(origin{file: filename, line: line, column: column}.problem("", detail, ""))
		return nil
	}
	if len(data) > maxFileBytes {
		return fail(0, 0, fmt.Sprintf("larger than %d bytes", maxFileBytes))
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if line, column, ok := firstBadCharacter(data); !ok {
		return fail(line, column, "not a text in UTF-8, or a control character")
	}
	number := 0
	for line := range bytes.Lines(data) {
		if number++; len(line) > maxLineBytes {
			return fail(number, 1, fmt.Sprintf("a line of more than %d bytes", maxLineBytes))
		}
	}
	tokens := significant(lexer.Tokenize(string(data)))
	if len(tokens) > maxTokens {
		return fail(0, 0, fmt.Sprintf("more than %d words and signs", maxTokens))
	}
	if len(tokens) == 0 || !plain(tokens, filename, r) {
		return nil
	}
	file, err := parse(tokens)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
			return fail(syntax.Token.Position.Line, syntax.Token.Position.Column, "not YAML: "+syntax.Message)
		}
		return fail(0, 0, "not YAML: "+firstLine(err.Error()))
	}
	var all []assignment
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		mapping, ok := doc.Body.(ast.MapNode)
		if !ok {
			at := place(doc.Body, filename)
			return fail(at.line, at.column, fmt.Sprintf("got %s, want lines of the form KEY: VALUE, with a space after the colon", quote(doc.Body.GetToken().Value)))
		}
		for it := mapping.MapRange(); it.Next(); {
			all = append(all, readEntry(it.Key(), it.Value(), filename))
		}
	}
	return all
}

// parse calls the parser. Its panics are faults of the file like its errors: no input may end the
// program.
func parse(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			file, err = nil, fmt.Errorf("the parser gave up: %v", p)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// firstBadCharacter finds a byte that is not UTF-8, or a control character that YAML excludes.
func firstBadCharacter(data []byte) (line, column int, ok bool) {
	line, column = 1, 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return line, column, false
		case r == '\n':
			line, column = line+1, 0
		}
		column++
		data = data[size:]
	}
	return 0, 0, true
}

// significant returns the tokens without comments, linked anew.
func significant(tokens token.Tokens) token.Tokens {
	var kept token.Tokens
	for _, t := range tokens {
		if t.Type != token.CommentType {
			kept.Add(t)
		}
	}
	return kept
}

// refused are the parts of YAML that a flat list of values does not need, some of which let a small
// file grow without bound.
var refused = map[token.Type]string{
	token.AnchorType:       "anchors are not accepted",
	token.AliasType:        "aliases are not accepted; quote a value that begins with *",
	token.MergeKeyType:     "merge keys are not accepted",
	token.TagType:          "tags are not accepted; quote a value that begins with !",
	token.DirectiveType:    "directives are not accepted",
	token.MappingKeyType:   "complex keys are not accepted",
	token.MappingStartType: "braces are not accepted; write one KEY: VALUE a line",
	token.LiteralType:      "block texts are not accepted",
	token.FoldedType:       "block texts are not accepted",
}

// plain reports whether the tokens use only the accepted parts of YAML, and what they use besides.
func plain(tokens token.Tokens, filename string, r *report) bool {
	ok := true
	refuse := func(t *token.Token, detail string) {
		ok = false
		r.add(origin{file: filename, line: t.Position.Line, column: t.Position.Column}.problem("", detail, ""))
	}
	brackets, dashes := 0, 0 // that are open; that stand ever further right
	for i, t := range tokens {
		switch t.Type {
		case token.SequenceStartType:
			brackets++
		case token.SequenceEndType:
			brackets--
		}
		if dashes++; t.Type != token.SequenceEntryType || dashes > 1 && t.Position.Column <= tokens[i-1].Position.Column {
			dashes = 0
		}
		if brackets > maxDepth || dashes > maxDepth {
			refuse(t, fmt.Sprintf("more than %d lists in each other", maxDepth))
			return false
		}
		detail, found := refused[t.Type]
		switch {
		case found:
			refuse(t, detail)
		case t.Type == token.DocumentHeaderType && i > 0, t.Type == token.DocumentEndType && i < len(tokens)-1:
			refuse(t, "want a single document")
		}
	}
	return ok
}

// readEntry returns one key with its value.
func readEntry(key, value ast.Node, filename string) assignment {
	a := assignment{key: key.GetToken().Value, at: place(key, filename), value: place(value, filename)}
	if value.GetToken().Type == token.ImplicitNullType {
		a.value = a.at // nothing stands where the parser puts it
	}
	add := func(n ast.Node) {
		text, what := scalar(n)
		if what != "" {
			a.without = what
		}
		a.texts, a.places = append(a.texts, text), append(a.places, place(n, filename))
	}
	items, isList := value.(*ast.SequenceNode)
	if !isList {
		add(value)
		return a
	}
	a.isList = true
	for _, item := range items.Values {
		add(item)
	}
	return a
}

// scalar returns the text of a scalar, or says what the node is instead.
func scalar(n ast.Node) (text, what string) {
	switch n := n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, ""
	case *ast.NullNode:
		return "", "no value"
	case *ast.SequenceNode:
		return "", "a list"
	case ast.MapNode:
		return "", "a mapping"
	}
	return "", "something that is not a value"
}

func place(n ast.Node, filename string) origin {
	o := origin{file: filename}
	if t := n.GetToken(); t != nil && t.Position != nil {
		o.line, o.column = t.Position.Line, t.Position.Column
	}
	return o
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
