package kernels

import "ganlib/device"

var (
	normGradProgram  = program("normgrad")
	normParamProgram = program("normparam")
)

func normBackwardCUDA(dx *device.Tensor, grads NormGrads, dy *device.Tensor, at NormAt, n Norm) error {
	if grads.wanted() && (dx == nil || !grads.along(n)) {
		if err := normParamCUDA(grads, dy, nil, nil, at, n); err != nil {
			return err
		}
		grads = NormGrads{}
	}
	if dx == nil {
		return nil
	}
	g, kernel := n.wide("norm_backward", 4, at.X, dx, dy, at.output(n))
	partials, kept, err := g.memory(dx, 2, grads.wanted() && g.groups > 1)
	if err != nil {
		return err
	}
	words, err := grads.words(g, kept, dx)
	if err != nil {
		return err
	}
	return g.pass(normGradProgram, kernel, dx, !n.Frozen, g.blocks(), append(append([]uint64{
		dx.Address(), dx.Rounding(), dy.Address(), at.X.Address(), addressOf(at.output(n)), at.Mean.Address(), at.R.Address(),
		addressOf(at.Gamma), lengthOf(at.Gamma), n.slope(),
	}, words...), partials)...)
}

func normTangentCUDA(ydot, xdot *device.Tensor, at NormAt, n Norm) error {
	g, kernel := n.wide("norm_tangent", 4, at.X, ydot, xdot, at.output(n))
	partials, _, err := g.memory(ydot, 2, false)
	if err != nil {
		return err
	}
	return g.pass(normGradProgram, kernel, ydot, !n.Frozen, g.blocks(),
		ydot.Address(), ydot.Rounding(), at.MeanDot.Address(), at.Corr.Address(), xdot.Address(), at.X.Address(), addressOf(at.output(n)),
		at.Mean.Address(), at.R.Address(), addressOf(at.Gamma), lengthOf(at.Gamma), n.slope(), partials)
}

func normSecondCUDA(xbar *device.Tensor, grads NormGrads, ybar, delta, xdot *device.Tensor, at NormAt, n Norm) error {
	if grads.wanted() && (xbar == nil || !grads.along(n)) {
		if err := normParamCUDA(grads, ybar, delta, xdot, at, n); err != nil {
			return err
		}
		grads = NormGrads{}
	}
	if xbar == nil {
		return nil
	}
	g, kernel := n.wide("norm_second", 2, at.X, xbar, ybar, delta, xdot, at.output(n))
	partials, kept, err := g.memory(xbar, 7, grads.wanted() && g.groups > 1)
	if err != nil {
		return err
	}
	words, err := grads.words(g, kept, xbar)
	if err != nil {
		return err
	}
	return g.pass(normGradProgram, kernel, xbar, !n.Frozen, g.blocks(), append(append([]uint64{
		xbar.Address(), xbar.Rounding(), addressOf(ybar), delta.Address(), xdot.Address(), at.X.Address(), addressOf(at.output(n)),
		at.Mean.Address(), at.R.Address(), at.MeanDot.Address(), at.Corr.Address(), addressOf(at.Gamma), lengthOf(at.Gamma), n.slope(),
	}, words...), partials)...)
}

// along reports whether the sums that a pass takes for its own result hold the parameter gradients too: a
// layer norm's do not, and with frozen statistics none are taken.
func (g NormGrads) along(n Norm) bool { return !n.Frozen && n.Kind != NormLayer }

// words are the arguments of a pass over g that adds to the gradients: it keeps two numbers for each set of
// several groups.
func (g NormGrads) words(grid normGrid, kept uint64, t *device.Tensor) ([]uint64, error) {
	if !g.wanted() {
		return make([]uint64, 7), nil
	}
	args := []uint64{g.Gamma.Address(), g.Beta.Address(), kept, 0, whole(grid.groups), whole(g.Lo), whole(g.Hi)}
	if grid.groups > 1 {
		var err error
		if args[3], err = cudaOf(t).Tickets(blocksFor(grid.columns, grid.width*grid.piece)); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// normParamCUDA adds dy's and δ's share to the gradients; either may be nil.
func normParamCUDA(grads NormGrads, dy, delta, xdot *device.Tensor, at NormAt, n Norm) error {
	shape := at.X.Shape()
	s, columns := n.sets(shape), grads.Gamma.Len()
	perSample, perColumn := shape.RowLen()/columns, 1
	if columns != s.columns {
		perColumn = 0
	}
	g := newNormGrid(sets{1, (grads.Hi - grads.Lo) * perSample, columns})
	partials, _, err := g.memory(at.X, 2, false)
	if err != nil {
		return err
	}
	return g.pass(normParamProgram, "norm_param", at.X, true, g.tiles(),
		grads.Gamma.Address(), grads.Beta.Address(), addressOf(dy), addressOf(delta), addressOf(xdot), at.X.Address(), addressOf(at.output(n)),
		at.Mean.Address(), at.R.Address(), addressOf(at.MeanDot), addressOf(at.Corr), n.slope(),
		whole(grads.Lo*perSample), whole(s.rows*s.columns/columns), whole(s.columns), whole(perColumn), partials)
}
