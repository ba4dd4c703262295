package watchdog_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
	"ganlib/watchdog"
)

func TestKinds(t *testing.T) {
	names := map[string]bool{}
	for _, k := range watchdog.Kinds() {
		assert.False(t, names[k.Name], k.Name)
		names[k.Name] = true
		assert.NotEmpty(t, k.When)
		assert.NotEmpty(t, k.Advice)
	}
	for _, name := range []string{
		watchdog.NotFinite, watchdog.ExplodingLoss, watchdog.ExplodingPenalty, watchdog.ExplodingWeights, watchdog.CollapsedSamples,
		watchdog.ConstantData, watchdog.SaturatedCritic, watchdog.FrozenNetwork, watchdog.DeadLayer,
	} {
		assert.True(t, names[name], name)
	}
	assert.Len(t, names, 9)
}

func TestEventString(t *testing.T) {
	e := watchdog.Event{Step: 7, Name: watchdog.NotFinite, Pass: "critic's update", Params: []string{"a", "b", "c", "d", "e"}, Detail: "weights are NaN"}
	assert.Equal(t, "step 7: not-finite in the critic's update: weights are NaN (a, b, c and 2 more)", e.String())
	assert.Equal(t, "step 0: constant-data: equal", watchdog.Event{Name: watchdog.ConstantData, Detail: "equal"}.String())
}

// Events of one kind and network come once, and again after a Reset.
func TestEventsComeOnce(t *testing.T) {
	r := newRig()
	r.start = func(n variants.Networks) { scale(t, n.Critic, 30) }
	r.run(t)
	once := r.names()
	assert.Contains(t, once, watchdog.ExplodingPenalty)
	for i, name := range once {
		assert.NotContains(t, once[:i], name)
	}

	again := newRig()
	again.start = r.start
	var watch *watchdog.Watchdog
	again.watch = func(w *watchdog.Watchdog) { watch = w }
	again.hook = func(_ *variants.Trainer, step int64) {
		if step == 2 {
			watch.Reset()
		}
	}
	again.run(t)
	assert.Greater(t, len(again.names()), len(once))
}

// Whoever is told may end the training.
func TestReportErrors(t *testing.T) {
	full := errors.New("the disk is full")
	for _, broken := range []func(*rig){
		func(r *rig) { r.start = func(n variants.Networks) { scale(t, n.Critic, 30) } },
		func(r *rig) {
			r.armed = during(7, true)
			r.critic = []layers.Layer{linear(length, 16), &identity{rig: r, pass: "forward"}, linear(16, 1)}
		},
	} {
		r := newRig()
		r.reportError = full
		broken(r)
		r.run(t)
		assert.ErrorIs(t, r.err, full)
	}
}

// A state that is not finite is seen before the first step.
func TestStart(t *testing.T) {
	bn := func() layers.Layer { return &layers.BatchNorm{Features: 16, Eps: 1e-5, Momentum: 0.1} }
	for _, test := range []struct {
		spoilt func(variants.Networks) *layers.Param
		pass   string
		param  string
	}{
		{func(n variants.Networks) *layers.Param { return n.Generator.Params()[0] }, "generator's update", "0.weight"},
		{func(n variants.Networks) *layers.Param { return n.Critic.Params()[1] }, "critic's update", "0.bias"},
		{func(n variants.Networks) *layers.Param { return n.Generator.Buffers()[1] }, "generator's forward pass", "1.running_var"},
		{func(n variants.Networks) *layers.Param { return n.Critic.Buffers()[0] }, "forward pass of a critic step", "1.running_mean"},
	} {
		r := newRig()
		r.open = bce(false)
		r.critic = []layers.Layer{linear(length, 16), bn(), &layers.LeakyReLU{Slope: 0.2}, linear(16, 1)}
		r.start = func(n variants.Networks) { poison(test.spoilt(n).Value, 3) }
		r.startFails = true
		r.run(t)
		require.ErrorIs(t, r.err, watchdog.ErrNotFinite)
		assert.EqualValues(t, 0, r.trainer.Progress().GeneratorSteps)
		assert.Equal(t, test.pass, r.events[0].Pass)
		assert.Equal(t, []string{test.param}, r.events[0].Params)
	}
}

