package kernels

import "ganlib/device"

// productCosts are the costs of products and convolutions, all tilings of which take the same arguments.
var productCosts = []struct {
	prefix string
	costing
}{
	{"conv2d_forward_", costing{22, func(l launched) device.Cost {
		g := l.window(6)
		return productCost(g.x(), g.w(), g.y(), l.whole(19), false, 1, g.n*g.oh*g.ow, g.o, g.kh*g.kw*g.c)
	}}},
	{"conv2d_input_", costing{27, func(l launched) device.Cost {
		g := l.window(6)
		rows := g.n * blocksFor(g.h, g.sh) * blocksFor(g.width, g.sw)
		return productCost(g.y(), g.w(), g.x(), l.whole(19), false, g.sh*g.sw, rows, g.c, blocksFor(g.kh, g.sh)*blocksFor(g.kw, g.sw)*g.o)
	}}},
	{"conv2d_weight_", costing{21, func(l launched) device.Cost {
		g := l.window(4)
		return productCost(g.x(), g.y(), g.w(), l.whole(17), true, 1, g.o, g.kh*g.kw*g.c, g.n*g.oh*g.ow)
	}}},
	{"conv2d_few_forward_", costing{20, func(l launched) device.Cost {
		g := l.window(5)
		return productCost(g.x(), g.w(), g.y(), 1, false, 1, g.n*g.oh*g.ow, g.o, g.kh*g.kw*g.c)
	}}},
	{"conv2d_few_input_", costing{29, func(l launched) device.Cost {
		g := l.window(5)
		rows := g.n * blocksFor(g.h, g.sh) * blocksFor(g.width, g.sw)
		return productCost(g.y(), g.w(), g.x(), 1, false, g.sh*g.sw, rows, g.c, blocksFor(g.kh, g.sh)*blocksFor(g.kw, g.sw)*g.o)
	}}},
	{"conv2d_few_weight_", costing{21, func(l launched) device.Cost {
		g := l.window(4)
		return productCost(g.x(), g.y(), g.w(), l.whole(17), true, 1, g.o, g.kh*g.kw*g.c, g.n*g.oh*g.ow)
	}}},
	{"gemv_rows", costing{12, func(l launched) device.Cost {
		return vectorCost(l, l.whole(9), 1, l.whole(10))
	}}},
	{"gemv_columns", costing{12, func(l launched) device.Cost {
		return vectorCost(l, 1, l.whole(10), l.whole(9))
	}}},
	{"ger", costing{9, func(l launched) device.Cost {
		n, all := l.whole(7), l.whole(8)
		return productCost(all/n, n, all, 1, l.there(6) == 1, 1, all/n, n, 1)
	}}},
	{"gemm_sum", costing{9, func(l launched) device.Cost {
		n, slices := int64(l.whole(6)), int64(l.whole(7))
		return device.Cost{Bytes: 4 * n * (slices + 1 + l.there(5)), Flops: n * slices}
	}}},
	{"gemm_", costing{18, func(l launched) device.Cost {
		m, n, k, slices := l.whole(8), l.whole(9), l.whole(10), l.whole(13)
		c := productCost(m*k, n*k, m*n, slices, l.there(7) == 1, 1, m, n, k)
		c.Bytes += l.there(17) * 4 * int64(m*n) * (int64(slices) + 1 + l.there(7)) // its last blocks add up the slices
		return c
	}}},
}

// productCost is the cost of count products, of operands and a result of so many numbers. A sum in slices leaves as many
// results, which another kernel adds up.
func productCost(a, b, result, slices int, add bool, count, m, n, k int) device.Cost {
	moved := int64(a) + int64(b) + int64(result)*int64(slices)
	if add && slices == 1 {
		moved += int64(result)
	}
	return device.Cost{Bytes: 4 * moved, Flops: 2 * int64(count) * int64(m) * int64(n) * int64(k), Count: count, M: m, N: n, K: k}
}

// vectorCost is that of a matrix and a vector, whose sums may be cut into slices of doubles.
func vectorCost(l launched, m, n, k int) device.Cost {
	c := productCost(m*n*k, k, m*n, 1, l.there(8) == 1, 1, m, n, k)
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
