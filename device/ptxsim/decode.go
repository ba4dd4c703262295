package ptxsim

import (
	"fmt"
	"slices"
	"strings"
)

// decoder turns the statements of a kernel into instructions, one after the other.
type decoder struct {
	module   *module
	function *function
	kernel   *kernel

	virtual   []virtual // the registers, before they have places
	named     map[registerName]int32
	constants map[constant]int32
	specials  map[string]int32
	sinks     map[int]int32 // what is written to _
	refs      []ref
	places    map[*variable]uint64 // of shared and local variables

	index     int // of the statement
	statement *statement
	in        *inst
	name      string   // of the instruction, without modifiers
	modifiers []string // that have not been understood yet
	err       error
}

type registerName struct {
	scope *scope
	name  string
}

type constant struct {
	bits  int
	value uint64
}

// instructions has the decoder of each instruction.
var instructions = map[string]func(*decoder){}

// decode decodes a kernel.
func (m *module) decode(f *function) (*kernel, error) {
	k := &kernel{
		name: f.name, module: m, parameters: f.parameters, paramBytes: f.paramBytes, maxThreads: f.maxThreads, required: f.required,
		grain: 2,
	}
	d := &decoder{
		module: m, function: f, kernel: k,
		named: map[registerName]int32{}, constants: map[constant]int32{}, specials: map[string]int32{}, sinks: map[int]int32{},
		places: map[*variable]uint64{},
	}
	d.placeShared()
	if k.static > freeShared {
		return nil, m.source.errorAt(f.line, "%s has %d bytes of static shared memory, %d are allowed", f.name, k.static, freeShared)
	}
	k.maxDynamic = freeShared - k.static
	k.code = make([]inst, len(f.statements)+1)
	for i := range f.statements {
		d.index = i
		d.one(&f.statements[i], &k.code[i])
		if d.err != nil {
			return nil, m.source.errorAt(f.statements[i].line, "%s", d.err)
		}
	}
	k.code[len(f.statements)] = inst{control: leave, guard: noSlot, opcode: "ret", line: int32(f.line)}
	d.guardWatched()
	d.allocate()
	return k, nil
}

// one decodes a statement.
func (d *decoder) one(st *statement, in *inst) {
	d.statement, d.in = st, in
	*in = inst{guard: noSlot, mask: noSlot, d: noSlot, a: noSlot, b: noSlot, c: noSlot, line: int32(st.line), opcode: st.opcode}
	parts := strings.Split(st.opcode, ".")
	d.name, d.modifiers = parts[0], parts[1:]
	decode := instructions[d.name]
	if decode == nil {
		d.fail("unknown instruction %s", d.name)
		return
	}
	if st.guard != "" {
		d.register(&in.guard, operand{name: st.guard}, typePred, false)
		if st.guardNot {
			in.guardNot = full
		}
	}
	decode(d)
	if len(d.modifiers) > 0 {
		d.fail("modifier .%s is not supported here", d.modifiers[0])
	}
	if d.err == nil && in.run == nil && (in.control == plain || in.control == converge) {
		d.fail("this form of %s is not supported", d.name)
	}
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// needs refuses what the module's target does not have.
func (d *decoder) needs(target int, what string) {
	if d.module.compute < target {
		d.fail("%s needs .target sm_%d", what, target)
	}
}

// has takes a modifier, if it is there.
func (d *decoder) has(name string) bool {
	i := slices.Index(d.modifiers, name)
	if i < 0 {
		return false
	}
	d.modifiers = slices.Delete(d.modifiers, i, i+1)
	return true
}

// oneOf takes one of several modifiers and returns it, or the empty string if none is there.
func (d *decoder) oneOf(names ...string) string {
	for i, m := range d.modifiers {
		if slices.Contains(names, m) {
			d.modifiers = slices.Delete(d.modifiers, i, i+1)
			return m
		}
	}
	return ""
}

// drop takes modifiers that change nothing here.
func (d *decoder) drop(names ...string) {
	d.modifiers = slices.DeleteFunc(d.modifiers, func(m string) bool { return slices.Contains(names, m) })
}

// dataType takes the last modifier, which is a type.
func (d *decoder) dataType() dataType {
	if n := len(d.modifiers); n > 0 {
		if t, ok := dataTypes[d.modifiers[n-1]]; ok {
			d.modifiers = d.modifiers[:n-1]
			return t
		}
	}
	d.fail("%s without a type", d.name)
	return typeB32
}

// name is that of a statement's instruction, without modifiers.
func (st *statement) name() string {
	name, _, _ := strings.Cut(st.opcode, ".")
	return name
}

// operands checks how many there are.
func (d *decoder) operands(least, most int) bool {
	if n := len(d.statement.operands); n < least || n > most {
		d.fail("%s with %d operands", d.name, n)
	}
	return d.err == nil
}

func (d *decoder) operand(i int) operand {
	if i < len(d.statement.operands) {
		return d.statement.operands[i]
	}
	d.fail("%s with %d operands", d.name, len(d.statement.operands))
	return operand{}
}

// count is the number of operands.
func (d *decoder) count() int { return len(d.statement.operands) }

// dst is an operand that is written, src one that is read. The place goes to where at points.
func (d *decoder) dst(at *int32, i int, t dataType) { d.register(at, d.operand(i), t, true) }
func (d *decoder) src(at *int32, i int, t dataType) { d.register(at, d.operand(i), t, false) }

// standard decodes d, a, b, c as far as there are so many sources, all of one type.
func (d *decoder) standard(sources int, t dataType) {
	if !d.operands(1+sources, 1+sources) {
		return
	}
	d.dst(&d.in.d, 0, t)
	for i, at := range []*int32{&d.in.a, &d.in.b, &d.in.c}[:sources] {
		d.src(at, i+1, t)
	}
}
