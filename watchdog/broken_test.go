package watchdog_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
	"ganlib/variants/ganbce"
	"ganlib/variants/wganclip"
	"ganlib/variants/wgangp"
	"ganlib/watchdog"
)

// TestBroken breaks trainings: each event comes within the given number of steps after its cause.
func TestBroken(t *testing.T) {
	relu := []layers.Layer{linear(4, 16), layers.ReLU(), linear(16, 16), layers.ReLU(), linear(16, length), &layers.Tanh{}}
	// only gives one player another optimiser.
	only := func(name string, c optim.Config) func(string, optim.Config) optim.Config {
		return func(player string, other optim.Config) optim.Config {
			if player == name {
				return c
			}
			return other
		}
	}
	sgd := func(rate float64) optim.Config { return optim.SGDConfig{LearningRate: rate} }
	for _, test := range []struct {
		name    string
		broken  func(*rig)
		event   string
		network string
		from    int64 // the step of the cause
		within  int64 // steps
	}{
		{"learning rate ten thousand times the paper's", func(r *rig) { r.rate = 1 }, watchdog.ExplodingWeights, "critic", 0, 1},
		{"learning rate that leaves the numbers", func(r *rig) {
			r.wrap = func(string, optim.Config) optim.Config { return sgd(1e4) }
		}, watchdog.NotFinite, "", 0, 20},
		{"critic without a constraint", func(r *rig) {
			r.rate, r.config.Steps, r.options.Lambda = 0.1, 100, 0
			r.open = func(n variants.Networks, generator, critic optim.Config) (variants.Variant, error) {
				c := wgangp.Defaults()
				c.NCritic, c.Generator, c.Critic, c.Penalty.Lambda = 1, generator, critic, 0
				return wgangp.New(n, c)
			}
		}, watchdog.ExplodingWeights, "critic", 0, 64},
		{"critic whose steps are too long for the penalty", func(r *rig) {
			r.wrap, r.config.Steps = only("critic", sgd(1)), 2
		}, watchdog.ExplodingLoss, "", 0, 2},
		{"steep critic", func(r *rig) {
			r.start = func(n variants.Networks) { scale(t, n.Critic, 30) }
			r.wrap = only("critic", sgd(1e-12))
		}, watchdog.ExplodingPenalty, "critic", 0, 1},
		{"steep critic that stays so", func(r *rig) {
			r.start = func(n variants.Networks) { scale(t, n.Critic, 10) }
			r.wrap = only("critic", sgd(1e-12))
		}, watchdog.ExplodingPenalty, "critic", 0, 10},
		{"collapsed generator", func(r *rig) {
			r.options.SampleEvery = 5
			r.hook = func(tr *variants.Trainer, step int64) {
				if params := tr.Variant().Networks().Generator.Params(); step >= 20 {
					require.NoError(t, kernels.Fill(params[len(params)-2].Value, 0))
				}
			}
		}, watchdog.CollapsedSamples, "generator", 20, 15},
		{"frozen critic", func(r *rig) { r.wrap = only("critic", sgd(1e-12)) }, watchdog.FrozenNetwork, "critic", 0, 11},
		{"frozen generator", func(r *rig) { r.wrap = only("generator", sgd(1e-12)) }, watchdog.FrozenNetwork, "generator", 0, 11},
		{"constant data", func(r *rig) {
			r.options.SampleEvery = 1
			for i := range r.data {
				r.data[i] = float32(i%length) / 10
			}
		}, watchdog.ConstantData, "", 0, 1},
		{"dead ReLU layer", func(r *rig) {
			r.generator = relu
			r.hook = func(tr *variants.Trainer, step int64) {
				if step == 20 {
					require.NoError(t, kernels.Fill(tr.Variant().Networks().Generator.Params()[1].Value, -100))
				}
			}
		}, watchdog.DeadLayer, "generator", 20, 11},
		{"saturating loss of a generator that is found out", func(r *rig) {
			r.open = bce(true)
			r.hook = func(tr *variants.Trainer, step int64) {
				if params := tr.Variant().Networks().Critic.Params(); step >= 20 {
					require.NoError(t, kernels.Fill(params[len(params)-1].Value, -60))
				}
			}
		}, watchdog.SaturatedCritic, "generator", 20, 11},
		{"discriminator that has won", func(r *rig) {
			r.open, r.rate, r.config.Steps, r.options.Lambda = bce(false), 0.02, 300, 0
			r.wrap = only("generator", optim.AdamConfig{LearningRate: 1e-6, Eps: 1e-8, Convention: optim.PyTorch})
			r.easyData()
		}, watchdog.SaturatedCritic, "critic", 0, 150},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig()
			test.broken(r)
			r.run(t)
			i := slices.Index(r.names(), test.event)
			require.GreaterOrEqual(t, i, 0, "%v, %v", r.events, r.err)
			e := r.events[i]
			t.Logf("%d steps: %v", e.Step-test.from+1, e)
			assert.GreaterOrEqual(t, e.Step, test.from)
			assert.LessOrEqual(t, e.Step-test.from+1, test.within)
			assert.LessOrEqual(t, r.at[test.event], e.Step+int64(r.config.StatsEvery), "losses are read that late")
			assert.Equal(t, test.network, e.Network)
			assert.Equal(t, test.event == watchdog.NotFinite, r.notFinite())
		})
	}
}

