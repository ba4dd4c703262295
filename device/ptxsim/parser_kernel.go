package ptxsim

import (
	"strings"
)

// entry reads a kernel.
func (p *parser) entry() {
	f := &function{line: p.peek().line, name: p.word()}
	if p.accept("(") {
		for !p.accept(")") && p.err == nil {
			p.parameter(f)
			p.accept(",")
		}
	}
	for p.err == nil && !p.accept("{") {
		p.limits(f)
	}
	p.body(f)
	p.source.functions = append(p.source.functions, f)
}

// parameter reads .param .u64 .ptr .global .align 4 name, or .param .align 8 .b8 name[24].
func (p *parser) parameter(f *function) {
	if p.word() != ".param" {
		p.fail("a parameter must begin with .param")
	}
	var t dataType
	align, pointed := int64(0), false
	for strings.HasPrefix(p.peek().text, ".") {
		switch w := p.word(); w {
		case ".align":
			n := p.integer(4096)
			if !pointed {
				align = n
			}
		case ".ptr":
			pointed = true // what follows describes what it points to
		case ".global", ".const", ".shared", ".local":
		default:
			if t = dataTypes[w[1:]]; t.bits < 8 {
				p.fail("unknown type %s", w)
			}
		}
	}
	q := parameter{name: p.word(), size: int64(t.bytes())}
	if p.accept("[") {
		q.size *= p.integer(4096)
		p.expect("]")
	}
	if align = max(align, int64(t.bytes()), 1); align&(align-1) != 0 {
		p.fail("an alignment of %d", align)
		return
	}
	q.offset = (f.paramBytes + align - 1) &^ (align - 1)
	f.paramBytes = q.offset + q.size
	if f.paramBytes > 4352 {
		p.fail("more than 4352 bytes of parameters")
	}
	f.parameters = append(f.parameters, q)
}

// limits reads a performance directive between a kernel's parameters and its body.
func (p *parser) limits(f *function) {
	switch w := p.word(); w {
	case ".maxntid", ".reqntid":
		threads := [3]int{1, 1, 1}
		for i := range threads {
			threads[i] = int(p.integer(maxBlockThreads))
			if !p.accept(",") {
				break
			}
		}
		f.maxThreads = threads[0] * threads[1] * threads[2]
		if w == ".reqntid" {
			f.required = threads
		}
	case ".minnctapersm", ".maxnctapersm", ".maxnreg":
		p.integer(1 << 16)
	case ".pragma":
		p.skipTo(";")
	default:
		p.fail("unknown directive %s", w)
	}
}

// body reads the statements of a kernel up to its closing brace.
func (p *parser) body(f *function) {
	s := newScope(nil)
	depth := 1
	for p.err == nil {
		t := p.peek()
		switch {
		case t.text == "":
			p.fail("kernel %s does not end", f.name)
		case p.accept(";"):
		case p.accept("{"):
			s = newScope(s)
			f.scopes++
			if depth++; depth > maxNestedScopes {
				p.fail("more than %d nested blocks", maxNestedScopes)
			}
		case p.accept("}"):
			if depth--; depth == 0 {
				return
			}
			s = s.parent
		case t.text == "@":
			p.instruction(f, s)
		case t.text[0] == '.':
			p.local(f, s)
		case t.isWord() && p.tokens[p.at+1].text == ":":
			p.label(f, s)
		default:
			p.instruction(f, s)
		}
	}
}

// local reads a directive within a kernel.
func (p *parser) local(f *function, s *scope) {
	line := p.peek().line
	switch w := p.word(); w {
	case ".reg":
		p.registers(s)
	case ".shared", ".local", ".global", ".const":
		p.declare(w[1:], false, s.variables)
	case ".loc", ".file":
		p.skipLine(line)
	case ".pragma":
		p.skipTo(";")
	case ".param", ".callprototype", ".calltargets":
		p.fail("%s belongs to a call, and calls are not supported", w)
	default:
		p.fail("unknown directive %s", w)
	}
}

// registers reads .reg .b32 %r<10>, a, b;
func (p *parser) registers(s *scope) {
	w := p.word()
	t, ok := dataTypes[strings.TrimPrefix(w, ".")]
	if !ok {
		p.fail("unknown type %s", w)
		return
	}
	for {
		r := registers{kind: t}
		name := p.word()
		if p.accept("<") {
			r.count = int(p.integer(maxRegisters))
			p.expect(">")
		}
		if _, twice := s.registers[name]; twice {
			p.fail("register %s is declared twice", name)
		}
		s.registers[name] = r
		if !p.accept(",") {
			break
		}
	}
	p.expect(";")
}

// label reads name: and, where one follows, the table of a brx.idx.
func (p *parser) label(f *function, s *scope) {
	name := p.word()
	p.expect(":")
	if p.accept(".branchtargets") {
		for {
			s.tables[name] = append(s.tables[name], p.word())
			if !p.accept(",") {
				break
			}
		}
		p.expect(";")
		return
	}
	if _, twice := s.labels[name]; twice {
		p.fail("label %s stands twice", name)
	}
	s.labels[name] = len(f.statements)
}

// instruction reads @!p op.mod.mod a, b, c;
func (p *parser) instruction(f *function, s *scope) {
	st := statement{scope: s}
	if p.accept("@") {
		st.guardNot = p.accept("!")
		st.guard = p.word()
	}
	st.line = p.peek().line
	st.opcode = p.word()
	if strings.HasPrefix(st.opcode, "call") {
		p.fail("calls are not supported: every function of a kernel must be inlined")
	}
	for p.err == nil && !p.accept(";") {
		st.operands = append(st.operands, p.operand())
		if p.peek().text != ";" {
			p.expect(",")
		}
	}
	f.statements = append(f.statements, st)
}

// operand reads one operand.
func (p *parser) operand() operand {
	switch {
	case p.accept("{"):
		o := operand{kind: vectorOperand}
		for p.err == nil && !p.accept("}") {
			if p.peek().text == "{" || p.peek().text == "[" {
				p.fail("a vector of vectors")
			}
			o.list = append(o.list, p.operand())
			p.accept(",")
		}
		return o
	case p.accept("["):
		return p.address()
	case p.accept("!"):
		return operand{name: p.word(), not: true}
	}
	if l, ok := p.number(); ok {
		return operand{kind: numberOperand, number: l}
	}
	o := operand{name: p.word()}
	switch {
	case p.accept("+"):
		o.offset = p.offset()
	case p.accept("|"):
		second := operand{name: p.word()}
		o = operand{kind: pairOperand, list: []operand{o, second}}
	}
	return o
}

// address reads what follows the opening bracket of [name+8], [name] or [16].
func (p *parser) address() operand {
	o := operand{kind: addressOperand}
	if l, ok := p.number(); ok {
		o.offset = int64(l.bits)
	} else {
		o.name = p.word()
		switch {
		case p.accept("+"):
			o.offset = p.offset()
		case p.peek().text == "-":
			o.offset = p.offset()
		}
	}
	p.expect("]")
	return o
}

// offset reads an integer with its sign.
func (p *parser) offset() int64 {
	l, ok := p.number()
	if !ok || l.float {
		p.fail("not an offset: %q", p.peek().text)
	}
	return int64(l.bits)
}
