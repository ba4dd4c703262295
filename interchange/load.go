package interchange

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/presets"
	"ganlib/runs"
	"ganlib/variants"
	_ "ganlib/variants/all" // the algorithms that VARIANT may name
)

// Networks builds both networks on dev and gives them the file's values. A critic that the file does not have
// is initialised as the configuration says.
func (im *Import) Networks(dev device.Device) (variants.Networks, error) {
	nets, err := presets.Networks(dev, im.Config)
	if err != nil {
		return nets, fmt.Errorf("interchange: %w", err)
	}
	if err := im.Generator.load(nets.Generator); err != nil {
		return nets, err
	}
	return nets, im.Critic.load(nets.Critic)
}

// load reads a network's tensors into it.
func (s Source) load(net *layers.Network) error {
	if s.Dict == nil {
		return nil
	}
	for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
		for _, p := range params {
			t, ok := s.Dict.Tensors[s.Prefix+p.Name]
			if !ok { // a count; the others have been compared
				continue
			}
			values, err := t.Values()
			if err == nil {
				err = p.SetTorch(values)
			}
			if err != nil {
				return fmt.Errorf("interchange: tensor %q of the %s: %w", p.Name, net.Name(), err)
			}
		}
	}
	return nil
}

// loadOptimizer reads an optimiser's state, if there is one.
func (s Source) loadOptimizer(net *layers.Network, o optim.Optimizer) error {
	if s.Optimizer == nil || s.Optimizer.State == nil {
		return nil
	}
	for _, state := range o.State() {
		tensors := s.Optimizer.State[state.Name]
		if tensors == nil {
			continue
		}
		for i, p := range net.Params() {
			values, err := tensors[i].Values()
			if err == nil {
				err = p.SetTorchOrder(state.Tensor.Slice(net.Offset(p), p.Shape), values)
			}
			if err != nil {
				return fmt.Errorf("interchange: optimiser %s: %s of %q: %w", s.Optimizer.Path, state.Name, p.Name, err)
			}
		}
	}
	return o.SetSteps(s.Optimizer.Steps)
}

// unknown are the samples that a foreign network was trained on: a shape.
type unknown struct {
	shape device.Shape
	n     int
}

func (u unknown) Len() int            { return u.n }
func (u unknown) Shape() device.Shape { return u.shape }
func (u unknown) Fingerprint() string { return "imported" }

func (u unknown) Gather(dst *device.Tensor, _ device.Permutation, _ int, _ *device.Random) error {
	return kernels.Fill(dst, 0)
}

// trainer builds the training on dev, before its first step, with the file's values and optimisers.
func (im *Import) trainer(dev device.Device) (*variants.Trainer, error) {
	nets, err := im.Networks(dev)
	if err != nil {
		return nil, err
	}
	v, err := presets.Variant(nets, im.Config)
	if err != nil {
		return nil, fmt.Errorf("interchange: %w", err)
	}
	generator, critic := v.Optimizers()
	if err := im.Generator.loadOptimizer(nets.Generator, generator); err != nil {
		return nil, err
	}
	if err := im.Critic.loadOptimizer(nets.Critic, critic); err != nil {
		return nil, err
	}
	t, err := variants.NewTrainer(v, unknown{nets.Generator.Output(), im.Config.BatchSize}, presets.Trainer(im.Config, 0))
	if err != nil {
		return nil, fmt.Errorf("interchange: %w", err)
	}
	return t, nil
}

// WriteRun makes the folder of a run at path, which must not exist, with the configuration and a checkpoint
// of generator step 0. It appears in one step, when it is complete; after an error there is none.
func (im *Import) WriteRun(path string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("interchange: write run %s: %w", path, err)
		}
	}()
	if err := absent(path); err != nil {
		return err
	}
	dev, err := device.Open(device.Options{Name: "cpu"})
	if err != nil {
		return err
	}
	defer dev.Close()
	t, err := im.trainer(dev)
	if err != nil {
		return err
	}
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	made, err := os.MkdirTemp(parent, ".import-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(made)) }()
	folder, err := im.fill(made, t)
	if err != nil {
		return err
	}
	if err := absent(path); err != nil {
		return err
	}
	return os.Rename(folder, path)
}

// absent refuses a path that exists.
func absent(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return err
	}
	return nil
}

// fill makes the run in root and returns its folder.
func (im *Import) fill(root string, t *variants.Trainer) (folder string, err error) {
	run, err := runs.Create(root, "run", map[string][]byte{runs.ConfigFile: config.Marshal(im.Config)})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	fixed, err := checkpoint.FixedNoise(t, im.Config.BatchSize)
	if err != nil {
		return "", err
	}
	values := config.Map(im.Config)
	delete(values, "DATA_ROOT") // as in a training's checkpoints
	return run.Path(), runs.WriteFile(run.CheckpointPath(0), func(w io.Writer) error {
		return checkpoint.Write(w, t, values, fixed)
	})
}
