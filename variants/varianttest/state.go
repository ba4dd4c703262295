package varianttest

import (
	"fmt"
	"math"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
)

// named is a tensor of a training's state.
type named struct {
	name   string
	tensor *device.Tensor
}

// state lists all tensors that a checkpoint of v holds.
func state(v variants.Variant) (list []named) {
	nets := v.Networks()
	generator, critic := v.Optimizers()
	for _, player := range []struct {
		net       *layers.Network
		optimizer optim.Optimizer
	}{{nets.Generator, generator}, {nets.Critic, critic}} {
		name := player.net.Name()
		for _, params := range [][]*layers.Param{player.net.Params(), player.net.Buffers()} {
			for _, p := range params {
				list = append(list, named{name + " " + p.Name, p.Value})
			}
		}
		for _, s := range player.optimizer.State() {
			list = append(list, named{name + " optimiser's " + s.Name, s.Tensor})
		}
	}
	return list
}

// snapshot is the values of a state.
type snapshot struct {
	names  []string
	values [][]float32
}

func snap(v variants.Variant) (s snapshot, err error) {
	for _, n := range state(v) {
		values, err := n.tensor.Float32s()
		if err != nil {
			return s, err
		}
		s.names, s.values = append(s.names, n.name), append(s.values, values)
	}
	return s, nil
}

// differs returns the name of the first tensor in which two snapshots differ, bit for bit, or "".
func (s snapshot) differs(other snapshot) string {
	for i, values := range s.values {
		for j, v := range values {
			if math.Float32bits(v) != math.Float32bits(other.values[i][j]) {
				return s.names[i]
			}
		}
	}
	return ""
}

// copyState gives to the state of from, as a checkpoint would.
func copyState(to, from *variants.Trainer) error {
	source := state(from.Variant())
	for i, n := range state(to.Variant()) {
		if err := kernels.Copy(n.tensor, source[i].tensor); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	toGenerator, toCritic := to.Variant().Optimizers()
	fromGenerator, fromCritic := from.Variant().Optimizers()
	if err := toGenerator.SetSteps(fromGenerator.Steps()); err != nil {
		return err
	}
	if err := toCritic.SetSteps(fromCritic.Steps()); err != nil {
		return err
	}
	return to.SetProgress(from.Progress())
}
