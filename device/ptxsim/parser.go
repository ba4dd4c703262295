package ptxsim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Limits of what a module may declare, so that a short text cannot ask for much memory.
const (
	maxRegisters    = 1 << 16 // in one declaration
	maxSharedArray  = 1 << 20 // bytes
	maxGlobalArray  = 1 << 26
	maxLocalArray   = 1 << 14
	maxNestedScopes = 64
)

// source is a module as it was written.
type source struct {
	hash      [sha256.Size]byte // of the text
	version   int               // 10·major + minor
	target    string
	lines     []string
	variables map[string]*variable
	functions []*function
}

// parser reads tokens. After an error it stands at the end, so that every loop ends.
type parser struct {
	tokens []token
	at     int
	source *source
	err    error
}

// parse reads the text of a module.
func parse(text string) (*source, error) {
	tokens, err := lex(text)
	src := &source{lines: strings.Split(text, "\n"), variables: map[string]*variable{}}
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, source: src}
	for p.peek().text != "" {
		p.directive()
	}
	if p.err != nil {
		return nil, p.err
	}
	return src, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.text != "" {
		p.at++
	}
	return t
}

// accept takes the next token if it is text.
func (p *parser) accept(text string) bool {
	if p.peek().text == text && text != "" {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.fail("%q is missing", text)
	}
}

func (p *parser) word() string {
	if !p.peek().isWord() {
		p.fail("unexpected %q", p.peek().text)
		return ""
	}
	return p.next().text
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = p.source.errorAt(p.peek().line, format, args...)
	}
	p.at = len(p.tokens) - 1
}

func (s *source) errorAt(line int, format string, args ...any) error {
	e := &syntaxError{line: line, reason: fmt.Sprintf(format, args...)}
	if line >= 1 && line <= len(s.lines) {
		if e.source = strings.TrimSpace(s.lines[line-1]); len(e.source) > 200 {
			e.source = e.source[:200]
		}
	}
	return e
}

// integer reads a number that is not negative and at most limit.
func (p *parser) integer(limit int64) int64 {
	v, err := strconv.ParseInt(p.word(), 0, 64)
	if err != nil || v < 0 || v > limit {
		p.fail("not a number from 0 to %d", limit)
		return 0
	}
	return v
}

// directive reads one declaration of the module.
func (p *parser) directive() {
	line := p.peek().line
	switch w := p.word(); w {
	case ".version":
		p.version(p.word())
	case ".target":
		p.source.target = p.word()
		for p.accept(",") {
			p.word()
		}
	case ".address_size":
		if p.word() != "64" {
			p.fail("only 64-bit addresses are supported")
		}
	case ".visible", ".weak", ".common":
	case ".extern":
		switch w := p.word(); w {
		case ".shared":
			p.declare("shared", true, p.source.variables)
		default:
			p.fail(".extern %s is not supported", w)
		}
	case ".shared", ".global", ".const":
		p.declare(w[1:], false, p.source.variables)
	case ".entry":
		p.entry()
	case ".func":
		p.fail(".func is not supported: every function of a kernel must be inlined")
	case ".file", ".loc":
		p.skipLine(line)
	case ".section":
		p.skipSection()
	case ".pragma":
		p.skipTo(";")
	default:
		p.fail("unknown directive %s", w)
	}
}

func (p *parser) version(s string) {
	major, minor, _ := strings.Cut(s, ".")
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	if err1 != nil || err2 != nil || a < 0 || a > 99 || b < 0 || b > 9 {
		p.fail(".version %s", s)
		return
	}
	p.source.version = 10*a + b
}

func (p *parser) skipLine(line int) {
	for p.peek().text != "" && p.peek().line == line {
		p.next()
	}
}

func (p *parser) skipTo(text string) {
	for p.peek().text != "" && !p.accept(text) {
		p.next()
	}
}

// skipSection skips debug information: a name and a block of data.
func (p *parser) skipSection() {
	p.skipTo("{")
	p.skipTo("}")
}

// declare reads what follows the state space of variables: alignment, type, names with sizes, and values.
func (p *parser) declare(space string, extern bool, into map[string]*variable) {
	var element dataType
	align := int64(0)
	for strings.HasPrefix(p.peek().text, ".") {
		switch w := p.word(); w {
		case ".align":
			align = p.integer(4096)
		case ".v2", ".v4":
			p.fail("vector variables are not supported")
		default:
			if element = dataTypes[w[1:]]; element.bits < 8 {
				p.fail("unknown type %s", w)
			}
		}
	}
	if element.bits == 0 {
		p.fail("a variable without a type")
		return
	}
	if align == 0 {
		align = int64(element.bytes())
	}
	if align&(align-1) != 0 {
		p.fail("an alignment of %d", align)
	}
	for {
		v := &variable{space: space, align: align, extern: extern, line: p.peek().line, name: p.word()}
		v.size = p.dimensions(v, space, int64(element.bytes()))
		if p.accept("=") {
			p.initialise(v, element)
		}
		if into[v.name] != nil {
			p.fail("%s is declared twice", v.name)
		}
		into[v.name] = v
		if !p.accept(",") {
			break
		}
	}
	p.expect(";")
}

// dimensions reads [2][3] and returns the bytes of such an array.
func (p *parser) dimensions(v *variable, space string, size int64) int64 {
	limit := map[string]int64{"shared": maxSharedArray, "local": maxLocalArray}[space]
	if limit == 0 {
		limit = maxGlobalArray
	}
	for p.accept("[") {
		if p.accept("]") {
			v.unbounded = true
			size = 0
			continue
		}
		if size *= p.integer(limit); size > limit {
			p.fail("an array of more than %d bytes", limit)
		}
		p.expect("]")
	}
	if v.unbounded && !v.extern {
		p.fail("%s has no size", v.name)
	}
	return size
}

// initialise reads the values of a .global or .const variable.
func (p *parser) initialise(v *variable, element dataType) {
	if v.space != "global" && v.space != "const" {
		p.fail("a .%s variable cannot have values", v.space)
		return
	}
	braces := p.accept("{")
	for p.peek().text != "" && p.peek().text != "}" {
		l, ok := p.number()
		bits, typed := l.as(element)
		if !ok || !typed {
			p.fail("%q is not a value for .%s", p.peek().text, element.name)
			return
		}
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], bits)
		v.initial = append(v.initial, word[:element.bytes()]...)
		if !braces || !p.accept(",") {
			break
		}
	}
	if braces {
		p.expect("}")
	}
	if int64(len(v.initial)) > v.size {
		p.fail("more values than %s has room for", v.name)
	}
}

// number reads an immediate with its sign.
func (p *parser) number() (literal, bool) {
	negative := p.accept("-")
	l, ok := parseLiteral(p.peek().text)
	if !ok {
		return literal{}, false
	}
	p.next()
	if negative {
		l = l.negated()
	}
	return l, true
}
