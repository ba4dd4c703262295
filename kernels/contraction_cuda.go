package kernels

import "ganlib/device"

// finish is what is done with sums when they are complete: result = leaky(sum + bias), with one bias for each
// column modulo their number, or without bias result = sum, or result += sum.
type finish struct {
	bias  *device.Tensor
	slope float64
	add   bool
}

// period returns the number of biases.
func (f finish) period() uint64 {
	if f.bias == nil {
		return 1
	}
	return whole(f.bias.Len())
}

// precise are an operation's programs in each precision, and those whose operands are rounded already.
type precise [wgmmaBFloat16 + 1]*device.Program

const (
	roundedTF32 = device.BFloat16 + 1 + iota
	roundedBFloat16
	wgmmaTF32
	wgmmaBFloat16
)

// compute launches the kernel of a contraction, as a [Product] calls it, whose entries begin as given, and if it
// cuts the sum another that adds up the parts. args returns the arguments.
func (p contraction) compute(programs *precise, name, kernel string, tilings []tiling, to *device.Tensor, f finish, args func(way cut, parts uint64) []uint64) error {
	dev := cudaOf(to)
	product, t := p.product(name, dev.precision()), dev.tuning()
	if dev.plan != nil {
		planOf(dev.plan).products[product] = true
	}
	if t != nil {
		if c, ok := t.cut(product); ok && c.runsOn(dev) {
			return p.launch(dev, c, programs, kernel, to, f, args)
		}
	}
	c := p.plan(tilings, dev.precision())
	if t != nil {
		if l := t.learns(dev); l != nil {
			var err error
			if c, err = t.learn(l, product, c, to, f, func(c cut) error { return p.launch(dev, c, programs, kernel, to, f, args) }); err != nil {
				return err
			}
		}
	}
	return p.launch(dev, c, programs, kernel, to, f, args)
}

// launch is compute in one of the ways.
func (p contraction) launch(dev gpu, c cut, programs *precise, kernel string, to *device.Tensor, f finish, args func(way cut, parts uint64) []uint64) error {
	if c.transforms() {
		return p.launchWinograd(dev, c, kernel, args)
	}
	var parts uint64
	if c.slices > 1 {
		var err error
		if parts, err = dev.Scratch(4 * c.slices * to.Len()); err != nil {
			return err
		}
	}
	blocks := p.count * c.slices * blocksFor(p.m, c.rows) * blocksFor(p.n, c.columns)
	all := args(c, parts)
	together := programs == gemmPrograms && c.together(to)
	if programs == gemmPrograms {
		var tickets uint64
		if together {
			var err error
			if tickets, err = dev.Tickets(blocks / c.slices); err != nil {
				return err
			}
		}
		all = append(all, tickets)
	}
	err := dev.Launch(c.program(programs), kernel+c.name, [3]int{blocks, 1, 1}, [3]int{c.threads, 1, 1}, c.shared(), all...)
	if err != nil || c.slices == 1 || together {
		return err
	}
	n := to.Len()
	sum, each := "gemm_sum", 1
	if p.c {
		sum, each = "gemm_sum4", 4
	}
	ways := sumWays(n/each, c.slices, each)
	return dev.Launch(gemmPrograms[device.Float32], sum, [3]int{blocksFor(n, each*cudaThreads/ways), 1, 1}, [3]int{cudaThreads, 1, 1}, 0,
		to.Address(), to.Rounding(), parts, addressOf(f.bias), single(f.slope), f.period(), flag(f.add), whole(n), whole(c.slices), whole(ways))
}

// mostTogether are the bytes of a tile's parts that its last block adds up in the time that another launch would take to
// begin: one multiprocessor reads them, from the cache.
const mostTogether = 128 << 10

// together reports whether the last block of each tile adds up the slices. It rounds no operand.
func (c cut) together(to *device.Tensor) bool {
	return c.slices > 1 && 4*c.slices*c.rows*c.columns <= mostTogether && to.Rounding() == 0
}

// sumWays returns how many threads share the slices of a number, or of each of them: a power of two, which
// leaves 128 bytes that are read in one piece.
func sumWays(threads, slices, each int) int {
	ways := 1
	for 2*ways <= min(slices, cudaThreads*each/32) && ways*threads < cudaFew {
		ways *= 2
	}
	return ways
}
