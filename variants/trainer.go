package variants

import (
	"context"
	"errors"
	"fmt"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// Config is how long and on what a Trainer trains.
type Config struct {
	Seed        uint64
	Batch       int   // samples in a step, at least 1
	Epochs      int   // at least 1
	Steps       int64 // end after so many generator steps in all, if that is earlier; 0: no such limit
	DropLast    bool  // drop a pass's last batch if it is not full
	Shuffle     bool  // a new order for each pass over the data
	Flip        bool  // mirror half of the images
	ReuseBatch  bool  // all critic steps before a generator step see the same real samples
	ReuseNoise  bool  // the generator step takes the last critic step's noise
	Uniform     bool  // noise is uniform in [−1,1) instead of normal
	LinearDecay bool  // learning rates fall linearly from their start to 0 at the end of training
	StatsEvery  int   // read statistics at steps that are multiples of it within an epoch, and at most 1024 steps late; 0: 100
	EveryCritic bool  // statistics tell of every critic step, not only of the last
}

// Streams of random numbers, beside those of package datasets and of initialisers.
var (
	streamCriticNoise    = device.Stream("variants: critic noise")
	streamGeneratorNoise = device.Stream("variants: generator noise")
	streamAlpha          = device.Stream("variants: alpha")
	streamFlip           = device.Stream("variants: flip")
	streamFixedNoise     = device.Stream("variants: fixed noise")
)

// Trainer is the loop around a variant. An epoch is ⌈samples/batch⌉ generator steps (⌊ ⌋ with DropLast),
// however many passes over the data the critic's steps take. One goroutine uses it.
//
// Everything it draws is a function of the seed and of its two step counters, so that a trainer given
// the state of another ([Trainer.SetProgress], and the networks', optimisers' tensors) continues it
// bit for bit.
type Trainer struct {
	config   Config
	variant  Variant
	data     Samples
	hooks    []Hook
	order    *datasets.Order
	batches  []datasets.Batch // the real samples of the step's critic steps
	batch    datasets.Batch   // of the critic step at hand
	drawn    int64            // the critic step that drew them
	progress Progress
	restarts []int64 // generator steps
	perEpoch int

	rates [2]float64 // learning rates of generator and critic at the start

	losses  []*device.Tensor // of the step at hand: critic's loss and penalty, once or for every critic step, generator's loss
	row     *device.Tensor   // all of them
	history []*device.Tensor // rows of steps not read yet
	rows    *device.Tensor   // all of these
	pending int
	read    []float32
	stats   []Stats
	step    Step
	source  source
	work    func() error // steps, bound once
}

// Progress is how far a training is.
type Progress struct {
	GeneratorSteps int64
	CriticSteps    int64
	Data           datasets.Cursor // the next batch of real samples
}

// NewTrainer returns a trainer at the start of training. The networks must be initialised, and the
// optimisers have the learning rates that LinearDecay starts from.
func NewTrainer(v Variant, data Samples, c Config, hooks ...Hook) (*Trainer, error) {
	nets := v.Networks()
	if want := nets.Generator.Output(); data.Shape() != want {
		return nil, &device.ShapeError{Op: "variants: trainer", Arg: "data", Got: data.Shape(), Want: fmt.Sprintf("want samples %v, as the generator makes", want)}
	}
	if c.Epochs < 1 || c.Steps < 0 || c.StatsEvery < 0 {
		return nil, fmt.Errorf("variants: trainer: epochs %d, steps %d, stats every %d: want at least 1, 0 and 0", c.Epochs, c.Steps, c.StatsEvery)
	}
	if c.StatsEvery == 0 {
		c.StatsEvery = 100
	}
	order, err := datasets.NewOrder(datasets.OrderConfig{Seed: c.Seed, N: data.Len(), Batch: c.Batch, DropLast: c.DropLast, Shuffle: c.Shuffle})
	if err != nil {
		return nil, fmt.Errorf("variants: trainer: %w", err)
	}
	t := &Trainer{config: c, variant: v, data: data, hooks: hooks, order: order, perEpoch: order.Config().Batches()}
	t.source.t, t.work = t, t.steps
	generator, critic := v.Optimizers()
	t.rates = [2]float64{generator.LearningRate(), critic.LearningRate()}
	return t, t.makeHistory(nets.Generator.Device())
}

// maxHistory is the most steps whose statistics wait on the device.
const maxHistory = 1024

func (t *Trainer) makeHistory(dev device.Device) (err error) {
	n, width := min(t.config.StatsEvery, t.perEpoch, maxHistory), 3
	if t.config.EveryCritic {
		width = 2*t.variant.CriticSteps() + 1
	}
	if t.rows, err = dev.New(device.Shape{n, width}); err == nil {
		t.row, err = dev.New(device.Shape{width})
	}
	if err != nil {
		return fmt.Errorf("variants: trainer: %w", err)
	}
	for i := range width {
		t.losses = append(t.losses, t.row.Slice(i, device.Shape{1}))
	}
	t.read, t.stats, t.history = make([]float32, width*n), make([]Stats, 0, n), make([]*device.Tensor, n)
	for i := range t.history {
		t.history[i] = t.rows.Slice(width*i, device.Shape{width})
	}
	return nil
}

// Config returns the trainer's configuration, Variant its algorithm, Data its samples.
func (t *Trainer) Config() Config   { return t.config }
func (t *Trainer) Variant() Variant { return t.variant }
func (t *Trainer) Data() Samples    { return t.data }

// Progress returns how far the training is. SetProgress continues from there: the caller restores
// networks and optimisers.
func (t *Trainer) Progress() Progress {
	p := t.progress
	p.Data = t.order.Cursor()
	return p
}

// SetProgress is described with Progress. A place in the data where no batch begins is an error.
func (t *Trainer) SetProgress(p Progress) error {
	if p.GeneratorSteps < 0 || p.CriticSteps != p.GeneratorSteps*int64(t.variant.CriticSteps()) {
		return fmt.Errorf("variants: trainer: progress of %d generator and %d critic steps: want %d critic steps for each generator step", p.GeneratorSteps, p.CriticSteps, t.variant.CriticSteps())
	}
	if err := t.order.Seek(p.Data); err != nil {
		return fmt.Errorf("variants: trainer: progress: %w", err)
	}
	t.progress, t.pending = p, 0
	return nil
}

// StepsPerEpoch returns the number of generator steps in an epoch.
func (t *Trainer) StepsPerEpoch() int { return t.perEpoch }

// TotalSteps returns the number of generator steps at which the training ends.
func (t *Trainer) TotalSteps() int64 {
	total := int64(t.config.Epochs) * int64(t.perEpoch)
	if t.config.Steps > 0 {
		total = min(total, t.config.Steps)
	}
	return total
}

// Done reports whether the training has reached its end.
func (t *Trainer) Done() bool { return t.progress.GeneratorSteps >= t.TotalSteps() }

// LastBatch returns the epoch of the generator step made last, and its place in that epoch, both
// from 0. Before the first step it returns -1 for the place.
func (t *Trainer) LastBatch() (epoch, batch int) {
	if t.progress.GeneratorSteps == 0 {
		return 0, -1
	}
	last := t.progress.GeneratorSteps - 1
	return int(last / int64(t.perEpoch)), int(last % int64(t.perEpoch))
}

// Run trains until the end, an error, or the end of ctx, which is looked at between steps and whose
// error it returns. Whatever happens, the hooks' End functions run.
func (t *Trainer) Run(ctx context.Context) error {
	err := t.run(ctx)
	if flushErr := t.Flush(); flushErr != nil {
		err = errors.Join(err, flushErr)
	}
	for _, h := range t.hooks {
		if h.End == nil {
			continue
		}
		if endErr := h.End(t); endErr != nil {
			err = errors.Join(err, hookError(h, endErr))
		}
	}
	return err
}

func (t *Trainer) run(ctx context.Context) error {
	for !t.Done() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.Step(); err != nil {
			return err
		}
		if err := t.runHooks(); err != nil {
			return err
		}
	}
	return nil
}

