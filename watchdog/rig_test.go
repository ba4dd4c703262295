package watchdog_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
	"ganlib/variants/wgangp"
	"ganlib/watchdog"
)

// rig is a small training that a test breaks: vectors of six numbers, a perceptron with batch norm against one
// with leaky ReLU, one critic step for each generator step.
type rig struct {
	generator, critic []layers.Layer // after the layers below, if not nil
	rate              float64        // of both optimisers
	wrap              func(player string, c optim.Config) optim.Config
	open              func(variants.Networks, optim.Config, optim.Config) (variants.Variant, error)
	data              []float32
	options           watchdog.Options
	config            variants.Config
	device            device.Device
	start             func(variants.Networks)            // changes the networks before the first step
	hook              func(*variants.Trainer, int64)     // after each generator step, whose number it gets
	armed             func(generator, critic int64) bool // whether the faulty parts act in the step at hand
	watch             func(*watchdog.Watchdog)           // gets the watch
	reportError       error                              // of each event
	startFails        bool                               // the first look is an error, and there is no training
	trainer           *variants.Trainer
	events            []watchdog.Event // as they came
	at                map[string]int64 // the last step made when an event came
	err               error            // that ended the training
}

const length = 6 // of a sample

func newRig() *rig {
	r := &rig{rate: 1e-3, device: device.NewCPU(1), at: map[string]int64{}}
	random := device.Random{Seed: 3, Stream: 1}
	for i := range 512 * length {
		r.data = append(r.data, 2*random.Uniform(i)-1)
	}
	r.options = watchdog.Options{Every: 1, Lambda: 10}
	r.config = variants.Config{Batch: 8, Epochs: 1000, Steps: 60, Shuffle: true, StatsEvery: 20}
	r.wrap = func(_ string, c optim.Config) optim.Config { return c }
	r.open = func(n variants.Networks, generator, critic optim.Config) (variants.Variant, error) {
		c := wgangp.Defaults()
		c.NCritic, c.Generator, c.Critic = 1, generator, critic
		return wgangp.New(n, c)
	}
	return r
}

// easyData gives the rig data that a critic tells from fakes with ease.
func (r *rig) easyData() {
	for i := range r.data {
		r.data[i] = 1
		if i%length == 0 {
			r.data[i] = float32(i%7) / 7
		}
	}
}

// networks builds both. Layers are named by their place.
func (r *rig) networks(t testing.TB) (n variants.Networks) {
	if r.generator == nil {
		r.generator = []layers.Layer{
			linear(4, 16), &layers.BatchNorm{Features: 16, Eps: 1e-5, Momentum: 0.1}, layers.ReLU(),
			linear(16, 16), layers.ReLU(), linear(16, length), &layers.Tanh{},
		}
	}
	if r.critic == nil {
		r.critic = []layers.Layer{linear(length, 16), &layers.LeakyReLU{Slope: 0.2}, linear(16, 8), &layers.LeakyReLU{Slope: 0.2}, linear(8, 1)}
	}
	var err error
	n.Generator, err = layers.NewNetwork(r.device, "generator", device.Shape{4}, r.generator...)
	require.NoError(t, err)
	n.Critic, err = layers.NewNetwork(r.device, "critic", device.Shape{length}, r.critic...)
	require.NoError(t, err)
	require.NoError(t, n.Generator.Init("pytorch", 1))
	require.NoError(t, n.Critic.Init("pytorch", 1))
	if r.start != nil {
		r.start(n)
	}
	return n
}

func linear(in, out int) layers.Layer { return &layers.Linear{In: in, Out: out, Bias: true} }

// parts builds the variant and its data.
func (r *rig) parts(t testing.TB) (variants.Variant, variants.Samples) {
	var adam optim.Config = optim.AdamConfig{LearningRate: r.rate, Beta2: 0.9, Eps: 1e-8, Convention: optim.PyTorch}
	v, err := r.open(r.networks(t), r.wrap("generator", adam), r.wrap("critic", adam))
	require.NoError(t, err)
	data, err := variants.Points(r.device, r.data, length)
	require.NoError(t, err)
	return v, data
}

