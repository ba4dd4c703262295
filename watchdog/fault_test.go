package watchdog_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
	"ganlib/watchdog"
)

// TestNotFinite makes a number NaN in step 7, in each pass: the watch names the step, the pass, and what is
// concerned, at the step itself.
func TestNotFinite(t *testing.T) {
	const step = 7
	bn := func() layers.Layer { return &layers.BatchNorm{Features: 16, Eps: 1e-5, Momentum: 0.1} }
	leaky := func() layers.Layer { return &layers.LeakyReLU{Slope: 0.2} }
	inCritic := func(pass string, last bool) func(*rig) {
		return func(r *rig) {
			r.armed = during(step, true)
			r.critic = []layers.Layer{linear(length, 16), leaky(), &identity{r, pass, last}, linear(16, 8), leaky(), linear(8, 1)}
		}
	}
	inGenerator := func(pass string, critic bool) func(*rig) {
		return func(r *rig) {
			r.armed = during(step, critic)
			r.generator = []layers.Layer{linear(4, 16), bn(), layers.ReLU(), linear(16, 16), &identity{r, pass, false}, bn(), layers.ReLU(), linear(16, length), &layers.Tanh{}}
		}
	}
	for _, test := range []struct {
		name    string
		broken  func(*rig)
		pass    string
		network string
		params  []string // all, or the first and the last of many
	}{
		{"critic, forward", inCritic("forward", false), "forward pass of a critic step", "", nil},
		{"penalty", inCritic("backward", true), "gradient penalty", "critic", nil},
		{"critic, backward", inCritic("backward", false), "critic's backward pass", "critic", []string{"0.weight", "0.bias"}},
		{"critic, second order", inCritic("tangent", true), "critic's backward pass", "critic", []string{"3.weight", "5.weight"}},
		{"critic, update", func(r *rig) {
			r.armed = during(step, true)
			r.wrap = func(player string, c optim.Config) optim.Config {
				if player == "critic" {
					return faultyOptimizer{c, r}
				}
				return c
			}
		}, "critic's update", "critic", []string{"0.weight"}},
		{"generator, forward in the critic's step", inGenerator("forward", true), "generator's forward pass", "generator", []string{"5.running_mean"}},
		{"generator, forward in its own step", inGenerator("forward", false), "forward pass of the generator step", "", nil},
		{"generator, backward", inGenerator("backward", false), "generator's backward pass", "generator", []string{"0.weight", "3.bias"}},
		{"generator, update", func(r *rig) {
			r.armed = during(step, false)
			r.wrap = func(player string, c optim.Config) optim.Config {
				if player == "generator" {
					return faultyOptimizer{c, r}
				}
				return c
			}
		}, "generator's update", "generator", []string{"0.weight"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig()
			test.broken(r)
			r.run(t)
			require.ErrorIs(t, r.err, watchdog.ErrNotFinite)
			require.Equal(t, []string{watchdog.NotFinite}, r.names())
			e := r.events[0]
			assert.EqualValues(t, step, e.Step)
			assert.EqualValues(t, step, r.at[watchdog.NotFinite], "seen at once")
			assert.Equal(t, test.pass, e.Pass)
			assert.Equal(t, test.network, e.Network)
			if len(test.params) == 0 {
				assert.Empty(t, e.Params)
			} else {
				assert.Equal(t, test.params[0], e.Params[0], "%v", e.Params)
				assert.Equal(t, test.params[len(test.params)-1], e.Params[len(e.Params)-1], "%v", e.Params)
			}
			assert.NotEmpty(t, e.Advice)
			assert.Equal(t, 1, strings.Count(r.err.Error(), "watchdog: the training is not finite"), "said once: %v", r.err)
			assert.Equal(t, 1, strings.Count(r.err.Error(), "hook watchdog"), "said once: %v", r.err)
			assert.EqualValues(t, step+1, r.trainer.Progress().GeneratorSteps)
		})
	}
}

// With fewer looks the fault is found at the next one, and the losses still tell the step.
func TestNotFiniteBetweenLooks(t *testing.T) {
	r := newRig()
	r.options.Every = 10
	r.armed = during(12, true)
	r.critic = []layers.Layer{linear(length, 16), &identity{rig: r, pass: "backward"}, linear(16, 1)}
	r.run(t)
	require.True(t, r.notFinite())
	e := r.events[0]
	assert.EqualValues(t, 19, r.at[watchdog.NotFinite], "the look after the twentieth step")
	assert.EqualValues(t, 12, e.Step, "the generator's loss was the first")
	assert.Contains(t, e.String(), "3 steps after weights were looked at last")
}

// A GPU's norms are read with the losses.
func TestNotFiniteOnGPU(t *testing.T) {
	r := newRig()
	r.device = enginetest.Emulated(t)
	r.options.Every, r.config.StatsEvery, r.config.Steps = 1, 4, 12
	r.hook = func(tr *variants.Trainer, step int64) {
		if step == 5 {
			values, err := tr.Variant().Networks().Critic.Params()[2].Value.Float32s()
			require.NoError(t, err)
			values[3] = float32(math.NaN())
			require.NoError(t, tr.Variant().Networks().Critic.Params()[2].Value.CopyFrom(values))
		}
	}
	r.run(t)
	require.True(t, r.notFinite())
	assert.EqualValues(t, 6, r.events[0].Step, "the weights were changed after step 5")
	assert.Equal(t, "forward pass of a critic step", r.events[0].Pass)
	assert.LessOrEqual(t, r.at[watchdog.NotFinite], int64(6+4))
}

// Whoever only wants a warning gets one, and the training goes on.
func TestWarn(t *testing.T) {
	r := newRig()
	r.options.Warn = true
	r.armed = during(7, true)
	r.critic = []layers.Layer{linear(length, 16), &identity{rig: r, pass: "forward"}, linear(16, 1)}
	r.run(t)
	require.NoError(t, r.err)
	assert.EqualValues(t, 60, r.trainer.Progress().GeneratorSteps)
	assert.Equal(t, []string{watchdog.NotFinite}, r.names(), "nothing else means anything from there on")
}
