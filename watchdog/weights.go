package watchdog

import (
	"math"

	"ganlib/layers"
)

// growths are the factors by which a network's weights, in the root mean square, do not grow within so many
// steps. The critic of mnist-mlp-wgangp, whose weights are small at the start, has been seen to grow by 1.15
// in 10 steps and by 2 in 100; a hundred times the learning rate gives 1.4 and 3.
var growths = [...]struct {
	factor float64
	steps  int64
}{{2, 10}, {4, 100}}

const (
	frozenLooks = 10
	atBounds    = 0.99 // of clipped weights, in the root mean square
	deadLooks   = 10

	// vanished is the share of the largest gradient that the generator has had, below which nothing
	// reaches it; a float32 has seven digits.
	vanished        = 1e-7
	noGradientLooks = 10
)

// weights is what is remembered of a network's.
type weights struct {
	before []float32 // norms at the last look
	frozen int       // looks in a row at which they were the same
	dead   []int     // looks in a row at which a parameter's gradient was zero

	bases [len(growths)]base // to compare sizes with

	largest float64 // gradient's norm
	without int     // looks in a row without a gradient
}

// base is the size of weights, in the root mean square, after a step.
type base struct {
	size float64
	step int64
}

// checks look at the norms of one network.
var checks = [...]func(*player, *weights, *reading) (Event, bool){exploding, frozen, unreached, dead}

func (w *Watchdog) lookAtWeights(r *reading) error {
	for i := range w.gauge.players {
		p, seen := &w.gauge.players[i], &w.weights[i]
		for _, check := range checks {
			if e, found := check(p, seen, r); found {
				e.Network = p.name
				if err := w.report(e); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// exploding finds weights that grow faster than training makes them.
func exploding(p *player, seen *weights, r *reading) (e Event, found bool) {
	size := p.rootMeanSquare(r)
	for i, g := range growths {
		b := &seen.bases[i]
		if b.size > 0 && size > g.factor*b.size {
			e, found = newEvent(r.step, ExplodingWeights, "the weights of the %s are %.3g in the root mean square, %.3g %d steps before", p.name, size, b.size, r.step-b.step), true
		}
		if b.size == 0 || r.step-b.step >= g.steps {
			*b = base{size, r.step}
		}
	}
	return e, found
}

// rootMeanSquare returns the size of the network's weights.
func (p *player) rootMeanSquare(r *reading) float64 {
	return norm(r.of(p.values)) / math.Sqrt(float64(p.size))
}

// frozen finds a network that does not learn. Weights alone count: what starts at zero, as shifts do, changes
// under the smallest step. Clipped weights may stand still at their bounds: that is where clipping pushes them
// (Gulrajani et al. 2017, section 3).
func frozen(p *player, seen *weights, r *reading) (Event, bool) {
	now, same := r.of(p.values), seen.before != nil
	for i, param := range p.params {
		if param.Role == layers.Weight && same {
			same = now[i] == seen.before[i]
		}
	}
	seen.before = append(seen.before[:0], now...)
	seen.frozen++
	if !same || p.clip > 0 && p.rootMeanSquare(r) > atBounds*p.clip {
		seen.frozen = 0
	}
	if seen.frozen < frozenLooks {
		return Event{}, false
	}
	return newEvent(r.step, FrozenNetwork, "no weight of the %s has changed in %d looks; its learning rate is %v", p.name, seen.frozen, p.optimizer.LearningRate()), true
}

// unreached finds a generator that the critic tells nothing.
func unreached(p *player, seen *weights, r *reading) (Event, bool) {
	if p.name != "generator" {
		return Event{}, false
	}
	gradient := norm(r.of(p.grads))
	seen.largest = max(seen.largest, gradient)
	seen.without++
	if gradient > vanished*seen.largest {
		seen.without = 0
	}
	if seen.without < noGradientLooks {
		return Event{}, false
	}
	return newEvent(r.step, SaturatedCritic, "the gradient that reaches the generator has the norm %.3g in %d looks; the largest was %.3g", gradient, seen.without, seen.largest), true
}

// dead finds layers that pass nothing on. That a bias has no gradient may be right: a Wasserstein loss has
// none for the critic's last. Nor is a layer dead if nothing reaches the network at all.
func dead(p *player, seen *weights, r *reading) (Event, bool) {
	if seen.dead == nil {
		seen.dead = make([]int, len(p.params))
	}
	grads := r.of(p.grads)
	if norm(grads) == 0 {
		clear(seen.dead)
		return Event{}, false
	}
	var names []string
	for i, param := range p.params {
		seen.dead[i]++
		if grads[i] != 0 || param.Role != layers.Weight {
			seen.dead[i] = 0
		}
		if seen.dead[i] >= deadLooks {
			names = append(names, param.Name)
		}
	}
	if names == nil {
		return Event{}, false
	}
	e := newEvent(r.step, DeadLayer, "gradients of the %s's weights are zero in %d looks", p.name, deadLooks)
	e.Params = names
	return e, true
}
