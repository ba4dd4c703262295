package ptxsim

import "ganlib/device/driver"

func init() {
	for name, decode := range map[string]func(*decoder){
		"bfe": (*decoder).bfe, "bfi": (*decoder).bfi, "bmsk": (*decoder).bmsk, "szext": (*decoder).szext, "fns": (*decoder).fns, "prmt": (*decoder).prmt,
	} {
		instructions[name] = decode
	}
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
