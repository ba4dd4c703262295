package kernels

import "ganlib/device"

// productCosts are the costs of products and convolutions, all tilings of which take the same arguments, and copies in
// bfloat16 in the place of operands.
var productCosts = []struct {
	prefix string
	costing
}{
	{"conv2d_forward_winograd_results", costing{26, func(l launched) device.Cost {
		g := l.window(6)
		return l.withCopies(22, g.y(), 1, winogradResultsCost(g.y(), l.whole(19), 1, l.whole(23), g.o))
	}}},
	{"conv2d_input_winograd_results", costing{31, func(l launched) device.Cost {
		g := l.window(6)
		return l.withCopies(27, g.x(), 1, winogradResultsCost(g.x(), l.whole(19), g.sh*g.sw, l.whole(28), g.c))
	}}},
	{"conv2d_weight_winograd_results", costing{24, func(l launched) device.Cost {
		g := l.window(4)
		c := winogradResultsCost(g.w(), l.whole(17), 1, g.o, g.sh*g.sw*g.c)
		return device.Cost{Bytes: c.Bytes + 4*int64(g.w()), Flops: c.Flops + int64(g.w())} // it adds them
	}}},
	{"conv2d_weight_winograd_", costing{24, func(l launched) device.Cost {
		g := l.window(4)
		return l.winogradCost(g.x()+g.y(), l.whole(17), 1, g.o, g.sh*g.sw*g.c, l.whole(21))
	}}},
	{"conv2d_forward_winograd_", costing{26, func(l launched) device.Cost {
		g := l.window(6)
		return l.winogradCost(g.x()+g.w(), l.whole(19), 1, l.whole(23), g.o, g.sh*g.sw*g.c)
	}}},
	{"conv2d_input_winograd_", costing{31, func(l launched) device.Cost {
		g := l.window(6)
		return l.winogradCost(g.y()+g.w(), l.whole(19), g.sh*g.sw, l.whole(28), g.c, g.o)
	}}},
	{"conv2d_forward_", costing{23, func(l launched) device.Cost {
		g := l.window(6)
		return l.withCopies(22, g.y(), l.whole(19), l.productCost(g.x(), g.w(), g.y(), l.whole(19), false, 1, g.n*g.oh*g.ow, g.o, g.kh*g.kw*g.c))
	}}},
	{"conv2d_input_", costing{28, func(l launched) device.Cost {
		g := l.window(6)
		rows := g.n * blocksFor(g.h, g.sh) * blocksFor(g.width, g.sw)
		return l.withCopies(27, g.x(), l.whole(19), l.productCost(g.y(), g.w(), g.x(), l.whole(19), false, g.sh*g.sw, rows, g.c, blocksFor(g.kh, g.sh)*blocksFor(g.kw, g.sw)*g.o))
	}}},
	{"conv2d_weight_", costing{21, func(l launched) device.Cost {
		g := l.window(4)
		return l.productCost(g.x(), g.y(), g.w(), l.whole(17), true, 1, g.o, g.kh*g.kw*g.c, g.n*g.oh*g.ow)
	}}},
	{"conv2d_few_forward_", costing{21, func(l launched) device.Cost {
		g := l.window(6)
		return l.withCopies(1, g.y(), 1, l.productCost(g.x(), g.w(), g.y(), 1, false, 1, g.n*g.oh*g.ow, g.o, g.kh*g.kw*g.c))
	}}},
	{"conv2d_few_input_", costing{29, func(l launched) device.Cost {
		g := l.window(5)
		rows := g.n * blocksFor(g.h, g.sh) * blocksFor(g.width, g.sw)
		return l.productCost(g.y(), g.w(), g.x(), 1, false, g.sh*g.sw, rows, g.c, blocksFor(g.kh, g.sh)*blocksFor(g.kw, g.sw)*g.o)
	}}},
	{"conv2d_few_weight_", costing{21, func(l launched) device.Cost {
		g := l.window(4)
		return l.productCost(g.x(), g.y(), g.w(), l.whole(17), true, 1, g.o, g.kh*g.kw*g.c, g.n*g.oh*g.ow)
	}}},
	{"gemv_rows", costing{12, func(l launched) device.Cost {
		return l.vectorCost(l.whole(9), 1, l.whole(10))
	}}},
	{"gemv_columns", costing{12, func(l launched) device.Cost {
		return l.vectorCost(1, l.whole(10), l.whole(9))
	}}},
	{"ger", costing{9, func(l launched) device.Cost {
		n, all := l.whole(7), l.whole(8)
		return l.productCost(all/n, n, all, 1, l.there(6) == 1, 1, all/n, n, 1)
	}}},
	{"gemm_sum", costing{10, func(l launched) device.Cost {
		n, slices := int64(l.whole(7)), int64(l.whole(8))
		return device.Cost{Bytes: n * (4*(slices+1+l.there(6)) + l.copies(1)), Flops: n * slices}
	}}},
	{"gemm_", costing{19, func(l launched) device.Cost {
		m, n, k, slices := l.whole(8), l.whole(9), l.whole(10), l.whole(13)
		c := l.withCopies(17, m*n, slices, l.productCost(m*k, n*k, m*n, slices, l.there(7) == 1, 1, m, n, k))
		c.Bytes += l.there(18) * 4 * int64(m*n) * (int64(slices) + 1 + l.there(7)) // its last blocks add up the slices
		return c
	}}},
}

// productCost is the cost of count products, of operands and a result of so many numbers. A sum in slices leaves as many
// results, which another kernel adds up.
func (l launched) productCost(a, b, result, slices int, add bool, count, m, n, k int) device.Cost {
	bytes := l.operand*(int64(a)+int64(b)) + 4*int64(result)*int64(slices)
	if add && slices == 1 {
		bytes += 4 * int64(result)
	}
	return device.Cost{Bytes: bytes, Flops: 2 * int64(count) * int64(m) * int64(n) * int64(k), Count: count, M: m, N: n, K: k}
}

// withCopies adds the copies of a result of so many numbers, which argument i tells of.
func (l launched) withCopies(i, result, slices int, c device.Cost) device.Cost {
	if slices == 1 {
		c.Bytes += l.copies(i) * int64(result)
	}
	return c
}

// vectorCost is that of a matrix and a vector, whose sums may be cut into slices of doubles.
func (l launched) vectorCost(m, n, k int) device.Cost {
	c := l.productCost(m*n*k, k, m*n, 1, l.there(8) == 1, 1, m, n, k)
	if slices := l.grid[1]; slices > 1 {
		c.Bytes += 2 * 8 * int64(slices) * int64(m*n)
	}
	return c
}

// window is the geometry of a convolution, GEOMETRY in conv2d.cuh.
type window struct{ n, h, width, c, oh, ow, o, kh, kw, sh, sw int }

func (l launched) window(at int) window {
	var v [11]int
	for i := range v {
		v[i] = l.whole(at + i)
	}
	return window{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10]}
}

// x, y and w are the numbers of the tensors.
func (g window) x() int { return g.n * g.h * g.width * g.c }
func (g window) y() int { return g.n * g.oh * g.ow * g.o }
func (g window) w() int { return g.o * g.kh * g.kw * g.c }
