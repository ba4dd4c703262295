package watchdog

import (
	"fmt"
	"math"

	"ganlib/layers"
	"ganlib/variants"
)

// The passes of a generator step, in their order.
const (
	passGenerator         = "generator's forward pass"
	passCritic            = "forward pass of a critic step"
	passPenalty           = "gradient penalty"
	passCriticBackward    = "critic's backward pass"
	passCriticUpdate      = "critic's update"
	passGeneratorStep     = "forward pass of the generator step"
	passGeneratorBackward = "generator's backward pass"
	passGeneratorUpdate   = "generator's update"
)

// fault looks for a number of step s that is not finite. What is not, and what still is, tells the pass in
// which it began: a pass spoils all that comes after it. r is nil if the norms after the step were not taken;
// then the fault may have begun in the step before.
func (g *gauge) fault(s variants.Stats, r *reading) (e Event, found bool) {
	var critic, generator spoilt
	if r != nil {
		critic, generator = g.players[0].spoilt(r), g.players[1].spoilt(r)
	}
	at := func(pass, network string, params []string, what string, args ...any) (Event, bool) {
		e := newEvent(s.Step, NotFinite, what, args...)
		e.Pass, e.Network, e.Params = pass, network, params
		if since := s.Step - g.good; since > 1 && (g.good >= 0 || s.Step > 0) {
			e.Detail += fmt.Sprintf(", %d steps after weights were looked at last", since)
		}
		return e, true
	}
	const losses = "critic's loss %v, penalty %v, generator's loss %v"
	switch {
	case generator.running != nil && !finite(s.CriticLoss):
		// Running averages are those of the layers from the first that went wrong on.
		return at(passGenerator, "generator", generator.running[:1], losses, s.CriticLoss, s.Penalty, s.GeneratorLoss)
	case !finite(s.CriticLoss):
		return at(passCritic, "", nil, losses, s.CriticLoss, s.Penalty, s.GeneratorLoss)
	case !finite(s.Penalty):
		return at(passPenalty, "critic", nil, losses, s.CriticLoss, s.Penalty, s.GeneratorLoss)
	case critic.grads != nil:
		// A backward pass goes down from the output.
		return at(passCriticBackward, "critic", critic.grads, "gradients are %s from %s down", critic.grad, critic.grads[len(critic.grads)-1])
	case critic.values != nil:
		return at(passCriticUpdate, "critic", critic.values, "weights are %s, their gradients are finite", critic.value)
	case !finite(s.GeneratorLoss):
		return at(passGeneratorStep, "", nil, losses, s.CriticLoss, s.Penalty, s.GeneratorLoss)
	case generator.grads != nil:
		return at(passGeneratorBackward, "generator", generator.grads, "gradients are %s from %s down", generator.grad, generator.grads[len(generator.grads)-1])
	case generator.values != nil:
		return at(passGeneratorUpdate, "generator", generator.values, "weights are %s, their gradients are finite", generator.value)
	case critic.running != nil:
		return at(passCritic, "critic", critic.running, "running averages are not finite")
	case generator.running != nil:
		return at(passGenerator, "generator", generator.running, "running averages are not finite")
	}
	if r != nil {
		g.good = r.step
	}
	return Event{}, false
}

// spoilt are the parameters of a network with numbers that are not finite, in the order of the layers.
type spoilt struct {
	values, grads, running []string
	value, grad            string // NaN or infinite
}

func (p *player) spoilt(r *reading) (s spoilt) {
	s.values, s.value = spoiltOf(p.params, r.of(p.values))
	s.grads, s.grad = spoiltOf(p.params, r.of(p.grads))
	s.running, _ = spoiltOf(p.buffers, r.of(p.running))
	return s
}

func spoiltOf(params []*layers.Param, norms []float32) (names []string, how string) {
	for i, n := range norms {
		if finite(n) {
			continue
		}
		names = append(names, params[i].Name)
		if how == "" || math.IsNaN(float64(n)) {
			how = "infinite"
			if math.IsNaN(float64(n)) {
				how = "NaN"
			}
		}
	}
	return names, how
}
