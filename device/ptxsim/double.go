package ptxsim

import (
	"math"
	"math/big"
)

// double64 is arithmetic of float64.
func double64(name string, mode rounding) execute {
	if mode == nearestEven {
		return map[string]execute{"add": add[float64], "sub": sub[float64], "mul": mul[float64], "fma": fmaDouble}[name]
	}
	value := math.Float64frombits
	switch name {
	case "add":
		return lanes2(func(a, b uint64) uint64 { return fmaDirected(1, value(a), value(b), mode) })
	case "sub":
		return lanes2(func(a, b uint64) uint64 { return fmaDirected(1, value(a), -value(b), mode) })
	case "mul":
		return lanes2(func(a, b uint64) uint64 {
			x, y := value(a), value(b)
			return fmaDirected(x, y, math.Copysign(0, math.Copysign(1, x)*math.Copysign(1, y)), mode)
		})
	}
	return lanes3(func(a, b, c uint64) uint64 { return fmaDirected(value(a), value(b), value(c), mode) })
}

func fmaDouble(w *warp, in *inst, m uint32) {
	d, a, b, c := reg[float64](w, in.d), reg[float64](w, in.a), reg[float64](w, in.b), reg[float64](w, in.c)
	if m == full {
		for l := range d {
			d[l] = math.FMA(a[l], b[l], c[l])
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = math.FMA(a[l], b[l], c[l])
	}
}

// exactBits are enough for any sum of a product and a summand of float64.
const exactBits = 4400

// fmaDirected is x·y + z, rounded in a direction. It is slow, and rare.
func fmaDirected(x, y, z float64, mode rounding) uint64 {
	nearest := math.FMA(x, y, z)
	if x-x != 0 || y-y != 0 || z-z != 0 { // infinite, or NaN, which big numbers do not know
		return math.Float64bits(nearest)
	}
	product := bigNumber(x)
	product.Mul(product, bigNumber(y))
	sum := new(big.Float).Add(product, bigNumber(z))
	bothPositive := !product.Signbit() && !math.Signbit(z)
	if sum.Sign() == 0 && mode == downward && !bothPositive {
		return math.Float64bits(math.Copysign(0, -1))
	}
	return math.Float64bits(directed(nearest, sum.Cmp(bigNumber(nearest)), mode))
}

// quotientDouble is a / b.
func quotientDouble(a, b uint64, mode rounding) uint64 {
	x, y := math.Float64frombits(a), math.Float64frombits(b)
	q := x / y
	if mode == nearestEven || x-x != 0 || y-y != 0 || x == 0 || y == 0 {
		return math.Float64bits(q)
	}
	// The exact quotient is above q if x is above q·y, for a positive y.
	product := bigNumber(q)
	order := bigNumber(x).Cmp(product.Mul(product, bigNumber(y)))
	if y < 0 {
		order = -order
	}
	return math.Float64bits(directed(q, order, mode))
}

// rootDouble is the square root of a.
func rootDouble(a uint64, mode rounding) uint64 {
	x := math.Float64frombits(a)
	r := math.Sqrt(x)
	if mode == nearestEven || r-r != 0 || r == 0 {
		return math.Float64bits(r)
	}
	square := bigNumber(r)
	return math.Float64bits(directed(r, bigNumber(x).Cmp(square.Mul(square, square)), mode))
}

// bigNumber is v with room for exact sums and products.
func bigNumber(v float64) *big.Float { return new(big.Float).SetPrec(exactBits).SetFloat64(v) }

// directed is the neighbour of the nearest value in a direction, if the exact one lies on that side: order
// is that of the exact one compared with the nearest.
func directed(nearest float64, order int, mode rounding) float64 {
	switch {
	case order < 0 && (mode == downward || mode == towardZero && nearest > 0):
		return math.Nextafter(nearest, math.Inf(-1))
	case order > 0 && (mode == upward || mode == towardZero && nearest < 0):
		return math.Nextafter(nearest, math.Inf(1))
	}
	return nearest
}
