package ptxsim

import "math"

func init() { instructions["cvt"] = (*decoder).cvt }

// conversion is a cvt: what it reads, what it writes, and how.
type conversion struct {
	to, from dataType
	form     floatForm
	integral bool // float to float: round to an integer, in the mode given
	relu     bool
}

// cvt decodes conversions. Either register may be wider than its type.
func (d *decoder) cvt() {
	c := conversion{from: d.dataType()}
	c.to = d.dataType()
	c.form = floatForm{flush: d.has("ftz"), saturate: d.has("sat")}
	c.relu = d.has("relu")
	if c.to.name == "bf16" || c.from.name == "bf16" || c.to.name == "tf32" || c.to.kind == packedKind {
		d.needs(80, "a conversion of ."+c.from.name+" to ."+c.to.name)
	}
	if c.to.name == "tf32" || c.to.kind == packedKind {
		d.packedConversion(c)
		return
	}
	mode := d.oneOf("rn", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi")
	c.form.mode, c.form.rounded = roundings[mode], mode != ""
	c.integral = len(mode) == 3
	floats := c.to.kind == floatKind && c.from.kind == floatKind
	switch {
	case c.to.kind > floatKind || c.from.kind > floatKind || c.from.name == "tf32":
		return
	case c.from.kind == floatKind && c.to.integer() && !c.integral:
		d.fail("a conversion to an integer needs .rni, .rzi, .rmi or .rpi")
	case c.from.integer() && c.to.kind == floatKind && (!c.form.rounded || c.integral),
		floats && c.to.bits < c.from.bits && (!c.form.rounded || c.integral):
		d.fail("a conversion to .%s needs .rn, .rz, .rm or .rp", c.to.name)
	case floats && c.to.bits > c.from.bits && c.form.rounded, c.from.integer() && c.to.integer() && c.form.rounded:
		d.fail("the conversion does not round")
	}
	if d.err != nil || !d.operands(2, 2) {
		return
	}
	toWidth := d.anyRegister(&d.in.d, d.operand(0), c.to, true)
	fromWidth := d.anyRegister(&d.in.a, d.operand(1), c.from, false)
	if d.in.run = c.fast(toWidth, fromWidth); d.in.run != nil {
		return
	}
	f := c.lane()
	d.in.run = func(w *warp, in *inst, m uint32) {
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			w.set(in.d, toWidth, l, f(w.get(in.a, fromWidth, l)))
		}
	}
}

// fast returns a loop over the warp for the common conversions, or nil.
func (c conversion) fast(toWidth, fromWidth int) execute {
	if c.form.flush || c.form.saturate || c.relu || toWidth != c.to.bits || fromWidth != c.from.bits {
		return nil
	}
	switch name := c.to.name + "." + c.from.name; name {
	case "s64.s32", "u64.s32":
		return convert[int64, int32]
	case "u64.u32", "s64.u32":
		return convert[uint64, uint32]
	case "u32.u64", "s32.u64", "u32.s64", "s32.s64":
		return convert[uint32, uint64]
	case "f64.f32":
		return convert[float64, float32]
	}
	if c.form.mode != nearestEven || c.integral {
		return nil
	}
	switch c.to.name + "." + c.from.name {
	case "f32.f64":
		return convert[float32, float64]
	case "f32.s32":
		return convert[float32, int32]
	case "f32.u32":
		return convert[float32, uint32]
	case "f64.s32":
		return convert[float64, int32]
	case "f64.u32":
		return convert[float64, uint32]
	}
	return nil
}

// lane returns the conversion of the bits of one register.
func (c conversion) lane() func(v uint64) uint64 {
	switch {
	case c.from.kind == floatKind && c.to.kind == floatKind:
		return func(v uint64) uint64 { return c.encode(c.rounded(c.decode(v))) }
	case c.from.kind == floatKind:
		return func(v uint64) uint64 { return c.toInteger(c.decode(v)) }
	case c.to.kind == floatKind:
		f := single
		if c.to.bits == 64 {
			f = double
		}
		return func(v uint64) uint64 {
			v = c.from.extend(v)
			if c.to.bits == 16 {
				return c.encode(fromIntegerOdd(v, c.from.signed()))
			}
			return c.encode(fromInteger(v, c.from.signed(), f, c.form.mode))
		}
	}
	return func(v uint64) uint64 {
		v = c.from.extend(v)
		if c.form.saturate {
			v = c.clamped(v)
		}
		return c.to.extend(v)
	}
}

