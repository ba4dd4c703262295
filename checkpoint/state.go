package checkpoint

import (
	"ganlib/device"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
)

// player is a network with its optimiser.
type player struct {
	net       *layers.Network
	optimizer optim.Optimizer
}

func playersOf(v variants.Variant) [2]player {
	nets := v.Networks()
	generator, critic := v.Optimizers()
	return [2]player{{nets.Generator, generator}, {nets.Critic, critic}}
}

// entry is one tensor of a player's state: the part of the values that belongs to a parameter.
type entry struct {
	name   string
	param  *layers.Param
	values *device.Tensor
}

// entries lists a network's parameters and buffers.
func entries(net *layers.Network) (list []entry) {
	for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
		for _, p := range params {
			list = append(list, entry{net.Name() + "." + p.Name, p, p.Value})
		}
	}
	return list
}

// entries lists the player's whole state.
func (p player) entries() []entry {
	list := entries(p.net)
	for _, s := range p.optimizer.State() {
		for _, q := range p.net.Params() {
			list = append(list, entry{
				"optimizer." + p.net.Name() + "." + s.Name + "." + q.Name, q,
				s.Tensor.Slice(p.net.Offset(q), q.Shape),
			})
		}
	}
	return list
}
