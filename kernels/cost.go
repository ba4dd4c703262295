package kernels

import (
	"strings"

	"ganlib/device"
)

// launched is a launch as its cost is taken of: the grid and the arguments, in the order of the .cu file.
type launched struct {
	grid [3]int
	args []uint64
}

func (l launched) whole(i int) int   { return int(uint32(l.args[i])) }
func (l launched) there(i int) int64 { return int64(min(l.args[i], 1)) } // 1 unless the address is 0

// costing is how a kernel's cost follows from a launch with so many arguments.
type costing struct {
	args int
	cost func(l launched) device.Cost
}

// costs are those of all kernels but products. Bytes are those of tensors that a launch reads or writes, once each;
// operations are the additions, multiplications, divisions and roots of the source, of all kernels.
var costs = map[string]costing{
	"adam":           each(11, 28, 13),
	"add_bias":       each(5, 8, 2),
	"clip":           each(3, 8, 0),
	"copy":           each(3, 8, 0),
	"fill":           each(3, 4, 0),
	"leakyrelu":      each(4, 8, 1),
	"leakyrelu_mask": each(5, 12, 1),
	"norm_root":      each(4, 8, 3),
	"random_normal":  each(5, 4, 0),
	"random_uniform": each(5, 4, 0),
	"rmsprop":        each(9, 20, 9),
	"sgd":            each(4, 12, 2),
	"sgd_momentum":   each(7, 20, 4),
	"sigmoid_slope":  each(4, 12, 3),
	"sigmoid_value":  each(3, 8, 0),
	"tanh_slope":     each(4, 12, 3),
	"tanh_value":     each(3, 8, 0),
	"l2_norms":       {2, func(l launched) device.Cost { return device.Cost{Bytes: int64(l.grid[0]) * (8*l2Slices + 4)} }},
	"sum_squares":    {2, func(launched) device.Cost { return device.Cost{} }}, // of tensors in a table
	"sigmoid_second": {6, curveSecondCost},
	"tanh_second":    {6, curveSecondCost},
	"transpose":      {4, transposeCost},
	"interpolate": {7, func(l launched) device.Cost {
		return device.Cost{Bytes: (12 + 4*l.there(1)) * int64(l.whole(6)), Flops: 4 * int64(l.whole(6))}
	}},
	"gather_images": {11, func(l launched) device.Cost { return device.Cost{Bytes: 5 * int64(l.whole(6)) * int64(l.whole(10))} }},
	"gather_rows":   {6, func(l launched) device.Cost { return device.Cost{Bytes: 8 * int64(l.whole(3)) * int64(l.whole(5))} }},

	"head_backward":      {11, headCost},
	"head_backward_wide": {11, headCost},

	"bias_grad_any":  {12, biasGradCost},
	"bias_grad_wide": {12, biasGradCost},
	"fill_all":       {9, func(l launched) device.Cost { return device.Cost{Bytes: 4 * int64(l.whole(2)+l.whole(5)+l.whole(8))} }},

	"norm_apply":         {13, func(l launched) device.Cost { return l.norm(9, 1, normWrite, 1, 1, 0, 3, 0) }},
	"norm_forward":       {22, func(l launched) device.Cost { return l.normForward(1) }},
	"norm_forward_wide":  {22, func(l launched) device.Cost { return l.normForward(4) }},
	"norm_backward":      {22, func(l launched) device.Cost { return l.normBackward(1) }},
	"norm_backward_wide": {22, func(l launched) device.Cost { return l.normBackward(4) }},
	"norm_tangent":       {17, func(l launched) device.Cost { return l.normTangent(1) }},
	"norm_tangent_wide":  {17, func(l launched) device.Cost { return l.normTangent(4) }},
	"norm_second":        {26, func(l launched) device.Cost { return l.normSecond(1) }},
	"norm_second_wide":   {26, func(l launched) device.Cost { return l.normSecond(2) }},
	"norm_param": {22, func(l launched) device.Cost {
		l.grid[0] = blocksFor(l.whole(18), l.whole(19)) * l.whole(20) // one group in both launches
		return l.norm(17, 1, l.whole(21)&^normWrite, 1+l.there(2)+l.there(3)+l.there(4)+l.there(6), 0, 2, 0, 6)
	}},
}

func init() {
	for _, loss := range []string{"bce", "hinge", "least_squares", "sigmoid_bce", "wasserstein"} {
		costs["score_"+loss] = costing{10, func(l launched) device.Cost {
			return device.Cost{Bytes: 8 * int64(l.whole(9)) * (1 + l.there(3))}
		}}
	}
	for _, threads := range []string{"thread", "warp", "block", "large"} {
		costs["penalty_"+threads] = costing{13, func(l launched) device.Cost {
			n := int64(l.whole(11)) * int64(l.whole(12))
			return device.Cost{Bytes: 8 * n, Flops: 3 * n}
		}}
	}
}