// clamped brings an integer into the range of the result.
func (c conversion) clamped(v uint64) uint64 {
	if c.from.signed() {
		lo, hi := c.to.limits()
		if x := int64(v); x < 0 {
			if lo == 0 {
				return 0
			}
			return uint64(max(x, int64(lo)))
		}
		return min(v, uint64(hi))
	}
	_, hi := c.to.limits()
	return min(v, uint64(hi))
}

// limits are the least and the greatest value of an integer type.
func (t dataType) limits() (lo int64, hi uint64) {
	if t.signed() {
		return -1 << (t.bits - 1), 1<<(t.bits-1) - 1
	}
	return 0, 1<<t.bits - 1
}

// decode is the value of a float.
func (c conversion) decode(v uint64) float64 {
	switch {
	case c.from.bits == 64:
		return math.Float64frombits(v)
	case c.from.bits == 32:
		return c.form.operand(uint32(v))
	}
	return smallFormat(c.from).unpack(uint32(v))
}

// rounded rounds to an integer, where a conversion between floats asks for that.
func (c conversion) rounded(x float64) float64 {
	if c.integral {
		return roundIntegral(x, c.form.mode)
	}
	return x
}

// encode rounds to the format of the result.
func (c conversion) encode(x float64) uint64 {
	if c.form.saturate && !(x > 0) || c.relu && x <= 0 {
		x = 0
	} else if c.form.saturate && x > 1 {
		x = 1
	}
	switch c.to.bits {
	case 64:
		return math.Float64bits(x)
	case 32:
		return uint64(c.form.result(x))
	}
	return uint64(smallFormat(c.to).pack(x, c.form.mode))
}

// toInteger rounds and brings into range. NaN is 0, as the PTX manual has it, but of 64 bits only the highest
// is set, as an H100 has it.
func (c conversion) toInteger(x float64) uint64 {
	x = roundIntegral(x, c.form.mode)
	lo, hi := c.to.limits()
	switch {
	case x != x && c.to.bits == 64:
		return 1 << 63
	case x != x:
		return 0
	case x <= float64(lo):
		return uint64(lo)
	case x >= float64(hi):
		return hi
	case x < 0:
		return uint64(int64(x))
	}
	return uint64(x)
}

// fromIntegerOdd is an integer as a float64, rounded to odd.
func fromIntegerOdd(v uint64, signed bool) float64 {
	if x := int64(v); signed && x < 0 {
		return -fromIntegerOdd(-v, false)
	}
	return oddSum(float64(v>>32)*(1<<32), float64(v&(1<<32-1)))
}

// packedConversion decodes conversions of one float32 to tf32, and of two to a pair of 16 bits.
func (d *decoder) packedConversion(c conversion) {
	if c.to.name == "tf32" {
		mode := d.oneOf("rna", "rn", "rz")
		c.form.mode = roundings[mode]
		if c.from.name != "f32" || mode == "" || !d.operands(2, 2) {
			return
		}
		d.dst(&d.in.d, 0, typeB32)
		d.src(&d.in.a, 1, c.from)
		relu, round := c.relu, c.form.mode
		d.in.run = lanes1(func(a uint32) uint32 { return toTF32(a, round, relu) })
		return
	}
	mode := d.oneOf("rn", "rz")
	c.form.mode = roundings[mode]
	if c.from.name != "f32" || mode == "" || !d.operands(3, 3) {
		return
	}
	d.dst(&d.in.d, 0, c.to)
	d.src(&d.in.a, 1, c.from)
	d.src(&d.in.b, 2, c.from)
	f := smallFormat(c.to)
	one := func(b uint32) uint32 {
		x := float64of(b)
		if c.relu && x <= 0 || c.form.saturate && !(x > 0) {
			x = 0
		} else if c.form.saturate && x > 1 {
			x = 1
		}
		return f.pack(x, c.form.mode)
	}
	d.in.run = lanes2(func(a, b uint32) uint32 { return one(a)<<16 | one(b) })
}

// toTF32 rounds the fraction of a float32 to 10 bits.
func toTF32(b uint32, mode rounding, relu bool) uint32 {
	const below = 1<<13 - 1
	magnitude := b &^ (1 << 31)
	if magnitude > 0x7f800000 {
		return 0x7fffffff
	}
	if relu && b>>31 != 0 {
		return 0
	}
	switch mode {
	case nearestAway:
		magnitude += 1 << 12
	case nearestEven:
		magnitude += 1<<12 - 1 + magnitude>>13&1
	}
	return b&(1<<31) | magnitude&^below
}
