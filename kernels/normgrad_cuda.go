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
	here, later := grads.split(g)
	partials, kept, err := g.memory(dx, 2, later.wanted())
	if err != nil {
		return err
	}
	if err := g.pass(normGradProgram, kernel, dx, !n.Frozen, g.blocks(),
		dx.Address(), dy.Address(), at.X.Address(), addressOf(at.output(n)), at.Mean.Address(), at.R.Address(),
		addressOf(at.Gamma), lengthOf(at.Gamma), n.slope(), addressOf(here.Gamma), addressOf(here.Beta), kept, partials); err != nil {
		return err
	}
	return normFoldCUDA(later, kept, g)
}

func normTangentCUDA(ydot, xdot *device.Tensor, at NormAt, n Norm) error {
	g, kernel := n.wide("norm_tangent", 4, at.X, ydot, xdot, at.output(n))
	partials, _, err := g.memory(ydot, 2, false)
	if err != nil {
		return err
	}
	return g.pass(normGradProgram, kernel, ydot, !n.Frozen, g.blocks(),
		ydot.Address(), at.MeanDot.Address(), at.Corr.Address(), xdot.Address(), at.X.Address(), addressOf(at.output(n)),
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
	here, later := grads.split(g)
	partials, kept, err := g.memory(xbar, 7, later.wanted())
	if err != nil {
		return err
	}
	if err := g.pass(normGradProgram, kernel, xbar, !n.Frozen, g.blocks(),
		xbar.Address(), addressOf(ybar), delta.Address(), xdot.Address(), at.X.Address(), addressOf(at.output(n)),
		at.Mean.Address(), at.R.Address(), at.MeanDot.Address(), at.Corr.Address(), addressOf(at.Gamma), lengthOf(at.Gamma), n.slope(),
		addressOf(here.Gamma), addressOf(here.Beta), kept, partials); err != nil {
		return err
	}
	return normFoldCUDA(later, kept, g)
}

// along reports whether the sums that a pass takes for its own result hold the parameter gradients too: a
// layer norm's do not, and with frozen statistics none are taken.
func (g NormGrads) along(n Norm) bool { return !n.Frozen && n.Kind != NormLayer }

// split returns the gradients that a pass adds to, which it can if there is one group, and those that are
// folded afterwards.
func (g NormGrads) split(grid normGrid) (here, later NormGrads) {
	if g.wanted() && grid.groups == 1 {
		return g, NormGrads{}
	}
	return NormGrads{}, g
}

// normFoldCUDA adds what a pass over g kept of each sample to the gradients that are wanted.
func normFoldCUDA(grads NormGrads, kept uint64, g normGrid) error {
	if !grads.wanted() {
		return nil
	}
	f := newNormGrid(sets{1, grads.Hi - grads.Lo, g.columns})
	return f.launch(normParamProgram, "norm_fold", grads.Gamma, f.tiles(),
		grads.Gamma.Address(), grads.Beta.Address(), kept, whole(grads.Lo), whole(grads.Hi), whole(f.columns), whole(f.width))
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