// bce opens the GAN of binary cross entropy, of one step each.
func bce(saturating bool) func(variants.Networks, optim.Config, optim.Config) (variants.Variant, error) {
	return func(n variants.Networks, generator, critic optim.Config) (variants.Variant, error) {
		return ganbce.New(n, ganbce.Config{NCritic: 1, Generator: generator, Critic: critic, Saturating: saturating})
	}
}

// A generator that no gradient reaches has no dead layers: it is the critic that tells it nothing.
func TestNothingReachesTheGenerator(t *testing.T) {
	r := newRig()
	r.hook = func(tr *variants.Trainer, step int64) {
		if params := tr.Variant().Networks().Critic.Params(); step >= 20 {
			require.NoError(t, kernels.Fill(params[len(params)-2].Value, 0))
		}
	}
	r.wrap = func(player string, c optim.Config) optim.Config {
		if player == "critic" {
			return optim.SGDConfig{LearningRate: 1e-60} // the weights stay zero
		}
		return c
	}
	r.run(t)
	saturated := false
	for _, e := range r.events {
		saturated = saturated || e.Name == watchdog.SaturatedCritic
		assert.False(t, e.Name == watchdog.DeadLayer && e.Network == "generator", "%v", e)
	}
	assert.True(t, saturated, "%v", r.events)
}

// Clipped weights that stand still at their bounds are what clipping does.
func TestClippedWeightsAreNotFrozen(t *testing.T) {
	for _, clip := range []float64{0, 1e-3} {
		r := newRig()
		r.options.Lambda, r.options.Clip = 0, clip
		r.rate = 0.001
		r.wrap = func(player string, c optim.Config) optim.Config {
			if player == "generator" {
				return optim.AdamConfig{LearningRate: 1e-5, Eps: 1e-8, Convention: optim.PyTorch}
			}
			return c
		}
		r.easyData()
		r.open = func(n variants.Networks, generator, critic optim.Config) (variants.Variant, error) {
			return wganclip.New(n, wganclip.Config{Clip: 1e-3, NCritic: 1, Generator: generator, Critic: critic})
		}
		r.config.Steps = 300
		r.run(t)
		require.NoError(t, r.err)
		if clip == 0 { // nobody has told
			assert.Equal(t, []string{watchdog.FrozenNetwork}, r.names())
		} else {
			assert.Empty(t, r.events)
		}
	}
}

// scale multiplies the weights of a network.
func scale(t *testing.T, n *layers.Network, by float32) {
	values := device.Data[float32](n.Values())
	require.NotNil(t, values)
	for i := range values {
		values[i] *= by
	}
}
