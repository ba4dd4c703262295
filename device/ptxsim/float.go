package ptxsim

import "math"

func init() {
	for name, decode := range map[string]func(*decoder){
		"fma": func(d *decoder) { d.floatArithmetic(d.dataType()) }, "copysign": (*decoder).copysign, "testp": (*decoder).testp,
		"rcp": (*decoder).reciprocal, "sqrt": (*decoder).root,
	} {
		instructions[name] = decode
	}
}

func float32of(b uint32) float32 { return math.Float32frombits(b) }
func float64of(b uint32) float64 { return float64(math.Float32frombits(b)) }
func bitsOf(f float32) uint32    { return math.Float32bits(f) }

// floatForm is what modifiers say about a float instruction.
type floatForm struct {
	mode     rounding
	rounded  bool // a rounding was given
	flush    bool // .ftz: denormal operands and results are zeros
	saturate bool // .sat: the result lies in [0, 1], NaN is 0
}

func (d *decoder) floatForm() floatForm {
	f := floatForm{flush: d.has("ftz"), saturate: d.has("sat")}
	if m := d.oneOf("rn", "rz", "rm", "rp"); m != "" {
		f.mode, f.rounded = roundings[m], true
	}
	return f
}

// plain says that the result is just rounded to nearest.
func (f floatForm) plain() bool { return f.mode == nearestEven && !f.flush && !f.saturate }

// operand is the value of a float32 operand.
func (f floatForm) operand(b uint32) float64 {
	if f.flush && b&0x7f800000 == 0 {
		b &= 1 << 31
	}
	return float64of(b)
}

// result rounds to float32.
func (f floatForm) result(x float64) uint32 {
	b := bitsOf(float32(x))
	if f.mode != nearestEven {
		b = single.pack(x, f.mode)
	}
	if f.flush && math.Abs(x) < leastNormal { // before rounding, as an H100 does
		b &= 1 << 31
	}
	if f.saturate {
		return saturated(b)
	}
	return b
}

// leastNormal is the least float32 that is not denormal.
const leastNormal = 0x1p-126

// sum is x + y rounded to odd. Opposite numbers give -0 where results are rounded downwards.
func (f floatForm) sum(x, y float64) float64 {
	s := oddSum(x, y)
	if s == 0 && f.mode == downward && (x != 0 || math.Signbit(x) || math.Signbit(y)) {
		return math.Copysign(0, -1)
	}
	return s
}

func saturated(b uint32) uint32 {
	switch v := float32of(b); {
	case !(v > 0):
		return 0
	case v > 1:
		return bitsOf(1)
	}
	return b
}

// floatArithmetic decodes add, sub, mul, mad and fma of floats.
func (d *decoder) floatArithmetic(t dataType) {
	if t.bits == 16 || t.kind == packedKind {
		d.halfArithmetic(t)
		return
	}
	f := d.floatForm()
	name := d.name
	if name == "mad" {
		name = "fma"
	}
	sources := 2
	if name == "fma" {
		sources = 3
		if !f.rounded {
			d.fail("%s without a rounding", d.name)
		}
	}
	d.standard(sources, t)
	switch t.name {
	case "f32":
		d.in.run = single32(name, f)
	case "f64":
		if !f.flush && !f.saturate {
			d.in.run = double64(name, f.mode)
		}
	}
}

// single32 is arithmetic of float32.
func single32(name string, f floatForm) execute {
	if f.plain() {
		return map[string]execute{"add": add[float32], "sub": sub[float32], "mul": mul[float32], "fma": fmaSingle}[name]
	}
	switch name {
	case "add":
		return lanes2(func(a, b uint32) uint32 { return f.result(f.sum(f.operand(a), f.operand(b))) })
	case "sub":
		return lanes2(func(a, b uint32) uint32 { return f.result(f.sum(f.operand(a), -f.operand(b))) })
	case "mul":
		return lanes2(func(a, b uint32) uint32 { return f.result(f.operand(a) * f.operand(b)) })
	}
	return lanes3(func(a, b, c uint32) uint32 {
		product := f.operand(a) * f.operand(b) // exact
		return f.result(f.sum(product, f.operand(c)))
	})
}

