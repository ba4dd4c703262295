package ptxsim

import "math"

// smallFormat is the format of a float of 16 bits.
func smallFormat(t dataType) format {
	if t.name == "bf16" || t.name == "bf16x2" {
		return bfloat
	}
	return half
}

// halfArithmetic decodes add, sub, mul, fma, min and max of f16, bf16 and pairs of them. Everything is
// computed in float64 and rounded once.
func (d *decoder) halfArithmetic(t dataType) {
	f := smallFormat(t)
	switch d.name {
	case "fma", "min", "max":
		if f == bfloat || d.name != "fma" {
			d.needs(80, d.name+"."+t.name)
		}
	default:
		if f == bfloat {
			d.needs(90, d.name+"."+t.name)
		}
	}
	relu, propagate := d.has("relu"), d.has("NaN")
	form := d.floatForm()
	if form.mode != nearestEven || d.name == "mad" {
		return
	}
	operate := halfOperation(d.name, propagate)
	one := func(a, b, c uint32) uint32 {
		r := f.pack(operate(form.half(f, a), form.half(f, b), form.half(f, c)), nearestEven)
		if form.flush && r>>f.fraction&(1<<f.exponent-1) == 0 {
			r &= 1 << 15
		}
		if v := f.unpack(r); form.saturate && !(v > 0) || relu && v <= 0 {
			r = 0
		} else if form.saturate && v > 1 {
			r = f.pack(1, nearestEven)
		}
		return r
	}
	lane := one
	if t.kind == packedKind {
		lane = func(a, b, c uint32) uint32 {
			return one(a&0xffff, b&0xffff, c&0xffff) | one(a>>16, b>>16, c>>16)<<16
		}
	}
	if d.name == "fma" {
		d.standard(3, t)
		d.in.run = lanes3(lane)
		return
	}
	d.standard(2, t)
	d.in.run = lanes2(func(a, b uint32) uint32 { return lane(a, b, 0) })
}

// half is the value of an operand of 16 bits.
func (form floatForm) half(f format, b uint32) float64 {
	if form.flush && b>>f.fraction&(1<<f.exponent-1) == 0 {
		b &= 1 << 15
	}
	return f.unpack(b)
}

func halfOperation(name string, propagate bool) func(a, b, c float64) float64 {
	switch name {
	case "add":
		return func(a, b, _ float64) float64 { return oddSum(a, b) }
	case "sub":
		return func(a, b, _ float64) float64 { return oddSum(a, -b) }
	case "mul":
		return func(a, b, _ float64) float64 { return a * b }
	case "fma":
		return func(a, b, c float64) float64 {
			product := a * b // exact
			return oddSum(product, c)
		}
	}
	return func(a, b, _ float64) float64 { return extreme(a, b, name == "min", propagate) }
}

// halfUnary makes a function of one float of 16 bits, or two, of one of float64.
func halfUnary(t dataType, operate func(x float64) float64) execute {
	f := smallFormat(t)
	one := func(a uint32) uint32 { return f.pack(operate(f.unpack(a)), nearestEven) }
	if t.kind == packedKind {
		return lanes1(func(a uint32) uint32 { return one(a&0xffff) | one(a>>16)<<16 })
	}
	return lanes1(one)
}

// halfFunctions are the functions that exist for 16 bits.
var halfFunctions = map[string]func(x float64) float64{"tanh": math.Tanh, "ex2": math.Exp2}
