package ptxsim

import "math"

// floatSign decodes abs and neg, which change the sign alone.
func (d *decoder) floatSign(t dataType) {
	flush := d.has("ftz")
	d.standard(1, t)
	negate := d.name == "neg"
	if t.bits == 64 {
		d.in.run = lanes1(func(a uint64) uint64 {
			if negate {
				return a ^ 1<<63
			}
			return a &^ (1 << 63)
		})
		return
	}
	signs := map[string]uint32{"f32": 1 << 31, "f16": 1 << 15, "bf16": 1 << 15, "f16x2": 1<<31 | 1<<15, "bf16x2": 1<<31 | 1<<15}[t.name]
	d.in.run = lanes1(func(a uint32) uint32 {
		if flush && t.bits == 32 && a&0x7f800000 == 0 {
			a &= 1 << 31
		}
		if negate {
			return a ^ signs
		}
		return a &^ signs
	})
}

// floatMinMax decodes min and max. A number wins over NaN, unless .NaN is there; -0 is below +0.
func (d *decoder) floatMinMax(t dataType) {
	if t.bits == 16 || t.kind == packedKind {
		d.halfArithmetic(t)
		return
	}
	propagate, magnitude := d.has("NaN"), d.has("xorsign")
	d.has("abs")
	f := d.floatForm()
	least := d.name == "min"
	d.standard(2, t)
	switch {
	case magnitude || f.saturate || f.rounded:
	case t.name == "f32" && !f.flush && !propagate:
		d.in.run = minSingle
		if !least {
			d.in.run = maxSingle
		}
	case t.name == "f32":
		d.in.run = lanes2(func(a, b uint32) uint32 { return f.result(extreme(f.operand(a), f.operand(b), least, propagate)) })
	case t.name == "f64" && !f.flush && !propagate:
		d.in.run = lanes2(func(a, b uint64) uint64 {
			return math.Float64bits(extreme(math.Float64frombits(a), math.Float64frombits(b), least, false))
		})
	}
}

func extreme(x, y float64, least, propagate bool) float64 {
	switch {
	case x != x || y != y:
		if propagate || x != x && y != y {
			return math.NaN()
		}
		if x != x {
			return y
		}
		return x
	case least:
		return math.Min(x, y)
	}
	return math.Max(x, y)
}

func minSingle(w *warp, in *inst, m uint32) {
	d, a, b := reg[float32](w, in.d), reg[float32](w, in.a), reg[float32](w, in.b)
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		switch x, y := a[l], b[l]; {
		case x < y || y != y:
			d[l] = x
		case y < x || x != x:
			d[l] = y
		default: // equal: of two zeros the negative one
			d[l] = float32of(bitsOf(x) | bitsOf(y))
		}
	}
}

func maxSingle(w *warp, in *inst, m uint32) {
	d, a, b := reg[float32](w, in.d), reg[float32](w, in.a), reg[float32](w, in.b)
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		switch x, y := a[l], b[l]; {
		case x > y || y != y:
			d[l] = x
		case y > x || x != x:
			d[l] = y
		default:
			d[l] = float32of(bitsOf(x) & bitsOf(y))
		}
	}
}

// copysign gives b the sign of a.
func (d *decoder) copysign() {
	t := d.dataType()
	d.standard(2, t)
	switch t.name {
	case "f32":
		d.in.run = lanes2(func(a, b uint32) uint32 { return a&(1<<31) | b&^(1<<31) })
	case "f64":
		d.in.run = lanes2(func(a, b uint64) uint64 { return a&(1<<63) | b&^(1<<63) })
	}
}

// testp asks what kind of number a float is.
func (d *decoder) testp() {
	t := d.dataType()
	question := d.oneOf("finite", "infinite", "number", "notanumber", "normal", "subnormal")
	if t.kind != floatKind || t.bits < 32 || question == "" || !d.operands(2, 2) {
		return
	}
	d.dst(&d.in.d, 0, typePred)
	d.src(&d.in.a, 1, t)
	least := math.Ldexp(1, -126) // the least normal number
	if t.bits == 64 {
		least = math.Ldexp(1, -1022)
	}
	holds := map[string]func(x float64) bool{
		"finite":     func(x float64) bool { return !math.IsInf(x, 0) && x == x },
		"infinite":   func(x float64) bool { return math.IsInf(x, 0) },
		"number":     func(x float64) bool { return x == x },
		"notanumber": func(x float64) bool { return x != x },
		"normal":     func(x float64) bool { return (x == 0 || math.Abs(x) >= least) && !math.IsInf(x, 0) }, // an H100 counts zero
		"subnormal":  func(x float64) bool { return x != 0 && math.Abs(x) < least },
	}[question]
	d.in.run = func(w *warp, in *inst, m uint32) {
		r := uint32(0)
		for l := range warpSize {
			x := 0.0
			if t.bits == 64 {
				x = reg[float64](w, in.a)[l]
			} else {
				x = float64(reg[float32](w, in.a)[l])
			}
			r |= bit(holds(x)) << l
		}
		w.setPredicate(in.d, m, r)
	}
}
