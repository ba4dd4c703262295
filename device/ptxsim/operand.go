package ptxsim

import (
	"strconv"
	"strings"
)

// register resolves an operand to a virtual register of the width of t: a register, a special register,
// or a pinned register that holds an immediate or an address. Registers may be wider than an 8-bit type.
func (d *decoder) register(at *int32, o operand, t dataType, write bool) {
	width := registerBits(t.bits)
	if o.not {
		d.fail("!%s is not supported here", o.name)
		return
	}
	switch o.kind {
	case numberOperand:
		value, ok := o.number.as(t)
		if !ok || write {
			d.fail("the number is not a .%s operand", t.name)
			return
		}
		d.refer(at, d.constant(width, value), false)
		return
	case nameOperand:
	default:
		d.fail("an operand is not a register")
		return
	}
	if o.name == "_" && write {
		d.refer(at, d.sink(width), true)
		return
	}
	if id, ok := d.lookup(o.name); ok {
		if v := d.virtual[id]; v.bits != width {
			d.fail("%s has %d bits, .%s has %d", o.name, v.bits, t.name, t.bits)
			return
		}
		if o.offset != 0 {
			d.fail("an offset to register %s", o.name)
		}
		d.refer(at, id, write)
		return
	}
	if write {
		d.fail("unknown register %s", o.name)
		return
	}
	if id, bits, ok := d.special(o.name); ok {
		if bits != width {
			d.fail("%s has %d bits, .%s has %d", o.name, bits, t.name, t.bits)
			return
		}
		d.refer(at, id, false)
		return
	}
	if address, _, ok := d.symbol(o.name); ok && width >= 32 {
		d.refer(at, d.constant(width, address+uint64(o.offset)), false)
		return
	}
	d.fail("unknown operand %s", o.name)
}

// anyRegister resolves an operand that may be wider than its type, as those of ld, st and cvt, and
// returns its width.
func (d *decoder) anyRegister(at *int32, o operand, t dataType, write bool) int {
	if o.kind == nameOperand && !o.not {
		if id, ok := d.lookup(o.name); ok {
			if bits := d.virtual[id].bits; bits >= t.bits && t.kind != predicateKind {
				d.refer(at, id, write)
				return bits
			}
		}
	}
	d.register(at, o, t, write)
	return registerBits(t.bits)
}

// lookup finds a declared register, from the innermost block outwards.
func (d *decoder) lookup(name string) (int32, bool) {
	for s := d.statement.scope; s != nil; s = s.parent {
		r, ok := s.registers[name]
		if !ok || r.count > 0 {
			digits := strings.TrimRight(name, "0123456789")
			r, ok = s.registers[digits]
			n, err := strconv.Atoi(name[len(digits):])
			if !ok || err != nil || n >= r.count || len(name) > len(digits)+1 && name[len(digits)] == '0' {
				continue
			}
		}
		key := registerName{s, name}
		id, known := d.named[key]
		if !known {
			id = d.newVirtual(registerBits(r.kind.bits))
			d.named[key] = id
		}
		return id, true
	}
	return 0, false
}

// predicate resolves a predicate that may be negated: place says where, not is full if it is negated.
func (d *decoder) predicate(at *int32, not *uint32, i int) {
	o := d.operand(i)
	if o.not {
		*not = full
		o.not = false
	}
	d.register(at, o, typePred, false)
}

// vector resolves the elements of a vector, or a single register, and appends their places to in.v.
func (d *decoder) vector(i int, t dataType, write bool, counts ...int) int {
	o := d.operand(i)
	list := o.list
	if o.kind != vectorOperand {
		list = []operand{o}
	}
	for _, n := range counts {
		if n == len(list) {
			counts = nil
			break
		}
	}
	if counts != nil {
		d.fail("a vector of %d elements", len(list))
		return 0
	}
	for _, e := range list {
		d.further(e, t, write)
	}
	return len(list)
}

// further appends the place of an operand to in.v.
func (d *decoder) further(o operand, t dataType, write bool) {
	d.register(d.grow(), o, t, write)
}

// grow makes room for one more place in in.v. There is room for all that an instruction can have, so
// that the places do not move.
func (d *decoder) grow() *int32 {
	in := d.in
	if in.v == nil {
		in.v = make([]int32, 0, 16)
	}
	if len(in.v) == cap(in.v) {
		d.fail("too many operands")
		return new(int32)
	}
	in.v = append(in.v, noSlot)
	return &in.v[len(in.v)-1]
}

// variable finds a declared variable, from the innermost block outwards.
func (d *decoder) variable(name string) *variable {
	for s := d.statement.scope; s != nil; s = s.parent {
		if v := s.variables[name]; v != nil {
			return v
		}
	}
	return d.module.source.variables[name]
}

// symbol finds a parameter or a variable: its address, and its state space.
func (d *decoder) symbol(name string) (address uint64, space string, ok bool) {
	for _, q := range d.function.parameters {
		if q.name == name {
			return uint64(q.offset), "param", true
		}
	}
	v := d.variable(name)
	switch {
	case v == nil:
		return 0, "", false
	case v.space == "shared" && v.extern:
		return uint64(d.kernel.dynamicAt), v.space, true
	case v.space == "shared":
		return d.place(v, &d.kernel.static), v.space, true
	case v.space == "local":
		return d.place(v, &d.kernel.local), v.space, true
	}
	address, ok = d.module.addresses[name]
	return address, v.space, ok
}

// place gives a variable its place in this kernel, when it is first used.
func (d *decoder) place(v *variable, size *int64) uint64 {
	at, placed := d.places[v]
	if !placed {
		*size = (*size + v.align - 1) &^ (v.align - 1)
		at = uint64(*size)
		d.places[v] = at
		*size += v.size
	}
	return at
}

// placeShared places every shared variable that the kernel names, and dynamic shared memory behind them.
func (d *decoder) placeShared() {
	for i := range d.function.statements {
		d.statement = &d.function.statements[i]
		for _, o := range d.statement.operands {
			for _, e := range append(o.list, o) {
				if v := d.variable(e.name); v != nil && v.space == "shared" && !v.extern {
					d.place(v, &d.kernel.static)
				}
			}
		}
	}
	d.kernel.dynamicAt = (d.kernel.static + 15) &^ 15
}