// fmaSingle is fma.rn.f32, rounded once. The product is exact in float64; rounding the sum to float64 and
// then to float32 is right unless it is doubtful. Four lanes at a time keep the host's units busy.
func fmaSingle(w *warp, in *inst, m uint32) {
	d, a, b, c := reg[float32](w, in.d), reg[float32](w, in.a), reg[float32](w, in.b), reg[float32](w, in.c)
	if m != full {
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			d[l] = fmaOnce(a[l], b[l], c[l])
		}
		return
	}
	for l := 0; l < warpSize; l += 4 {
		x, y, z, r := (*[4]float32)(a[l:]), (*[4]float32)(b[l:]), (*[4]float32)(c[l:]), (*[4]float32)(d[l:])
		s0 := float64(x[0])*float64(y[0]) + float64(z[0])
		s1 := float64(x[1])*float64(y[1]) + float64(z[1])
		s2 := float64(x[2])*float64(y[2]) + float64(z[2])
		s3 := float64(x[3])*float64(y[3]) + float64(z[3])
		if doubtful(s0) || doubtful(s1) || doubtful(s2) || doubtful(s3) {
			for i := range r {
				r[i] = fmaOnce(x[i], y[i], z[i])
			}
			continue
		}
		r[0], r[1], r[2], r[3] = float32(s0), float32(s1), float32(s2), float32(s3)
	}
}

// doubtful says that a sum rounded to float64 may be wrong when it is rounded to float32: it lies halfway
// between two float32, or it is below the normal ones and not zero.
func doubtful(s float64) bool {
	const (
		below = 1<<29 - 1              // the bits that float32 does not have
		tie   = 1 << 28                // and their value halfway between two
		tiny  = uint64(1023-126) << 53 // the least normal float32, without the sign
	)
	u := math.Float64bits(s)
	return u&below == tie || u<<1-1 < tiny-1
}

func fmaOnce(x, y, z float32) float32 {
	product := float64(x) * float64(y)
	return float32(oddSum(product, float64(z)))
}

// floatDivision decodes div. div.approx and div.full, which are good to 2 units in the last place, are
// rounded as well.
func (d *decoder) floatDivision(t dataType) {
	approximate := d.oneOf("approx", "full") != ""
	f := d.floatForm()
	if d.name != "div" || !f.rounded && !approximate {
		return
	}
	d.standard(2, t)
	switch {
	case t.name == "f32" && f.plain():
		d.in.run = divideSingle
	case t.name == "f32":
		d.in.run = lanes2(func(a, b uint32) uint32 { return f.result(oddQuotient(f.operand(a), f.operand(b))) })
	case t.name == "f64" && !f.flush && !approximate:
		d.in.run = lanes2(func(a, b uint64) uint64 { return quotientDouble(a, b, f.mode) })
	}
}

func divideSingle(w *warp, in *inst, m uint32) {
	d, a, b := reg[float32](w, in.d), reg[float32](w, in.a), reg[float32](w, in.b)
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] / b[l]
	}
}

// reciprocal decodes rcp.
func (d *decoder) reciprocal() {
	t := d.dataType()
	approximate := d.has("approx")
	f := d.floatForm()
	d.standard(1, t)
	switch {
	case !f.rounded && !approximate:
	case t.name == "f32" && f.plain():
		d.in.run = lanes1(func(a uint32) uint32 { return bitsOf(1 / float32of(a)) })
	case t.name == "f32":
		d.in.run = lanes1(func(a uint32) uint32 { return f.result(oddQuotient(1, f.operand(a))) })
	case approximate && f.flush: // rcp.approx.ftz.f64 has the upper 32 bits only
		d.in.run = lanes1(func(a uint64) uint64 { return math.Float64bits(1/math.Float64frombits(a)) &^ (1<<32 - 1) })
	case !approximate:
		one := math.Float64bits(1)
		d.in.run = lanes1(func(a uint64) uint64 { return quotientDouble(one, a, f.mode) })
	}
}

// root decodes sqrt.
func (d *decoder) root() {
	t := d.dataType()
	approximate := d.has("approx")
	f := d.floatForm()
	d.standard(1, t)
	switch {
	case !f.rounded && !approximate:
	case t.name == "f32" && f.plain():
		d.in.run = lanes1(func(a uint32) uint32 { return bitsOf(float32(math.Sqrt(float64of(a)))) })
	case t.name == "f32":
		d.in.run = lanes1(func(a uint32) uint32 { return f.result(oddRoot(f.operand(a))) })
	case !approximate:
		d.in.run = lanes1(func(a uint64) uint64 { return rootDouble(a, f.mode) })
	}
}