// Norms are taken once after each step, whether it is time for a look, or statistics are read, or both; and
// gradients of before a Reset count no more.
func TestLooks(t *testing.T) {
	for every, want := range map[int]int{1: 61, 10: 1 + 6 + 3} { // statistics are read after steps 0, 20 and 40, and at the end
		r := newRig()
		r.options.Every = every
		var counter device.Counter
		r.device.SetCounter(&counter)
		r.run(t)
		require.NoError(t, r.err)
		assert.Equal(t, want, counter.Calls("l2 norms"), every)
	}
	r := newRig()
	var watch *watchdog.Watchdog
	r.watch = func(w *watchdog.Watchdog) { watch = w }
	r.run(t)
	poison(r.trainer.Variant().Networks().Critic.Grads(), 0)
	watch.Reset()
	assert.NoError(t, watch.Start(r.trainer))
}

// A hook that gets no statistics, because the trainer does not know it, keeps looking.
func TestLooksThatNobodyReads(t *testing.T) {
	r := newRig()
	r.config.Steps = 0
	v, data := r.parts(t)
	tr, err := variants.NewTrainer(v, data, r.config)
	require.NoError(t, err)
	hook := watchdog.New(watchdog.Options{Every: 1}).Hook()
	for range 100 {
		require.NoError(t, tr.Step())
		require.NoError(t, hook.Step(tr))
	}
}

// Nothing of the training is changed.
func TestWatchChangesNothing(t *testing.T) {
	values := func(options watchdog.Options) []float32 {
		r := newRig()
		r.options = options
		r.run(t)
		require.NoError(t, r.err)
		nets := r.trainer.Variant().Networks()
		return append(append(floats(t, nets.Generator.Values()), floats(t, nets.Critic.Values())...), floats(t, nets.Generator.Buffers()[0].Value)...)
	}
	assert.Equal(t, values(watchdog.Options{Every: 1000, SampleEvery: 1000}), values(watchdog.Options{Every: 1, SampleEvery: 1}))
}

func floats(t *testing.T, x *device.Tensor) []float32 {
	values, err := x.Float32s()
	require.NoError(t, err)
	return values
}

// Looks cost about half a percent where that is possible.
func TestEveryFor(t *testing.T) {
	for preset, want := range map[string]int{
		"catfaces": 1, "celeba_128": 1, "dcgan16": 1, "keras-wgan": 1, "mnist-mlp-wgangp": 2, "mnist-mlp-bce": 19, "toy-8gaussians": 2,
	} {
		c, err := config.Preset(preset)
		require.NoError(t, err)
		p, err := presets.PlanStep(device.NewMeta(), c, c.BatchSize)
		require.NoError(t, err)
		assert.Equal(t, want, watchdog.EveryFor(p.Generator.Params+p.Critic.Params, p.Flops), preset)
	}
	assert.Equal(t, 100, watchdog.EveryFor(1<<30, 1))
	assert.Equal(t, 100, watchdog.EveryFor(1000, 0))
	assert.Equal(t, 1, watchdog.EveryFor(0, 0))
}

// A look that finds nothing allocates nothing. More of them would find that the network does not learn.
func TestLooksDoNotAllocate(t *testing.T) {
	r := newRig()
	r.config.Steps = 2
	r.run(t)
	w := watchdog.New(watchdog.Options{})
	require.NoError(t, w.Start(r.trainer))
	assert.Zero(t, testing.AllocsPerRun(5, func() {
		if err := w.Start(r.trainer); err != nil {
			panic(err)
		}
	}))
}
