package ptxsim

import (
	"math/bits"

	"ganlib/device/driver"
)

func init() {
	for name, decode := range map[string]func(*decoder){
		"and": (*decoder).logic, "or": (*decoder).logic, "xor": (*decoder).logic, "not": (*decoder).not, "cnot": (*decoder).not,
		"shl": (*decoder).shift, "shr": (*decoder).shift, "shf": (*decoder).funnel, "lop3": (*decoder).lop3,
		"bfe": (*decoder).bfe, "bfi": (*decoder).bfi, "bmsk": (*decoder).bmsk, "szext": (*decoder).szext,
		"brev": (*decoder).brev, "clz": (*decoder).count1, "popc": (*decoder).count1,
		"bfind": (*decoder).bfind, "fns": (*decoder).fns, "prmt": (*decoder).prmt,
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

// bfe extracts a field of c bits at bit b. A signed field is extended; beyond the top lies its sign.
func (d *decoder) bfe() {
	t := d.dataType()
	if t.bits < 32 || !d.operands(4, 4) {
		return
	}
	d.dst(&d.in.d, 0, t)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, typeU32)
	d.src(&d.in.c, 3, typeU32)
	extract := func(a uint64, b, c uint32) uint64 {
		position, length := b&255, c&255
		if length == 0 {
			return 0
		}
		v := t.extend(a)
		if t.signed() {
			top := min(position+length-1, uint32(t.bits)-1)
			return uint64(int64(v<<(63-top)) >> (63 - top) >> position)
		}
		v >>= position
		if length < 64 {
			v &= 1<<length - 1
		}
		return v
	}
	if t.bits == 64 {
		d.in.run = lanes3(extract)
		return
	}
	d.in.run = lanes3(func(a, b, c uint32) uint32 { return uint32(extract(uint64(a), b, c)) })
}

// bfi inserts the low bits of a into b: e bits at bit c.
func (d *decoder) bfi() {
	t := d.dataType()
	if t.kind != bitsKind || t.bits < 32 || !d.operands(5, 5) {
		return
	}
	d.dst(&d.in.d, 0, t)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, t)
	d.src(&d.in.c, 3, typeU32)
	d.further(d.operand(4), typeU32, false)
	insert := func(a, b uint64, c, e uint32) uint64 {
		position, length := c&255, e&255
		mask := ^uint64(0)
		if length < 64 {
			mask = 1<<length - 1
		}
		mask <<= position
		return a<<position&mask | b&^mask
	}
	if t.bits == 64 {
		d.in.run = lanes4(insert)
		return
	}
	d.in.run = lanes4(func(a, b, c, e uint32) uint32 { return uint32(insert(uint64(a), uint64(b), c, e)) })
}

// bmsk makes a mask of b bits at bit a.
func (d *decoder) bmsk() {
	mode := d.oneOf("clamp", "wrap")
	t := d.dataType()
	d.standard(2, t)
	if t.name != "b32" || mode == "" {
		return
	}
	d.in.run = lanes2(func(a, b uint32) uint32 {
		if mode == "wrap" {
			a, b = a&31, b&31
		}
		return (1<<min(b, 32) - 1) << a
	})
}

// szext extends the low b bits of a.
func (d *decoder) szext() {
	mode := d.oneOf("clamp", "wrap")
	t := d.dataType()
	if t.bits != 32 || mode == "" || !d.operands(3, 3) {
		return
	}
	d.dst(&d.in.d, 0, t)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, typeU32)
	d.in.run = lanes2(func(a, b uint32) uint32 {
		if mode == "wrap" {
			b &= 31
		}
		if b == 0 {
			return 0
		}
		low := t
		low.bits = int(min(b, 32))
		return uint32(low.extend(uint64(a)))
	})
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

// fns finds the c-th set bit of a from bit b, upwards or downwards.
func (d *decoder) fns() {
	t := d.dataType()
	if t.name != "b32" {
		return
	}
	d.standard(3, t)
	d.in.run = func(w *warp, in *inst, m uint32) {
		r, a, b, c := reg[uint32](w, in.d), reg[uint32](w, in.a), reg[uint32](w, in.b), reg[int32](w, in.c)
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			if b[l] > 31 {
				w.fault(driver.LaunchFailed, in, l, "bit %d of 32", b[l])
			}
			r[l] = nthSet(a[l], int(b[l]), int(c[l]))
		}
	}
}

func nthSet(a uint32, from, n int) uint32 {
	step := 1
	switch {
	case n == 0:
		return full&-bit(a>>from&1 == 0) | uint32(from)&-bit(a>>from&1 != 0)
	case n < 0:
		step, n = -1, -n
	}
	for i := from; i >= 0 && i < 32; i += step {
		if a>>i&1 != 0 {
			if n--; n == 0 {
				return uint32(i)
			}
		}
	}
	return full
}

// prmt picks bytes of a and b. Bit 3 of a selector repeats the byte's sign.
func (d *decoder) prmt() {
	mode := d.oneOf("f4e", "b4e", "rc8", "ecl", "ecr", "rc16")
	t := d.dataType()
	if t.name != "b32" {
		return
	}
	d.standard(3, t)
	d.in.run = lanes3(func(a, b, c uint32) uint32 {
		pair := uint64(b)<<32 | uint64(a)
		r := uint32(0)
		for i := range uint32(4) {
			s := c >> (4 * i) & 15
			if n := c & 3; mode != "" {
				s = prmtMode(mode, n, i)
			}
			v := uint32(pair>>(8*(s&7))) & 255
			if s&8 != 0 {
				v = -(v >> 7) & 255
			}
			r |= v << (8 * i)
		}
		return r
	})
}

// prmtMode is the byte that the i-th byte of the result comes from in the special modes.
func prmtMode(mode string, n, i uint32) uint32 {
	switch mode {
	case "f4e":
		return (n + i) & 7
	case "b4e":
		return (n - i) & 7
	case "rc8":
		return n
	case "ecl":
		return max(n, i)
	case "ecr":
		return min(n, i)
	}
	return n&1*2 + i&1
}
