package interchange

import (
	"fmt"
	"io"
	"os"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/formats/torchfile"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/runs"
	"ganlib/variants"
)

// Model is a trained pair of networks, from a checkpoint. One goroutine uses it.
type Model struct {
	Path     string // of the checkpoint
	Config   config.Config
	Progress variants.Progress
	Networks variants.Networks // on the CPU

	dev  device.Device
	os   *os.File
	file *safetensors.File // for the optimisers' state
}

// Open reads the newest checkpoint of a run's folder, or a checkpoint file.
func Open(path string) (*Model, error) {
	m := &Model{}
	if err := m.open(path); err != nil {
		m.Close()
		return nil, fmt.Errorf("interchange: open %s: %w", path, err)
	}
	return m, nil
}

func (m *Model) open(path string) (err error) {
	if m.Path, err = runs.CheckpointAt(path); err != nil {
		return err
	}
	c, err := checkpoint.Open(m.Path)
	if err != nil {
		return err
	}
	defer c.Close()
	if m.Config, err = config.FromMap(c.Config()); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	m.Progress = c.Progress()
	planned, err := presets.Networks(device.NewMeta(), m.Config)
	if err != nil {
		return err
	}
	for _, net := range []*layers.Network{planned.Generator, planned.Critic} {
		if err := c.CheckNetwork(net); err != nil {
			return err
		}
	}
	if m.dev, err = device.Open(device.Options{Name: "cpu"}); err != nil {
		return err
	}
	if m.Networks, err = presets.Networks(m.dev, m.Config); err != nil {
		return err
	}
	for _, net := range []*layers.Network{m.Networks.Generator, m.Networks.Critic} {
		if err := c.RestoreNetwork(net); err != nil {
			return err
		}
	}
	if m.os, err = os.Open(m.Path); err != nil {
		return err
	}
	info, err := m.os.Stat()
	if err != nil {
		return err
	}
	m.file, err = safetensors.Read(m.os, info.Size())
	return err
}

// Close closes the checkpoint and the device.
func (m *Model) Close() (err error) {
	if m.os != nil {
		err = m.os.Close()
	}
	if m.dev != nil {
		m.dev.Close()
	}
	m.os, m.dev = nil, nil
	return err
}

// Which says which of the two networks is meant.
type Which string

// The choices. Both is for formats that hold several networks.
const (
	Generator Which = "generator"
	Critic    Which = "critic"
	Both      Which = "both"
)

// Network returns one of the networks.
func (m *Model) Network(which Which) (*layers.Network, error) {
	switch which {
	case Generator:
		return m.Networks.Generator, nil
	case Critic:
		return m.Networks.Critic, nil
	}
	return nil, fmt.Errorf("interchange: network %q: want %s or %s", which, Generator, Critic)
}

// stateDict returns a network's parameters and buffers as PyTorch's state_dict() does, layer by layer. Their
// values are read when they are written.
func stateDict(net *layers.Network, read func(*layers.Param) ([]float32, error)) *torchfile.Dict {
	d := torchfile.NewOrderedDict()
	for _, l := range net.Layers() {
		parametric, ok := l.(layers.Parametric)
		if !ok {
			continue
		}
		for _, p := range parametric.Params() {
			if p.Role == layers.Count {
				d.Set(p.Name, torchfile.NewLazyInt64(p.TorchShape(), func() ([]int64, error) {
					values, err := read(p)
					return count(values, err)
				}))
				continue
			}
			d.Set(p.Name, torchfile.NewLazy(p.TorchShape(), func() ([]float32, error) { return read(p) }))
		}
	}
	return d
}

// Torch returns what torch.save is given: {'state_dict', 'optimizer'} of one network, as in the CatFaces
// tutorial, or of both the generator's so and the critic's as 'critic_state_dict' and 'critic_optimizer'.
// Notes say what is left out.
func (m *Model) Torch(which Which) (root *torchfile.Dict, notes []string, err error) {
	root = torchfile.NewDict()
	add := func(net *layers.Network, prefix string) error {
		s := new(state) // for its buffer
		root.Set(prefix+"state_dict", stateDict(net, func(p *layers.Param) ([]float32, error) { return s.read(p, p.Value) }))
		saved, err := m.memory(net)
		if err != nil {
			return err
		}
		o, note := optimizerDict(m.Config, net, saved)
		if o == nil {
			notes = append(notes, note)
			return nil
		}
		root.Set(prefix+"optimizer", o)
		return nil
	}
	if which == Both {
		if err = add(m.Networks.Generator, ""); err == nil {
			err = add(m.Networks.Critic, "critic_")
		}
		return root, notes, err
	}
	net, err := m.Network(which)
	if err != nil {
		return nil, nil, err
	}
	return root, notes, add(net, "")
}

// WriteTorch writes what [Model.Torch] returns as a file of torch.save.
func (m *Model) WriteTorch(w io.Writer, which Which) (notes []string, err error) {
	root, notes, err := m.Torch(which)
	if err != nil {
		return nil, err
	}
	return notes, torchfile.Write(w, root)
}

// WriteSafetensors writes a network's state dict as a safetensors file, or those of both with "generator."
// and "critic." before the names.
func (m *Model) WriteSafetensors(w io.Writer, which Which) error {
	if which != Both {
		net, err := m.Network(which)
		if err != nil {
			return err
		}
		return checkpoint.WriteNetwork(w, net)
	}
	var tensors []safetensors.Tensor
	for _, net := range []*layers.Network{m.Networks.Generator, m.Networks.Critic} {
		for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
			for _, p := range params {
				t := safetensors.Tensor{Name: net.Name() + "." + p.Name, DType: safetensors.F32, Shape: p.TorchShape(), Data: safetensors.Floats(p.Torch)}
				if p.Role == layers.Count {
					count, err := countOf(p)
					if err != nil {
						return err
					}
					t.DType, t.Data = safetensors.I64, count
				}
				tensors = append(tensors, t)
			}
		}
	}
	return safetensors.Write(w, tensors, map[string]string{"format": "pt"})
}

// countOf returns the number of a count, as PyTorch has it.
func countOf(p *layers.Param) ([]int64, error) {
	return count(p.Torch())
}

func count(values []float32, err error) ([]int64, error) {
	if err != nil {
		return nil, fmt.Errorf("interchange: %w", err)
	}
	return []int64{int64(values[0])}, nil
}
