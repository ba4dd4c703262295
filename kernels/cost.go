package kernels

import (
	"strings"

	"ganlib/device"
)

// launched is a launch as its cost is taken of: the grid and the arguments, in the order of the .cu file.
type launched struct {
	grid    [3]int
	args    []uint64
	operand int64 // bytes of a number of a product's operands
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
	"adam":           eachCopied(12, 28, 13),
	"add_bias":       eachCopied(6, 8, 2),
	"clip":           eachCopied(4, 8, 0),
	"copy":           eachCopied(4, 8, 0),
	"round_all":      eachCopied(3, 8, 0),
	"fill":           eachCopied(4, 4, 0),
	"leakyrelu":      eachCopied(5, 8, 1),
	"leakyrelu_mask": eachCopied(6, 12, 1),
	"norm_root":      each(4, 8, 3),
	"random_normal":  each(5, 4, 0),
	"random_uniform": each(5, 4, 0),
	"rmsprop":        eachCopied(10, 20, 9),
	"sgd":            eachCopied(5, 12, 2),
	"sgd_momentum":   eachCopied(8, 20, 4),
	"sigmoid_slope":  eachCopied(5, 12, 3),
	"sigmoid_value":  eachCopied(4, 8, 0),
	"tanh_slope":     eachCopied(5, 12, 3),
	"tanh_value":     eachCopied(4, 8, 0),
	"l2_norms":       {2, func(l launched) device.Cost { return device.Cost{Bytes: int64(l.grid[0]) * (8*l2Slices + 4)} }},
	"sum_squares":    {2, func(launched) device.Cost { return device.Cost{} }}, // of tensors in a table
	"sigmoid_second": {7, curveSecondCost},
	"tanh_second":    {7, curveSecondCost},
	"transpose":      {5, transposeCost},
	"interpolate": {7, func(l launched) device.Cost {
		return device.Cost{Bytes: (12 + 4*l.there(1)) * int64(l.whole(6)), Flops: 4 * int64(l.whole(6))}
	}},
	"gather_images": {11, func(l launched) device.Cost { return device.Cost{Bytes: 5 * int64(l.whole(6)) * int64(l.whole(10))} }},
	"gather_rows":   {6, func(l launched) device.Cost { return device.Cost{Bytes: 8 * int64(l.whole(3)) * int64(l.whole(5))} }},

	"head_backward":      {11, headCost},
	"head_backward_wide": {11, headCost},

	"bias_grad_any":  {13, biasGradCost},
	"bias_grad_wide": {13, biasGradCost},
	"fill_all":       {9, func(l launched) device.Cost { return device.Cost{Bytes: 4 * int64(l.whole(2)+l.whole(5)+l.whole(8))} }},

	"norm_apply":         {14, func(l launched) device.Cost { return l.norm(10, 1, normWrite, 1, 1, 0, 3, 0) }},
	"norm_forward":       {23, func(l launched) device.Cost { return l.normForward(1) }},
	"norm_forward_wide":  {23, func(l launched) device.Cost { return l.normForward(4) }},
	"norm_backward":      {23, func(l launched) device.Cost { return l.normBackward(1) }},
	"norm_backward_wide": {23, func(l launched) device.Cost { return l.normBackward(4) }},
	"norm_tangent":       {18, func(l launched) device.Cost { return l.normTangent(1) }},
	"norm_tangent_wide":  {18, func(l launched) device.Cost { return l.normTangent(4) }},
	"norm_second":        {27, func(l launched) device.Cost { return l.normSecond(1) }},
	"norm_second_wide":   {27, func(l launched) device.Cost { return l.normSecond(2) }},
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

// copies are the bytes that an element's copy takes, where argument i is what [device.Tensor.Rounding] returns.
func (l launched) copies(i int) int64 {
	switch r := l.args[i]; {
	case r < 4: // none, or rounded in its place
		return 0
	case r&1 != 0: // in TF32
		return 4
	}
	return 2
}

// eachCopied is each for a kernel that writes copies, too.
func eachCopied(args int, bytes, flops int64) costing {
	return costing{args, func(l launched) device.Cost {
		return each(args, bytes+l.copies(1), flops).cost(l)
	}}
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
	n := int64(l.whole(6))
	return device.Cost{Bytes: (16 + 4*l.there(3) + l.copies(1)) * n, Flops: 7 * n}
}

func transposeCost(l launched) device.Cost {
	const tile = 32 // as in transposeCUDA
	rows, columns := l.whole(3), l.whole(4)
	n := l.grid[0] / (blocksFor(rows, tile) * blocksFor(columns, tile))
	return device.Cost{Bytes: (8 + l.copies(1)) * int64(n) * int64(rows) * int64(columns)}
}

// biasGradCost is that of a sum down columns, with what is kept of each slice, and of the mask that may go before it.
func biasGradCost(l launched) device.Cost {
	rows, c, slices := int64(l.whole(10)), int64(l.whole(12)), int64(l.grid[1])
	cost := device.Cost{Bytes: rows*c*(4+4*l.there(1)+l.copies(2)+4*l.there(3)) + 8*c, Flops: rows * c * (1 + l.there(3))}
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
	return l.norm(18, piece, l.whole(22), 1, 1, 2, 5, 4)
}
func (l launched) normBackward(piece int) device.Cost {
	return l.norm(18, piece, l.whole(22), 2+l.there(4), 1, 2, 6, 5)
}
func (l launched) normTangent(piece int) device.Cost {
	return l.norm(13, piece, l.whole(17), 2+l.there(6), 1, 2, 6, 4)
}
func (l launched) normSecond(piece int) device.Cost {
	return l.norm(22, piece, l.whole(26), 3+l.there(2)+l.there(6), 1, 7, 10, 14)
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
		c.Bytes += (4 + l.copies(1)) * n * writes
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
	l := launched{grid, args, 4}
	if strings.Contains(kernel, "_bf16_copies_") || strings.Contains(kernel, "_bf16_wgmma_") {
		l.operand = 2
	}
	return c.cost(l)
}
