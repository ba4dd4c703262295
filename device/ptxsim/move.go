package ptxsim

import (
	"time"

	"ganlib/device/driver"
)

func init() {
	for name, decode := range map[string]func(*decoder){
		"mov": (*decoder).mov, "selp": (*decoder).selp, "slct": (*decoder).slct, "cvta": (*decoder).cvta, "isspacep": (*decoder).isspacep,
		"bra": (*decoder).bra, "brx": (*decoder).brx, "ret": (*decoder).exit, "exit": (*decoder).exit,
		"trap": (*decoder).trap, "brkpt": (*decoder).trap, "nanosleep": (*decoder).nanosleep, "pmevent": (*decoder).nanosleep,
	} {
		instructions[name] = decode
	}
}

// mov decodes copies, packing and unpacking, and reading a clock.
func (d *decoder) mov() {
	t := d.dataType()
	if !d.operands(2, 2) {
		return
	}
	to, from := d.operand(0), d.operand(1)
	if bits, ok := clocks[from.name]; ok && from.kind == nameOperand {
		d.clock(from.name, bits, t)
		return
	}
	switch {
	case to.kind == vectorOperand:
		d.unpack(t)
	case from.kind == vectorOperand:
		d.pack(t)
	default:
		d.standard(1, t)
		switch t.bits {
		case 1:
			d.in.run = func(w *warp, in *inst, m uint32) { w.setPredicate(in.d, m, w.predicates[in.a]) }
		case 64:
			d.in.run = move[uint64]
		case 16, 32:
			d.in.run = move[uint32]
		}
	}
}

// pieces is the type of the elements when a register is packed of n.
func (d *decoder) pieces(t dataType, n int) dataType {
	switch {
	case n == 2 && t.bits == 32, n == 4 && t.bits == 64:
		return dataTypes["b16"]
	case n == 2 && t.bits == 64:
		return dataTypes["b32"]
	}
	d.fail("%d elements in a register of %d bits", n, t.bits)
	return typeB32
}

// pack makes one register of the elements of a vector.
func (d *decoder) pack(t dataType) {
	n := len(d.operand(1).list)
	e := d.pieces(t, n)
	d.dst(&d.in.d, 0, t)
	d.vector(1, e, false, n)
	d.in.run = func(w *warp, in *inst, m uint32) {
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			v := uint64(0)
			for i, place := range in.v {
				v |= uint64(reg[uint32](w, place)[l]) << (e.bits * i)
			}
			w.set(in.d, t.bits, l, v)
		}
	}
}

// unpack takes a register apart.
func (d *decoder) unpack(t dataType) {
	n := len(d.operand(0).list)
	e := d.pieces(t, n)
	d.vector(0, e, true, n)
	d.src(&d.in.a, 1, t)
	d.in.run = func(w *warp, in *inst, m uint32) {
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			v := w.get(in.a, t.bits, l)
			for i, place := range in.v {
				reg[uint32](w, place)[l] = uint32(e.truncate(v >> (e.bits * i)))
			}
		}
	}
}

// clock reads a counter of instructions or of nanoseconds.
func (d *decoder) clock(name string, bits int, t dataType) {
	if t.bits != bits {
		d.fail("%s has %d bits", name, bits)
	}
	d.dst(&d.in.d, 0, t)
	d.in.run = func(w *warp, in *inst, m uint32) {
		v := uint64(w.steps)
		if name[1] == 'g' {
			v = uint64(time.Now().UnixNano())
		}
		if name[len(name)-2:] == "hi" {
			v >>= 32
		}
		for ; m != 0; m &= m - 1 {
			w.set(in.d, t.bits, lane(m), v)
		}
	}
}

// selp chooses by a predicate.
func (d *decoder) selp() {
	t := d.dataType()
	if !d.operands(4, 4) {
		return
	}
	d.dst(&d.in.d, 0, t)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, t)
	var not uint32
	d.predicate(&d.in.c, &not, 3)
	d.in.mode = int32(not)
	switch t.bits {
	case 64:
		d.in.run = choose[uint64]
	case 16, 32:
		d.in.run = choose[uint32]
	}
}

