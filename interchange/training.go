package interchange

import (
	"io"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/torchfile"
	"ganlib/layers"
	"ganlib/variants"
)

// WriteTraining writes the generator of a training with configuration c, and its optimiser if PyTorch has such a
// one, as they are between two steps: what [Model.WriteTorch] writes of a checkpoint of that moment. It takes twice
// the memory of the largest parameter.
func WriteTraining(w io.Writer, c config.Config, t *variants.Trainer) error {
	net := t.Variant().Networks().Generator
	optimizer, _ := t.Variant().Optimizers()
	return writeState(w, c, net, checkpoint.State(net, optimizer), optimizer.Steps())
}

// WriteSnapshot writes what WriteTraining would have written when s was taken, which is fetched. net is the
// generator, whose values may be others by now.
func WriteSnapshot(w io.Writer, c config.Config, net *layers.Network, s *checkpoint.Snapshot) error {
	return writeState(w, c, net, s.Entries(), s.Steps(net.Name()))
}

func writeState(w io.Writer, c config.Config, net *layers.Network, list []checkpoint.Entry, steps int) error {
	s := &state{tensors: map[string]*device.Tensor{}, steps: steps}
	for _, e := range list {
		s.tensors[e.Name] = e.Values
	}
	root := torchfile.NewDict().Set("state_dict", stateDict(net, func(p *layers.Param) ([]float32, error) {
		return s.read(p, s.tensors[net.Name()+"."+p.Name])
	}))
	if o, _ := optimizerDict(c, net, s.memory(net)); o != nil {
		root.Set("optimizer", o)
	}
	return torchfile.Write(w, root)
}

// state is what a training has of a network and its optimiser.
type state struct {
	tensors map[string]*device.Tensor // by the names of checkpoints
	steps   int                       // of the optimiser
	buffer  []float32
}

// read returns values that belong to p in PyTorch's order, until the next call.
func (s *state) read(p *layers.Param, t *device.Tensor) (_ []float32, err error) {
	s.buffer, err = p.AppendTorchOrder(s.buffer[:0], t)
	return s.buffer, err
}
