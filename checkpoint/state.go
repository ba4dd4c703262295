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

// Entry is one tensor of a training's state: the values that belong to a parameter, under the name that
// checkpoints have.
type Entry struct {
	Name   string
	Param  *layers.Param
	Values *device.Tensor
}

// State lists the state of a network and its optimiser: the parameters, the buffers, and for each memory of
// the optimiser what it has of each parameter. Without an optimiser it is the network's alone.
func State(net *layers.Network, o optim.Optimizer) (list []Entry) {
	for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
		for _, p := range params {
			list = append(list, Entry{net.Name() + "." + p.Name, p, p.Value})
		}
	}
	if o == nil {
		return list
	}
	for _, s := range o.State() {
		for _, p := range net.Params() {
			list = append(list, Entry{
				"optimizer." + net.Name() + "." + s.Name + "." + p.Name, p,
				s.Tensor.Slice(net.Offset(p), p.Shape),
			})
		}
	}
	return list
}

// stateOf lists the state of all that v trains.
func stateOf(v variants.Variant) (list []Entry) {
	for _, p := range playersOf(v) {
		list = append(list, State(p.net, p.optimizer)...)
	}
	return list
}
