package ptxsim

import "math/bits"

func init() {
	for name, decode := range map[string]func(*decoder){
		"and": (*decoder).logic, "or": (*decoder).logic, "xor": (*decoder).logic, "not": (*decoder).not, "cnot": (*decoder).not,
		"shl": (*decoder).shift, "shr": (*decoder).shift, "shf": (*decoder).funnel, "lop3": (*decoder).lop3,
		"brev": (*decoder).brev, "clz": (*decoder).count1, "popc": (*decoder).count1,
		"bfind": (*decoder).bfind,
	} {
		instructions[name] = decode
	}
}

// logic decodes and, or and xor.
func (d *decoder) logic() {
	t := d.dataType()
	d.standard(2, t)
	i := map[string]int{"and": 0, "or": 1, "xor": 2}[d.name]
	switch {
	case t.kind == predicateKind:
		d.in.run = [...]execute{
			func(w *warp, in *inst, m uint32) { w.setPredicate(in.d, m, w.predicates[in.a]&w.predicates[in.b]) },
			func(w *warp, in *inst, m uint32) { w.setPredicate(in.d, m, w.predicates[in.a]|w.predicates[in.b]) },
			func(w *warp, in *inst, m uint32) { w.setPredicate(in.d, m, w.predicates[in.a]^w.predicates[in.b]) },
		}[i]
	case t.kind != bitsKind:
	case t.bits == 64:
		d.in.run = [...]execute{and[uint64], or[uint64], xor[uint64]}[i]
	default:
		d.in.run = [...]execute{and[uint32], or[uint32], xor[uint32]}[i]
	}
}

func (d *decoder) not() {
	t := d.dataType()
	d.standard(1, t)
	if d.name == "cnot" {
		d.in.run = lanes1(func(a uint32) uint32 { return bit(a == 0) })
		if t.bits == 64 {
			d.in.run = lanes1(func(a uint64) uint64 { return uint64(bit(a == 0)) })
		}
		return
	}
	switch t.bits {
	case 1:
		d.in.run = func(w *warp, in *inst, m uint32) { w.setPredicate(in.d, m, ^w.predicates[in.a]) }
	case 64:
		d.in.run = lanes1(func(a uint64) uint64 { return ^a })
	default:
		d.in.run = lanes1(func(a uint32) uint32 { return uint32(t.truncate(uint64(^a))) })
	}
}

// shift decodes shl and shr. The distance is always a register of 32 bits.
func (d *decoder) shift() {
	t := d.dataType()
	if !d.operands(3, 3) {
		return
	}
	d.dst(&d.in.d, 0, t)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, typeU32)
	left := d.name == "shl"
	switch {
	case t.bits == 16 && left:
		d.in.run = lanes2(func(a, b uint32) uint32 { return a << b & 0xffff })
	case t.bits == 16:
		d.in.run = lanes2(func(a, b uint32) uint32 { return uint32(int64(t.extend(uint64(a)))>>b) & 0xffff })
	case left:
		d.in.run = byType(t, shiftLeft[uint32], shiftLeft[uint32], shiftLeft[uint64], shiftLeft[uint64])
	default:
		d.in.run = byType(t, shiftRight[uint32], shiftRight[int32], shiftRight[uint64], shiftRight[int64])
	}
}

// funnel decodes shf: 32 bits out of the 64 of b and a.
func (d *decoder) funnel() {
	side := d.oneOf("l", "r")
	mode := d.oneOf("clamp", "wrap")
	t := d.dataType()
	if t.name != "b32" || side == "" || mode == "" {
		return
	}
	d.standard(3, t)
	d.in.run = lanes3(func(a, b, c uint32) uint32 {
		n := c & 31
		if mode == "clamp" {
			n = min(c, 32)
		}
		pair := uint64(b)<<32 | uint64(a)
		if side == "l" {
			return uint32(pair << n >> 32)
		}
		return uint32(pair >> n)
	})
}

// lop3 decodes any function of three bits; the immediate is its table of truth.
func (d *decoder) lop3() {
	t := d.dataType()
	if t.name != "b32" || !d.operands(5, 5) {
		return
	}
	d.dst(&d.in.d, 0, t)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, t)
	d.src(&d.in.c, 3, t)
	truth := d.immediate(4, 255)
	d.in.run = lanes3(func(a, b, c uint32) uint32 {
		r := uint32(0)
		for i := range 8 {
			if truth>>i&1 != 0 {
				r |= (a ^ -bit(i&4 == 0)) & (b ^ -bit(i&2 == 0)) & (c ^ -bit(i&1 == 0))
			}
		}
		return r
	})
}

// immediate reads an operand that must be a number.
func (d *decoder) immediate(i int, limit uint64) uint64 {
	o := d.operand(i)
	if o.kind != numberOperand || o.number.float || o.number.bits > limit {
		d.fail("operand %d is not a number from 0 to %d", i+1, limit)
		return 0
	}
	return o.number.bits
}

func (d *decoder) brev() {
	t := d.dataType()
	d.standard(1, t)
	switch t.name {
	case "b32":
		d.in.run = lanes1(bits.Reverse32)
	case "b64":
		d.in.run = lanes1(bits.Reverse64)
	}
}

// count1 decodes clz and popc, whose result has 32 bits.
func (d *decoder) count1() {
	t := d.dataType()
	if t.kind != bitsKind || t.bits < 32 || !d.operands(2, 2) {
		return
	}
	d.dst(&d.in.d, 0, typeU32)
	d.src(&d.in.a, 1, t)
	zeros := d.name == "clz"
	switch {
	case t.bits == 64 && zeros:
		d.in.run = lanes1(func(a uint64) uint32 { return uint32(bits.LeadingZeros64(a)) })
	case t.bits == 64:
		d.in.run = lanes1(func(a uint64) uint32 { return uint32(bits.OnesCount64(a)) })
	case zeros:
		d.in.run = lanes1(func(a uint32) uint32 { return uint32(bits.LeadingZeros32(a)) })
	default:
		d.in.run = lanes1(func(a uint32) uint32 { return uint32(bits.OnesCount32(a)) })
	}
}

// bfind finds the most significant bit that is not the sign.
func (d *decoder) bfind() {
	distance := d.has("shiftamt")
	t := d.dataType()
	if t.bits < 32 || !d.operands(2, 2) {
		return
	}
	d.dst(&d.in.d, 0, typeU32)
	d.src(&d.in.a, 1, t)
	find := func(a uint64) uint32 {
		v := t.extend(a)
		if t.signed() && int64(v) < 0 {
			v = ^v
		}
		n := uint32(bits.Len64(v)) - 1
		if distance && n != full {
			n = uint32(t.bits) - 1 - n
		}
		return n
	}
	if t.bits == 64 {
		d.in.run = lanes1(find)
		return
	}
	d.in.run = lanes1(func(a uint32) uint32 { return find(uint64(a)) })
}
