package ptxsim

import "math/bits"

func init() {
	for name, decode := range map[string]func(*decoder){
		"add": (*decoder).add, "sub": (*decoder).add, "mul": (*decoder).mul, "mad": (*decoder).mad,
		"div": (*decoder).div, "rem": (*decoder).div, "min": (*decoder).minmax, "max": (*decoder).minmax,
		"abs": (*decoder).sign, "neg": (*decoder).sign,
	} {
		instructions[name] = decode
	}
}

// byType chooses among the functions for the four integer types of 32 and 64 bits.
func byType(t dataType, u32, s32, u64, s64 execute) execute {
	switch {
	case t.bits == 32 && t.signed():
		return s32
	case t.bits == 32:
		return u32
	case t.bits == 64 && t.signed():
		return s64
	case t.bits == 64:
		return u64
	}
	return nil
}

// add decodes add and sub.
func (d *decoder) add() {
	t := d.dataType()
	if !t.integer() {
		d.floatArithmetic(t)
		return
	}
	saturate := d.has("sat")
	d.standard(2, t)
	plus := d.name == "add"
	switch {
	case saturate && t.name == "s32":
		d.in.run = lanes2(func(a, b uint32) uint32 {
			x, y := int64(int32(a)), int64(int32(b))
			if !plus {
				y = -y
			}
			return uint32(min(max(x+y, -1<<31), 1<<31-1))
		})
	case saturate:
	case t.bits == 32 && plus:
		d.in.run = add[uint32]
	case t.bits == 32:
		d.in.run = sub[uint32]
	case t.bits == 64 && plus:
		d.in.run = add[uint64]
	case t.bits == 64:
		d.in.run = sub[uint64]
	case t.bits == 16 && plus:
		d.in.run = lanes2(func(a, b uint32) uint32 { return (a + b) & 0xffff })
	case t.bits == 16:
		d.in.run = lanes2(func(a, b uint32) uint32 { return (a - b) & 0xffff })
	}
}

// mulHigh is the upper half of the product of two integers of type t.
func mulHigh(t dataType) execute {
	switch t.bits {
	case 64:
		return lanes2(func(a, b uint64) uint64 { return high64(a, b, t.signed()) })
	case 32:
		if t.signed() {
			return lanes2(func(a, b uint32) uint32 { return uint32(uint64(int64(int32(a))*int64(int32(b))) >> 32) })
		}
		return lanes2(func(a, b uint32) uint32 { return uint32(uint64(a) * uint64(b) >> 32) })
	}
	return forIntegers(t, func(a, b uint64) uint64 { return a * b >> 16 })
}

func high64(a, b uint64, signed bool) uint64 {
	hi, _ := bits.Mul64(a, b)
	if signed {
		hi -= uint64(int64(a)>>63)&b + uint64(int64(b)>>63)&a
	}
	return hi
}

// wider is the type of twice the width.
func (t dataType) wider() dataType {
	t.bits *= 2
	return t
}

func (d *decoder) mul() {
	t := d.dataType()
	if !t.integer() {
		d.floatArithmetic(t)
		return
	}
	switch d.oneOf("lo", "hi", "wide") {
	case "lo":
		d.standard(2, t)
		if d.in.run = byType(t, mul[uint32], mul[uint32], mul[uint64], mul[uint64]); t.bits == 16 {
			d.in.run = lanes2(func(a, b uint32) uint32 { return a * b & 0xffff })
		}
	case "hi":
		d.standard(2, t)
		d.in.run = mulHigh(t)
	case "wide":
		if t.bits == 64 || !d.operands(3, 3) {
			return
		}
		d.dst(&d.in.d, 0, t.wider())
		d.src(&d.in.a, 1, t)
		d.src(&d.in.b, 2, t)
		if d.in.run = byType(t, mulWide[uint32, uint64], mulWide[int32, int64], nil, nil); t.bits == 16 {
			d.in.run = lanes2(func(a, b uint32) uint32 { return uint32(t.extend(uint64(a)) * t.extend(uint64(b))) })
		}
	default:
		d.fail("mul without .lo, .hi or .wide")
	}
}

