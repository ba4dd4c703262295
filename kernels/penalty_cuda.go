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
	blocks, parts := blocksFor(n, groups), uint64(0)
	if penalty != nil {
		var err error
		if parts, err = dev.Scratch(8 * blocks); err != nil {
			return err
		}
	}
	err := dev.Launch(penaltyProgram, name, [3]int{blocks, 1, 1}, [3]int{threads, 1, 1}, 0,
		v.Address(), addressOf(norms), parts, g.Address(), double(o.Target), double(o.Eps), double(2*o.Lambda/float64(n)), flag(o.OneSided), whole(width), whole(n))
	if err != nil || penalty == nil {
		return err
	}
	return dev.Launch(penaltyProgram, "penalty_sum", [3]int{1, 1, 1}, [3]int{1024, 1, 1}, 0, penalty.Address(), parts, double(o.Lambda/float64(n)), whole(blocks))
}
