package interchange

import (
	"fmt"
	"strconv"

	"ganlib/config"
	"ganlib/formats/torchfile"
	"ganlib/layers"
)

// memory is what an optimiser remembers, wherever it lies.
type memory struct {
	steps int
	// values returns a function that reads what is remembered of a parameter under one of ganlib's names, in
	// PyTorch's order; nil if nothing is.
	values func(name string, p *layers.Param) func() ([]float32, error)
}

// memory returns that of a network's optimiser in the checkpoint.
func (m *Model) memory(net *layers.Network) (memory, error) {
	prefix := "optimizer." + net.Name() + "."
	steps, err := strconv.Atoi(m.file.Metadata()[prefix+"steps"])
	if err != nil || steps < 0 {
		return memory{}, fmt.Errorf("interchange: %s: optimiser of the %s: no number of steps", m.Path, net.Name())
	}
	return memory{steps, func(name string, p *layers.Param) func() ([]float32, error) {
		full := prefix + name + "." + p.Name
		if _, ok := m.file.Info(full); !ok {
			return nil
		}
		return func() ([]float32, error) {
			values, _, err := m.file.Float32s(full)
			return values, err
		}
	}}, nil
}

// memory returns that of a network's optimiser in a training's state.
func (s *state) memory(net *layers.Network) memory {
	return memory{s.steps, func(name string, p *layers.Param) func() ([]float32, error) {
		t, ok := s.tensors["optimizer."+net.Name()+"."+name+"."+p.Name]
		if !ok {
			return nil
		}
		return func() ([]float32, error) { return s.read(p, t) }
	}}
}

// optimizerDict returns an optimiser as PyTorch's state_dict() does: the state of each parameter by its index, and
// one group with the settings; or nil and a note if PyTorch has no such rule. The learning rate is the
// configuration's, before any decay.
func optimizerDict(c config.Config, net *layers.Network, saved memory) (d *torchfile.Dict, note string) {
	if c.Optimizer != config.SGD && c.OptConvention != config.ConventionPyTorch {
		return nil, fmt.Sprintf("the optimiser is left out: %s of %s differs from PyTorch's", c.Optimizer, c.OptConvention)
	}
	state, ids := torchfile.NewDict(), torchfile.NewList()
	for i, p := range net.Params() {
		ids.Items = append(ids.Items, i)
		remembered := torchfile.NewDict()
		if c.Optimizer != config.SGD {
			remembered.Set("step", torchfile.NewFloat32(nil, []float32{float32(saved.steps)}))
		}
		for _, name := range stateNames[c.Optimizer] {
			if values := saved.values(name[0], p); values != nil { // nothing is remembered by SGD without momentum
				remembered.Set(name[1], torchfile.NewLazy(p.TorchShape(), values))
			}
		}
		if saved.steps > 0 && remembered.Len() > 0 {
			state.Set(i, remembered)
		}
	}
	group := groupOf(c).Set("params", ids)
	return torchfile.NewDict().Set("state", state).Set("param_groups", torchfile.NewList(group)), ""
}

// groupOf returns the settings of c's optimiser with the names of PyTorch 2.
func groupOf(c config.Config) *torchfile.Dict {
	g := torchfile.NewDict().Set("lr", c.LearningRate)
	switch c.Optimizer {
	case config.Adam:
		g.Set("betas", torchfile.Tuple{c.Beta1, c.Beta2}).Set("eps", c.OptEps).Set("weight_decay", 0).
			Set("amsgrad", false).Set("maximize", false).Set("foreach", nil).Set("capturable", false).
			Set("differentiable", false).Set("fused", nil).Set("decoupled_weight_decay", false)
	case config.RMSProp:
		g.Set("momentum", 0).Set("alpha", c.Rho).Set("eps", c.OptEps).Set("centered", false).Set("weight_decay", 0).
			Set("capturable", false).Set("foreach", nil).Set("maximize", false).Set("differentiable", false)
	case config.SGD:
		g.Set("momentum", c.Momentum).Set("dampening", 0).Set("weight_decay", 0).Set("nesterov", false).
			Set("maximize", false).Set("foreach", nil).Set("differentiable", false).Set("fused", nil)
	}
	return g
}