func (d *decoder) mad() {
	t := d.dataType()
	if !t.integer() {
		d.floatArithmetic(t)
		return
	}
	saturate := d.has("sat")
	switch half := d.oneOf("lo", "hi", "wide"); half {
	case "lo":
		d.standard(3, t)
		if d.in.run = byType(t, mad[uint32], mad[uint32], mad[uint64], mad[uint64]); t.bits == 16 {
			d.in.run = lanes3(func(a, b, c uint32) uint32 { return (a*b + c) & 0xffff })
		}
	case "hi":
		d.standard(3, t)
		signed := t.signed()
		switch {
		case t.bits == 64:
			d.in.run = lanes3(func(a, b, c uint64) uint64 { return high64(a, b, signed) + c })
		case t.bits == 32 && saturate && signed:
			saturate = false
			d.in.run = lanes3(func(a, b, c uint32) uint32 {
				return uint32(min(max(int64(int32(a))*int64(int32(b))>>32+int64(int32(c)), -1<<31), 1<<31-1))
			})
		case t.bits == 32 && signed:
			d.in.run = lanes3(func(a, b, c uint32) uint32 { return uint32(int64(int32(a))*int64(int32(b))>>32) + c })
		case t.bits == 32:
			d.in.run = lanes3(func(a, b, c uint32) uint32 { return uint32(uint64(a)*uint64(b)>>32) + c })
		default:
			d.in.run = lanes3(func(a, b, c uint32) uint32 {
				return (uint32(t.extend(uint64(a))*t.extend(uint64(b))>>16) + c) & 0xffff
			})
		}
	case "wide":
		if t.bits == 64 || !d.operands(4, 4) {
			return
		}
		d.dst(&d.in.d, 0, t.wider())
		d.src(&d.in.a, 1, t)
		d.src(&d.in.b, 2, t)
		d.src(&d.in.c, 3, t.wider())
		if d.in.run = byType(t, madWide[uint32, uint64], madWide[int32, int64], nil, nil); t.bits == 16 {
			d.in.run = lanes3(func(a, b, c uint32) uint32 { return uint32(t.extend(uint64(a))*t.extend(uint64(b))) + c })
		}
	default:
		d.fail("mad without .lo, .hi or .wide")
	}
	if saturate {
		d.fail("modifier .sat is not supported here")
	}
}

// div decodes div and rem. Dividing an integer by 0 gives all bits set, as GPUs do it.
func (d *decoder) div() {
	t := d.dataType()
	if !t.integer() {
		d.floatDivision(t)
		return
	}
	d.standard(2, t)
	remainder, signed := d.name == "rem", t.signed()
	divide := func(a, b uint64) uint64 {
		switch {
		case b == 0 && remainder:
			return a
		case b == 0:
			return ^uint64(0)
		case signed && remainder:
			return uint64(int64(a) % int64(b))
		case signed:
			return uint64(int64(a) / int64(b))
		case remainder:
			return a % b
		}
		return a / b
	}
	d.in.run = forIntegers(t, divide)
	if t.bits == 32 && remainder {
		d.in.run = byType(t, remainders[uint32], remainders[int32], nil, nil)
	} else if t.bits == 32 {
		d.in.run = byType(t, quotients[uint32], quotients[int32], nil, nil)
	}
}

func quotients[T uint32 | int32](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		if y := b[l]; y != 0 {
			d[l] = a[l] / y
		} else {
			d[l] = ^T(0)
		}
	}
}

func remainders[T uint32 | int32](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		if y := b[l]; y != 0 {
			d[l] = a[l] % y
		} else {
			d[l] = a[l]
		}
	}
}

func (d *decoder) minmax() {
	t := d.dataType()
	if !t.integer() {
		d.floatMinMax(t)
		return
	}
	if d.has("relu") {
		d.fail("modifier .relu is not supported here")
	}
	d.standard(2, t)
	if d.name == "min" {
		d.in.run = byType(t, smaller[uint32], smaller[int32], smaller[uint64], smaller[int64])
	} else {
		d.in.run = byType(t, larger[uint32], larger[int32], larger[uint64], larger[int64])
	}
	if t.bits != 16 {
		return
	}
	less := d.name == "min"
	d.in.run = forIntegers(t, func(a, b uint64) uint64 {
		if before := t.signed() && int64(a) < int64(b) || !t.signed() && a < b; before == less {
			return a
		}
		return b
	})
}

// sign decodes abs and neg.
func (d *decoder) sign() {
	t := d.dataType()
	if !t.integer() {
		d.floatSign(t)
		return
	}
	d.standard(1, t)
	negate := d.name == "neg"
	if t.bits == 64 {
		d.in.run = lanes1(func(a uint64) uint64 {
			if negate || int64(a) < 0 {
				return -a
			}
			return a
		})
		return
	}
	d.in.run = lanes1(func(a uint32) uint32 {
		v := t.extend(uint64(a))
		if negate || int64(v) < 0 {
			v = -v
		}
		return uint32(t.truncate(v))
	})
}
