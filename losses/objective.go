package losses

import "ganlib/device"

// Objective is what a variant trains on: a critic's loss and a generator's. Copies share nothing that
// changes, and several goroutines may use one. Programs may build their own.
type Objective struct {
	// Name is a short lower-case name for logs: "wasserstein".
	Name string
	// Critic computes the critic's loss (1) from real and fake scores, and overwrites dReal and dFake
	// with its gradients. All but loss have one shape.
	Critic func(loss, dReal, dFake, real, fake *device.Tensor) error
	// Generator computes the generator's loss (1) from fake scores, and overwrites dFake with its
	// gradient, of the same shape.
	Generator func(loss, dFake, fake *device.Tensor) error
}

// WassersteinObjective is [Wasserstein] with [WassersteinGenerator].
func WassersteinObjective() Objective {
	return Objective{"wasserstein", Wasserstein, WassersteinGenerator}
}

// BCEObjective is [BCE] with [BCEGenerator], or with [BCESaturatingGenerator].
func BCEObjective(saturating bool) Objective {
	if saturating {
		return Objective{"bce-saturating", BCE, BCESaturatingGenerator}
	}
	return Objective{"bce", BCE, BCEGenerator}
}

// SigmoidBCEObjective is [SigmoidBCE] with [SigmoidBCEGenerator].
func SigmoidBCEObjective() Objective {
	return Objective{"sigmoid-bce", SigmoidBCE, SigmoidBCEGenerator}
}

// LeastSquaresObjective is [LeastSquares] with [LeastSquaresGenerator] for the given targets.
func LeastSquaresObjective(t LeastSquaresTargets) (Objective, error) {
	if err := t.Validate(); err != nil {
		return Objective{}, err
	}
	return Objective{
		Name: "least-squares",
		Critic: func(loss, dReal, dFake, real, fake *device.Tensor) error {
			return LeastSquares(loss, dReal, dFake, real, fake, t)
		},
		Generator: func(loss, dFake, fake *device.Tensor) error {
			return LeastSquaresGenerator(loss, dFake, fake, t)
		},
	}, nil
}

// HingeObjective is [Hinge] with [HingeGenerator].
func HingeObjective() Objective { return Objective{"hinge", Hinge, HingeGenerator} }
