// Package sampler draws from trained generators: it opens a run or a checkpoint, rebuilds the
// networks from the configuration in it, and makes samples in evaluation mode.
//
//	s, err := sampler.Open("trains/train0")
//	img, err := s.Image(42, 0)
//
// Sample i of a seed is a function of the two alone, whatever else is drawn and in whatever batches.
// Several goroutines may use one Sampler.
package sampler

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/report"
	"ganlib/runs"
)

// batch is how many samples are made at a time.
const batch = 64

// stream is the random stream that samples' noise comes from.
var stream = device.Stream("sampler: noise")

// ErrNoImages is returned for a generator whose samples are not images.
var ErrNoImages = errors.New("sampler: the generator does not make images")

// ErrNoCritic is returned where scores are asked for and there is a generator alone.
var ErrNoCritic = errors.New("sampler: there is no critic to score samples")

// Sampler draws from one generator.
type Sampler struct {
	config    config.Config
	uniform   bool
	dev       device.Device
	ownDevice bool
	generator *layers.Network
	critic    *layers.Network // nil if there is none
	free      sync.Pool       // of *device.Workspace
}

// Open opens the newest checkpoint of a run folder, or a checkpoint file, on the CPU.
func Open(path string) (*Sampler, error) {
	dev, err := device.Open(device.Options{Name: "cpu"})
	if err != nil {
		return nil, fmt.Errorf("sampler: open %s: %w", path, err)
	}
	s, err := OpenOn(dev, path)
	if err != nil {
		dev.Close()
		return nil, err
	}
	s.ownDevice = true
	return s, nil
}

// OpenOn is [Open] on a device of the caller's, who closes it after the sampler.
func OpenOn(dev device.Device, path string) (*Sampler, error) {
	file, err := runs.CheckpointAt(path)
	if err != nil {
		return nil, fmt.Errorf("sampler: open %s: %w", path, err)
	}
	c, err := checkpoint.Open(file)
	if err != nil {
		return nil, fmt.Errorf("sampler: open: %w", err)
	}
	defer c.Close()
	cfg, err := config.FromMap(c.Config())
	if err != nil {
		return nil, fmt.Errorf("sampler: open %s: configuration: %w", file, err)
	}
	s, err := restore(dev, cfg, c)
	if err != nil {
		return nil, fmt.Errorf("sampler: open: %w", err)
	}
	return s, nil
}

func restore(dev device.Device, cfg config.Config, c *checkpoint.Checkpoint) (*Sampler, error) {
	planned, err := presets.Networks(device.NewMeta(), cfg)
	if err != nil {
		return nil, err
	}
	for _, net := range []*layers.Network{planned.Generator, planned.Critic} {
		if err := c.CheckNetwork(net); err != nil {
			return nil, err
		}
	}
	nets, err := presets.Networks(dev, cfg)
	if err != nil {
		return nil, err
	}
	for _, net := range []*layers.Network{nets.Generator, nets.Critic} {
		if err := c.RestoreNetwork(net); err != nil {
			return nil, err
		}
	}
	return Trained(cfg, nets.Generator, nets.Critic)
}

// Trained returns a sampler of networks that c describes, such as those of another program's file
// ([ganlib/interchange.Import.Networks]). It has them for itself; critic may be nil.
func Trained(c config.Config, generator, critic *layers.Network) (*Sampler, error) {
	generator, err := generator.Folded()
	if err != nil {
		return nil, fmt.Errorf("sampler: %w", err)
	}
	generator.Hold()
	if critic != nil {
		critic.Hold()
	}
	s := New(generator, critic)
	s.config, s.uniform = c, c.ZDist == "uniform"
	return s, nil
}

// New returns a sampler of a program's own generator with normal noise; critic may be nil. The
// networks must not be trained while samples are drawn. If they are not trained any more, drawing is faster
// from a folded generator ([layers.Network.Folded]) that is held ([layers.Network.Hold]).
func New(generator, critic *layers.Network) *Sampler {
	s := &Sampler{dev: generator.Device(), generator: generator, critic: critic}
	s.free.New = func() any { return device.NewWorkspace(s.dev) }
	return s
}

// Close stops the device of a sampler that Open returned.
func (s *Sampler) Close() error {
	if !s.ownDevice {
		return nil
	}
	return s.dev.Close()
}

// Config returns the configuration that the generator was trained with; the zero Config for New.
func (s *Sampler) Config() config.Config { return s.config }

