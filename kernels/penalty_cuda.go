package kernels

import "ganlib/device"

var penaltyProgram = program("penalty")

// penaltyCUDA works on n groups of width elements of g, each by as many threads as fit its width.
func penaltyCUDA(v, norms, penalty, g *device.Tensor, o PenaltyOptions, width, n int) error {
	dev, name, threads, groups := cudaOf(v), "penalty_thread", 256, 256 // a block's threads and groups
	switch {
	case width > 2048:
		name, threads, groups = "penalty_large", 1024, 1
	case width > 256:
		name, groups = "penalty_block", 1
	case width > 8:
		name, groups = "penalty_warp", 8
	}
	blocks := blocksFor(n, groups)
	var parts, ticket uint64
	if penalty != nil {
		var err error
		if parts, err = dev.Scratch(8 * blocks); err != nil {
			return err
		}
		if ticket, err = dev.Tickets(1); err != nil {
			return err
		}
	}
	each := o.Lambda / float64(n)
	return dev.Launch(penaltyProgram, name, [3]int{blocks, 1, 1}, [3]int{threads, 1, 1}, 0,
		v.Address(), addressOf(norms), addressOf(penalty), parts, ticket, g.Address(), double(o.Target), double(o.Eps),
		double(2*each), double(each), flag(o.OneSided), whole(width), whole(n))
}
