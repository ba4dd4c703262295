package ptxsim

import "math"

// The approximate functions are computed in float64 and rounded, so that they are nearer to the true
// value than a GPU's, which the PTX manual bounds only: 2^-22 or so, relative or absolute.

func init() {
	for name, f := range map[string]func(x float64) float64{
		"rsqrt": func(x float64) float64 { return 1 / math.Sqrt(x) },
		"sin":   math.Sin, "cos": math.Cos, "lg2": math.Log2, "ex2": math.Exp2, "tanh": math.Tanh,
	} {
		instructions[name] = func(d *decoder) { d.approximate(f) }
	}
}

func (d *decoder) approximate(f func(x float64) float64) {
	t := d.dataType()
	if !d.has("approx") {
		d.fail("%s without .approx", d.name)
	}
	form := d.floatForm()
	d.standard(1, t)
	switch {
	case form.rounded || form.saturate:
	case t.name == "f32":
		d.in.run = lanes1(func(a uint32) uint32 { return form.result(f(form.operand(a))) })
	case t.name == "f64" && d.name == "rsqrt":
		d.in.run = lanes1(func(a uint64) uint64 {
			r := math.Float64bits(f(math.Float64frombits(a)))
			if form.flush { // rsqrt.approx.ftz.f64 has the upper 32 bits only
				r &^= 1<<32 - 1
			}
			return r
		})
	case (t.bits == 16 || t.kind == packedKind) && halfFunctions[d.name] != nil:
		d.in.run = halfUnary(t, f)
	}
}