// slct chooses by a sign: a where c is not negative, else b.
func (d *decoder) slct() {
	ct := d.dataType()
	t := d.dataType()
	d.has("ftz")
	if ct.bits != 32 || t.bits < 16 || !d.operands(4, 4) {
		return
	}
	d.dst(&d.in.d, 0, t)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, t)
	d.src(&d.in.c, 3, ct)
	positive := func(c uint32) bool { return int32(c) >= 0 }
	if ct.kind == floatKind {
		positive = func(c uint32) bool { return float32of(c) >= 0 }
	}
	if t.bits == 64 {
		d.in.run = lanes3(func(a, b uint64, c uint32) uint64 {
			if positive(c) {
				return a
			}
			return b
		})
		return
	}
	d.in.run = lanes3(func(a, b, c uint32) uint32 {
		if positive(c) {
			return a
		}
		return b
	})
}

// cvta converts between addresses of a space and generic ones.
func (d *decoder) cvta() {
	t := d.dataType()
	to := d.has("to")
	s := d.space()
	if t.bits != 64 {
		d.fail("only 64-bit addresses are supported")
		return
	}
	d.standard(1, t)
	window := map[space]uint64{sharedSpace: sharedWindow, localSpace: localWindow}[s]
	if to {
		window = -window
	}
	switch {
	case s == paramSpace || s == genericSpace:
	case window == 0:
		d.in.run = move[uint64]
	default:
		d.in.run = lanes1(func(a uint64) uint64 { return a + window })
	}
}

// isspacep asks which space a generic address points to.
func (d *decoder) isspacep() {
	s := d.space()
	if s == genericSpace || s == paramSpace || !d.operands(2, 2) {
		return
	}
	d.dst(&d.in.d, 0, typePred)
	d.src(&d.in.a, 1, typeU64)
	d.in.run = func(w *warp, in *inst, m uint32) {
		a := reg[uint64](w, in.a)
		r := uint32(0)
		for l := range a {
			where := globalSpace
			switch {
			case a[l]-sharedWindow < windowSize:
				where = sharedSpace
			case a[l]-localWindow < windowSize:
				where = localSpace
			}
			r |= bit(where == s) << (l & 31)
		}
		w.setPredicate(in.d, m, r)
	}
}

// targetOf finds a label, from the innermost block outwards.
func (d *decoder) targetOf(name string) int32 {
	for s := d.statement.scope; s != nil; s = s.parent {
		if i, ok := s.labels[name]; ok {
			return int32(i)
		}
	}
	d.fail("there is no label %s", name)
	return 0
}

func (d *decoder) bra() {
	d.has("uni")
	d.in.control = branch
	if d.operands(1, 1) {
		d.in.target = d.targetOf(d.operand(0).name)
	}
}

// brx jumps to an entry of a table.
func (d *decoder) brx() {
	d.has("uni")
	d.has("idx")
	d.in.control = table
	if !d.operands(2, 2) {
		return
	}
	d.src(&d.in.a, 0, typeU32)
	name := d.operand(1).name
	for s := d.statement.scope; s != nil; s = s.parent {
		if labels, ok := s.tables[name]; ok {
			for _, l := range labels {
				d.in.targets = append(d.in.targets, d.targetOf(l))
			}
			return
		}
	}
	d.fail("there is no table %s", name)
}

func (d *decoder) exit() {
	d.has("uni")
	d.operands(0, 0)
	d.in.control = leave
}

func (d *decoder) trap() {
	d.operands(0, 0)
	d.in.run = func(w *warp, in *inst, m uint32) {
		w.fault(driver.LaunchFailed, in, lane(m), "the kernel stopped itself")
	}
}

// nanosleep decodes what takes time and does nothing.
func (d *decoder) nanosleep() {
	t := typeU32
	if len(d.modifiers) > 0 {
		t = d.dataType()
	}
	d.operands(1, 1)
	d.src(&d.in.a, 0, t)
	d.in.run = func(*warp, *inst, uint32) {}
}