// runHooks lets the hooks see the step just made.
func (t *Trainer) runHooks() error {
	_, batch := t.LastBatch()
	lastOfEpoch := batch == t.perEpoch-1
	if batch%t.config.StatsEvery == 0 || lastOfEpoch {
		if err := t.Flush(); err != nil {
			return err
		}
	}
	for _, h := range t.hooks {
		if h.Step != nil {
			if err := h.Step(t); err != nil {
				return hookError(h, err)
			}
		}
	}
	for _, h := range t.hooks {
		if h.Epoch != nil && lastOfEpoch {
			if err := h.Epoch(t); err != nil {
				return hookError(h, err)
			}
		}
	}
	return nil
}

func hookError(h Hook, err error) error { return fmt.Errorf("variants: hook %s: %w", h.Name, err) }

// Step makes the critic's steps and one generator step, without hooks: Run does this until the end.
// Its statistics wait until Flush. After an error the networks may have taken a part of the step, so
// that Progress is no place to continue from.
func (t *Trainer) Step() error {
	if t.pending == len(t.history) {
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if err := t.decay(); err != nil {
		return err
	}
	dev := t.row.Device()
	if err := device.Repeat(dev, t.draw(), t.work); err != nil {
		return err
	}
	if err := kernels.Copy(t.history[t.pending], t.row); err != nil {
		return fmt.Errorf("variants: statistics: %w", err)
	}
	t.pending++
	return nil
}

// draw takes the batches of the step to come from the order of the data, and names the work that it will
// be: steps with batches of the same sizes are the same.
func (t *Trainer) draw() device.Work {
	t.batches = t.batches[:0]
	work := device.Work{Owner: t}
	for i := range t.variant.CriticSteps() {
		if i == 0 || !t.config.ReuseBatch {
			t.batches = append(t.batches, t.order.Next())
		}
		work.Kind = (work.Kind ^ uint64(t.batches[len(t.batches)-1].N)) * 0x100000001b3 // a hash, as FNV's
	}
	return work
}

// steps makes the critic's steps and one generator step on the batches drawn.
func (t *Trainer) steps() error {
	t.step = Step{Source: &t.source, Loss: t.losses[0], Penalty: t.losses[1]}
	for i := range t.variant.CriticSteps() {
		if t.config.EveryCritic {
			t.step.Loss, t.step.Penalty = t.losses[2*i], t.losses[2*i+1]
		}
		if i < len(t.batches) {
			t.batch, t.drawn = t.batches[i], t.progress.CriticSteps
		}
		t.step.N = t.batch.N
		if err := t.variant.CriticStep(&t.step); err != nil {
			return fmt.Errorf("variants: %s: critic step %d: %w", t.variant.Name(), t.progress.CriticSteps, err)
		}
		t.progress.CriticSteps++
	}
	t.source.generator = true
	t.step.Loss, t.step.Penalty = t.losses[len(t.losses)-1], nil
	err := t.variant.GeneratorStep(&t.step)
	t.source.generator = false
	if err != nil {
		return fmt.Errorf("variants: %s: generator step %d: %w", t.variant.Name(), t.progress.GeneratorSteps, err)
	}
	t.progress.GeneratorSteps++
	return nil
}

// decay sets the learning rates of the step to come.
func (t *Trainer) decay() error {
	if !t.config.LinearDecay {
		return nil
	}
	left := max(1-float64(t.progress.GeneratorSteps)/float64(t.TotalSteps()), 0)
	generator, critic := t.variant.Optimizers()
	if err := generator.SetLearningRate(t.rates[0] * left); err != nil {
		return err
	}
	return critic.SetLearningRate(t.rates[1] * left)
}

// Flush reads the statistics of the steps since the last Flush, which waits for the device, and
// hands them to the hooks.
func (t *Trainer) Flush() error {
	if t.pending == 0 {
		return nil
	}
	if err := t.rows.CopyTo(t.read); err != nil {
		return fmt.Errorf("variants: statistics: %w", err)
	}
	t.stats = t.stats[:0]
	width := len(t.losses)
	for i := range t.pending {
		step := t.progress.GeneratorSteps - int64(t.pending-i)
		row := t.read[width*i : width*(i+1)]
		s := Stats{
			Step: step, Epoch: int(step / int64(t.perEpoch)), Batch: int(step % int64(t.perEpoch)),
			CriticLoss: row[width-3], Penalty: row[width-2], GeneratorLoss: row[width-1],
		}
		if t.config.EveryCritic {
			s.Critic = row[:width-1]
		}
		t.stats = append(t.stats, s)
	}
	t.pending = 0
	for _, h := range t.hooks {
		if h.Stats != nil {
			if err := h.Stats(t, t.stats); err != nil {
				return hookError(h, err)
			}
		}
	}
	return nil
}

// FixedNoise fills dst, of shape (N, the generator's input), with the noise of the run's fixed
// samples, the same at any time.
func (t *Trainer) FixedNoise(dst *device.Tensor) error {
	return t.noise(dst, device.Random{Seed: t.config.Seed, Stream: streamFixedNoise})
}

// LastNoise fills dst with noise whose first rows are those that the last critic step used.
func (t *Trainer) LastNoise(dst *device.Tensor) error {
	return t.criticNoise(dst, max(t.progress.CriticSteps-1, 0))
}

func (t *Trainer) criticNoise(dst *device.Tensor, step int64) error {
	return t.noise(dst, device.Random{Seed: t.criticSeed(step), Stream: streamCriticNoise, Step: uint64(step)})
}

func (t *Trainer) noise(dst *device.Tensor, r device.Random) error {
	if t.config.Uniform {
		return kernels.Uniform(dst, -1, 1, r)
	}
	return kernels.Normal(dst, 0, 1, r)
}

// source draws a step's samples and random numbers from the data and the seed.
type source struct {
	t         *Trainer
	generator bool // the step at hand is a generator step
	flip      device.Random
}

func (s *source) Real(dst *device.Tensor) error {
	t := s.t
	order := t.batch.Order
	order.Identity = !t.batch.Shuffled
	if !t.config.Flip {
		return t.data.Gather(dst, order, t.batch.Start, nil)
	}
	s.flip = device.Random{Seed: t.criticSeed(t.drawn), Stream: streamFlip, Step: uint64(t.drawn)}
	return t.data.Gather(dst, order, t.batch.Start, &s.flip)
}

func (s *source) Noise(dst *device.Tensor) error {
	t := s.t
	if s.generator && t.config.ReuseNoise {
		return t.LastNoise(dst)
	}
	if s.generator {
		step := t.progress.GeneratorSteps
		return t.noise(dst, device.Random{Seed: t.seed(step), Stream: streamGeneratorNoise, Step: uint64(step)})
	}
	return t.criticNoise(dst, t.progress.CriticSteps)
}

func (s *source) Alpha(dst *device.Tensor) error {
	step := s.t.progress.CriticSteps
	return kernels.Uniform(dst, 0, 1, device.Random{Seed: s.t.criticSeed(step), Stream: streamAlpha, Step: uint64(step)})
}

// Generate runs a generator in evaluation mode on the noise z, which changes nothing in it. The
// samples lie in ws.
func Generate(generator *layers.Network, ws *device.Workspace, z *device.Tensor) (*device.Tensor, error) {
	var tr layers.Trace
	return generator.Forward(&tr, ws, z, layers.Eval)
}
