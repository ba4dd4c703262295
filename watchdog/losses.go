package watchdog

import (
	"math"

	"ganlib/variants"
)

const (
	// maxLoss is beyond what any objective here takes in a training that works: a Wasserstein critic's
	// loss reaches some tens, BCE on clamped probabilities ends at 200.
	maxLoss = 1e5

	// The penalty λ(n−1)² tells the root mean square of n−1, n being the norm of the critic's gradient,
	// which WGAN-GP wants at 1. At the start n is about 3 for the CatFaces critic.
	gradientFor   = 30.0 // for gradientSteps steps in a row
	gradientSteps = 10
	gradientOnce  = 1000.0

	// A discriminator whose loss, real and fake together, is as small as this for so long has won.
	perfect      = 1e-4
	perfectSteps = 50
)

// losses is what is remembered of them.
type losses struct {
	steep   int // steps in a row with a large gradient
	perfect int // steps in a row with next to no loss
}

func (w *Watchdog) lookAtLosses(t *variants.Trainer, s variants.Stats) error {
	if largest := max(math.Abs(float64(s.CriticLoss)), math.Abs(float64(s.GeneratorLoss))); largest > maxLoss {
		if err := w.report(newEvent(s.Step, ExplodingLoss, "critic's loss %v, generator's loss %v", s.CriticLoss, s.GeneratorLoss)); err != nil {
			return err
		}
	}
	if err := w.lookAtPenalty(s); err != nil {
		return err
	}
	w.losses.perfect++
	if t.Variant().Name() != "gan-bce" || s.CriticLoss > perfect {
		w.losses.perfect = 0
	}
	if w.losses.perfect >= perfectSteps {
		e := newEvent(s.Step, SaturatedCritic, "its loss, %v, has been below %v for %d steps", s.CriticLoss, perfect, w.losses.perfect)
		e.Network = "critic"
		return w.report(e)
	}
	return nil
}

func (w *Watchdog) lookAtPenalty(s variants.Stats) error {
	if w.options.Lambda <= 0 {
		return nil
	}
	gradient := 1 + math.Sqrt(max(float64(s.Penalty), 0)/w.options.Lambda)
	w.losses.steep++
	if gradient < gradientFor {
		w.losses.steep = 0
	}
	if w.losses.steep < gradientSteps && gradient < gradientOnce {
		return nil
	}
	e := newEvent(s.Step, ExplodingPenalty, "penalty %v: the norm of the critic's gradient is about %.3g", s.Penalty, gradient)
	e.Network = "critic"
	return w.report(e)
}