// Shape returns the shape of one sample: (H,W,C) for images.
func (s *Sampler) Shape() device.Shape { return s.generator.Output() }

// Sample returns samples number first to first+n−1 of a seed, in the order (N,H,W,C). Generators that
// end in tanh give numbers in [−1,1].
func (s *Sampler) Sample(seed uint64, first, n int) ([]float32, error) {
	if err := checkCount(first, n); err != nil {
		return nil, err
	}
	return s.inBatches(n, s.Shape().Len(), func(ws *device.Workspace, at int, out []float32) error {
		z, err := s.noise(ws, seed, first+at, len(out)/s.Shape().Len())
		if err != nil {
			return err
		}
		return s.forward(ws, z, out)
	})
}

// inBatches makes n vectors of the given length, some at a time: those from number at on, which fill out, in
// an empty workspace.
func (s *Sampler) inBatches(n, length int, do func(ws *device.Workspace, at int, out []float32) error) ([]float32, error) {
	ws := s.free.Get().(*device.Workspace)
	defer s.free.Put(ws)
	out := make([]float32, n*length)
	for at := 0; at < n; at += batch {
		ws.Reset()
		if err := do(ws, at, out[at*length:min(at+batch, n)*length]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func checkCount(first, n int) error {
	if first < 0 || n < 1 {
		return fmt.Errorf("sampler: sample %d, %d of them: want at least 0, and at least 1 of them", first, n)
	}
	return nil
}

// noise draws the latent vectors of n samples.
func (s *Sampler) noise(ws *device.Workspace, seed uint64, first, n int) (*device.Tensor, error) {
	z := ws.New(s.generator.Input().Batch(n))
	for i := range n {
		row := ws.Rows(z, i, i+1)
		r := device.Random{Seed: seed, Stream: stream, Step: uint64(first + i)}
		draw := kernels.Normal(row, 0, 1, r)
		if s.uniform {
			draw = kernels.Uniform(row, -1, 1, r)
		}
		if draw != nil {
			return nil, fmt.Errorf("sampler: noise: %w", draw)
		}
	}
	return z, nil
}

// forward writes the samples of latent vectors to out.
func (s *Sampler) forward(ws *device.Workspace, z *device.Tensor, out []float32) error {
	var tr layers.Trace
	y, err := s.generator.Forward(&tr, ws, z, layers.Eval)
	if err == nil {
		err = y.CopyTo(out)
	}
	if err != nil {
		return fmt.Errorf("sampler: %w", err)
	}
	return nil
}

// Image returns sample i of a seed as a picture, −1 being black and 1 white; [ErrNoImages] if samples
// are no images.
func (s *Sampler) Image(seed uint64, i int) (image.Image, error) {
	shape := s.Shape()
	if shape.Rank() != 3 {
		return nil, ErrNoImages
	}
	x, err := s.Sample(seed, i, 1)
	if err != nil {
		return nil, err
	}
	return report.Grid(x, 1, shape[0], shape[1], shape[2], report.GridOptions{})
}

// Scores returns the critic's score of each of n samples in the order (N,H,W,C). A run that reproduces
// a tutorial's score-rescaled has its samples rescaled to 0.5x+0.5 first.
func (s *Sampler) Scores(samples []float32, n int) ([]float32, error) {
	if s.critic == nil {
		return nil, ErrNoCritic
	}
	length := s.critic.Input().Len()
	if n < 1 || len(samples) != n*length {
		return nil, fmt.Errorf("sampler: scores: %d numbers for %d samples of %v", len(samples), n, s.critic.Input())
	}
	return s.inBatches(n, 1, func(ws *device.Workspace, at int, out []float32) error {
		x := ws.New(s.critic.Input().Batch(len(out)))
		part := samples[at*length : (at+len(out))*length]
		if s.config.Compat.Has(config.SwitchScoreRescaled) {
			part = slices.Clone(part)
			for i, v := range part {
				part[i] = 0.5*v + 0.5
			}
		}
		if err := x.CopyFrom(part); err != nil {
			return fmt.Errorf("sampler: %w", err)
		}
		var tr layers.Trace
		y, err := s.critic.Forward(&tr, ws, x, layers.Eval)
		if err != nil {
			return fmt.Errorf("sampler: %w", err)
		}
		if err := y.CopyTo(out); err != nil {
			return fmt.Errorf("sampler: %w", err)
		}
		return nil
	})
}