// run trains until the end or an error.
func (r *rig) run(t testing.TB) {
	t.Helper()
	v, data := r.parts(t)
	r.options.Report = func(e watchdog.Event) error {
		r.events = append(r.events, e)
		if _, again := r.at[e.Name]; !again {
			r.at[e.Name] = r.trainer.Progress().GeneratorSteps - 1
		}
		return r.reportError
	}
	watch := watchdog.New(r.options)
	if r.watch != nil {
		r.watch(watch)
	}
	hooks := []variants.Hook{watch.Hook()}
	if r.hook != nil {
		hooks = append(hooks, variants.Hook{Name: "test", Step: func(t *variants.Trainer) error {
			r.hook(t, t.Progress().GeneratorSteps-1)
			return nil
		}})
	}
	var err error
	r.trainer, err = variants.NewTrainer(v, data, r.config, hooks...)
	require.NoError(t, err)
	if r.err = watch.Start(r.trainer); r.startFails {
		return
	}
	require.NoError(t, r.err)
	r.err = r.trainer.Run(context.Background())
}

// acts reports whether the faulty parts act now. In a critic step both counts are equal, since there is one
// for each generator step.
func (r *rig) acts() bool {
	p := r.trainer.Progress()
	return r.armed(p.GeneratorSteps, p.CriticSteps)
}

// poison makes an element NaN.
func poison(t *device.Tensor, at int) { device.Data[float32](t)[at] = float32(math.NaN()) }

// identity passes everything on, and spoils it in a pass while the rig's fault acts.
type identity struct {
	rig  *rig
	pass string // forward, backward or tangent
	last bool   // the last element, instead of the first
}

func (l *identity) String() string                               { return "identity" }
func (l *identity) Output(in device.Shape) (device.Shape, error) { return in, nil }

func (l *identity) Forward(ws *device.Workspace, _ *layers.Saved, x *device.Tensor, mode layers.Mode) (*device.Tensor, error) {
	return l.pass1(ws, x, "forward", mode == layers.Train)
}

func (l *identity) Backward(ws *device.Workspace, _ *layers.Saved, dy *device.Tensor, want layers.Want) (*device.Tensor, error) {
	if want.Input.Empty() {
		return nil, nil
	}
	return l.pass1(ws, want.Input.Of(ws, dy), "backward", true)
}

func (l *identity) Tangent(ws *device.Workspace, _ *layers.Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.pass1(ws, xdot, "tangent", true)
}

func (l *identity) TangentBackward(_ *device.Workspace, _ *layers.Saved, ybar *device.Tensor, _ layers.Want) (*device.Tensor, error) {
	return ybar, nil
}

func (l *identity) pass1(ws *device.Workspace, x *device.Tensor, pass string, may bool) (*device.Tensor, error) {
	y := ws.New(x.Shape())
	if err := kernels.Copy(y, x); err != nil {
		return nil, err
	}
	if may && pass == l.pass && l.rig.acts() {
		at := 0
		if l.last {
			at = y.Len() - 1
		}
		poison(y, at)
	}
	return y, nil
}

// faultyOptimizer spoils one of the parameters that it updates while the rig's fault acts.
type faultyOptimizer struct {
	optim.Config
	rig *rig
}

func (c faultyOptimizer) New(value, grad *device.Tensor) (optim.Optimizer, error) {
	o, err := c.Config.New(value, grad)
	return &spoiling{o, c.rig, value}, err
}

type spoiling struct {
	optim.Optimizer
	rig   *rig
	value *device.Tensor
}

func (o *spoiling) Step() error {
	err := o.Optimizer.Step()
	if o.rig.acts() {
		poison(o.value, 0)
	}
	return err
}

// during is a fault in one generator step, or in the critic step before it.
func during(step int64, inCritic bool) func(int64, int64) bool {
	return func(generator, critic int64) bool { return generator == step && (critic == generator) == inCritic }
}

// names are the events that came, each once, in order.
func (r *rig) names() (list []string) {
	for _, e := range r.events {
		list = append(list, e.Name)
	}
	return list
}

// notFinite reports whether the training ended as one that is not finite.
func (r *rig) notFinite() bool { return errors.Is(r.err, watchdog.ErrNotFinite) }
