// Package varianttest checks that a variant of package [ganlib/variants] trains as its trainer, its
// checkpoints and its users expect. The test of a variant is one call:
//
//	func TestVariant(t *testing.T) {
//		varianttest.Run(t, func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
//			return variants.New("my-gan", n, s)
//		})
//	}
package varianttest

import (
	"fmt"
	"testing"

	"ganlib/device"
	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
)

// Run checks the variant that open makes, on small convolutional and linear networks and drawn data, on
// every engine that the machine has:
//
//   - it refuses networks that do not fit each other;
//   - training keeps every loss finite, moves every parameter but for the bias of the critic's last layer,
//     and samples lie in [-1,1];
//   - the same seed gives the same bytes, whatever the number of workers, and another seed others;
//   - a second trainer that gets the first one's state goes on in the same way, bit for bit;
//   - a cancelled training returns the context's error and runs the hooks' End functions;
//   - a critic step leaves the generator's parameters and gradients alone, a generator step the
//     critic's, and both write their losses;
//   - no step reads memory that it has not written;
//   - no step allocates after the first two, and a meta device plans the memory that a CPU then takes.
//
// The open function gets [Settings], and may change them to check other ones.
func Run(t *testing.T, open variants.Open) {
	t.Helper()
	t.Run("refuses networks that do not fit", func(t *testing.T) { report(t, checkRefusals(open)) })
	for _, e := range device.Engines() {
		t.Run(e.String(), func(t *testing.T) { runOn(t, open, e) })
	}
}

// runOn makes the checks that compute.
func runOn(t *testing.T, open variants.Open, e device.Engine) {
	for _, p := range pairs() {
		t.Run(p.name, func(t *testing.T) {
			for _, c := range checks {
				t.Run(c.name, func(t *testing.T) { report(t, c.run(trial{open, p, e})) })
			}
		})
	}
	t.Run("memory", func(t *testing.T) {
		for _, p := range append(pairs(), widePair()) {
			t.Run(p.name, func(t *testing.T) { report(t, checkPlan(trial{open, p, e})) })
		}
		t.Run("allocations", func(t *testing.T) { report(t, checkAllocations(trial{open, widePair(), e})) })
	})
}

// report ends a test with what a check found.
func report(t *testing.T, err error) {
	t.Helper()
	if skip, ok := err.(unavailable); ok {
		t.Skip(string(skip))
	}
	if err != nil {
		t.Error(err)
	}
}

// unavailable is why a check cannot be made.
type unavailable string

func (u unavailable) Error() string { return string(u) }

// checks are the checks that every pair of networks goes through.
var checks = []struct {
	name string
	run  func(trial) error
}{
	{"learns", checkLearns},
	{"repeats by seed", checkSeeds},
	{"continues from a state", checkContinues},
	{"cancels", checkCancels},
	{"steps keep apart", checkSteps},
	{"reads what it wrote", checkPoison},
}

// Settings are what Run opens variants with: three critic steps before each generator step, Adam, and
// the usual constants of each algorithm.
func Settings() variants.Settings {
	adam := optim.AdamConfig{LearningRate: 1e-3, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8, Convention: optim.PyTorch}
	return variants.Settings{
		CriticSteps: 3, GeneratorOptimizer: adam, CriticOptimizer: adam,
		Lambda: 10, Target: 1, ForcePenalty: true, Clip: 0.05, Targets: losses.LSGAN(),
	}
}

// trial is a variant on a pair of networks and an engine.
type trial struct {
	open   variants.Open
	pair   pair
	engine device.Engine
}

// cpu returns a CPU with the trial's engine.
func (r trial) cpu(workers int) (*device.CPU, error) { return device.NewCPUEngine(workers, r.engine) }

// The training of every check: two epochs of five generator steps, the last batch of a pass being of
// one sample, mirrored at random, with falling learning rates.
const epochs, batches = 2, 5

func (p pair) config(seed uint64) variants.Config {
	return variants.Config{Seed: seed, Batch: p.batch, Epochs: epochs, Shuffle: true, Flip: true, LinearDecay: true, StatsEvery: 2}
}

// variant opens the variant on initialised networks.
func (r trial) variant(dev device.Device) (variants.Variant, error) {
	nets, err := r.pair.networks(dev)
	if err != nil {
		return nil, err
	}
	v, err := r.open(nets, Settings())
	if err != nil {
		return nil, err
	}
	generator, critic := v.Optimizers()
	if v.Name() == "" || v.Networks() != nets || generator == nil || critic == nil || v.CriticSteps() < 1 {
		return nil, fmt.Errorf("variant %q: want a name, the networks it was opened with, two optimisers and at least one critic step", v.Name())
	}
	return v, nil
}

// trainer returns a trainer at its start, of a variant that wrap may have put something around.
func (r trial) trainer(dev device.Device, seed uint64, wrap func(variants.Variant) variants.Variant, hooks ...variants.Hook) (*variants.Trainer, error) {
	v, err := r.variant(dev)
	if err != nil {
		return nil, err
	}
	if wrap != nil {
		v = wrap(v)
	}
	data, err := r.pair.data(dev)
	if err != nil {
		return nil, err
	}
	return variants.NewTrainer(v, data, r.pair.config(seed), hooks...)
}