// each is the cost of a kernel that does so much with each of n elements, its last argument.
func each(args int, bytes, flops int64) costing {
	return costing{args, func(l launched) device.Cost {
		n := int64(l.whole(args - 1))
		return device.Cost{Bytes: bytes * n, Flops: flops * n}
	}}
}

// curveSecondCost is that of second derivatives, one of whose tensors may be missing.
func curveSecondCost(l launched) device.Cost {
	n := int64(l.whole(5))
	return device.Cost{Bytes: (16 + 4*l.there(2)) * n, Flops: 7 * n}
}

func transposeCost(l launched) device.Cost {
	const tile = 32 // as in transposeCUDA
	rows, columns := l.whole(2), l.whole(3)
	n := l.grid[0] / (blocksFor(rows, tile) * blocksFor(columns, tile))
	return device.Cost{Bytes: 8 * int64(n) * int64(rows) * int64(columns)}
}

// biasGradCost is that of a sum down columns, with what is kept of each slice, and of the mask that may go before it.
func biasGradCost(l launched) device.Cost {
	rows, c, slices := int64(l.whole(9)), int64(l.whole(11)), int64(l.grid[1])
	cost := device.Cost{Bytes: 4*rows*c*(1+l.there(1)+l.there(2)) + 8*c, Flops: rows * c * (1 + l.there(2))}
	if slices > 1 {
		cost.Bytes += 2 * 8 * slices * c
	}
	return cost
}

// headCost is that of a layer of one output: its rows count for the gradients of the weights and of the input.
func headCost(l launched) device.Cost {
	rows, input, c := int64(l.whole(7)-l.whole(6)), int64(l.whole(9)-l.whole(8))*l.there(2), int64(l.whole(10))
	return device.Cost{Bytes: 4 * c * (rows + input + 2 + l.there(2)), Flops: 2*rows*c + input*c}
}

// The passes of normalisations, in pieces of so many columns.
func (l launched) normForward(piece int) device.Cost {
	return l.norm(17, piece, l.whole(21), 1, 1, 2, 5, 4)
}
func (l launched) normBackward(piece int) device.Cost {
	return l.norm(17, piece, l.whole(21), 2+l.there(3), 1, 2, 6, 5)
}
func (l launched) normTangent(piece int) device.Cost {
	return l.norm(12, piece, l.whole(16), 2+l.there(5), 1, 2, 6, 4)
}
func (l launched) normSecond(piece int) device.Cost {
	return l.norm(21, piece, l.whole(25), 3+l.there(1)+l.there(5), 1, 7, 10, 14)
}

// norm is the cost of a pass over (groups, rows, columns), in pieces of so many columns, whose last arguments from
// place at on are those of normGrid.words: it reads and writes so many tensors, keeps sums of each column and slice between its launches,
// and does so many operations to write an element and to add its share to the sums.
func (l launched) norm(at, piece, steps int, reads, writes, sums, write, sum int64) device.Cost {
	rows, columns, width, slices := l.whole(at), l.whole(at+1), l.whole(at+2), l.whole(at+3)
	across := blocksFor(columns, width*piece)
	groups := l.grid[0] / (across * slices)
	n := int64(groups) * int64(rows) * int64(columns)
	kept := 8 * sums * int64(groups) * int64(columns) * int64(slices)
	c := device.Cost{Bytes: 4 * n * reads}
	if steps&normWrite != 0 {
		c.Bytes += 4 * n * writes
		c.Flops += write * n
	}
	if steps&normTakeSums != 0 {
		c.Flops += sum * n
	}
	switch {
	case steps == normTakeSums && slices > 1:
		c.Bytes += kept
	case steps == normAddSums: // and nothing else is read
		c.Bytes = kept
	case steps&normAddSums != 0:
		c.Bytes += kept
	}
	return c
}

// costingOf finds a kernel, and whether it is known.
func costingOf(kernel string) (costing, bool) {
	if c, ok := costs[kernel]; ok {
		return c, true
	}
	for _, p := range productCosts {
		if strings.HasPrefix(kernel, p.prefix) {
			return p.costing, true
		}
	}
	return costing{}, false
}

// costOf returns the cost of a launch; zero if it is not known.
func costOf(kernel string, grid [3]int, args []uint64) device.Cost {
	c, ok := costingOf(kernel)
	if !ok || len(args) != c.args {
		return device.Cost{}
	}
	return c.cost(launched{grid, args})
}
