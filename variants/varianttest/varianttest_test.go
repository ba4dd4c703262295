package varianttest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/variants"
	"ganlib/variants/wgangp"
)

// broken is WGAN-GP with a fault around its steps.
type broken struct {
	*wgangp.Variant
	critic, generator func(v *broken, s *variants.Step) error
	calls             int
	waste             []byte
}

func (b *broken) CriticStep(s *variants.Step) error {
	b.calls++
	if err := b.Variant.CriticStep(s); err != nil || b.critic == nil {
		return err
	}
	return b.critic(b, s)
}

func (b *broken) GeneratorStep(s *variants.Step) error {
	if b.generator != nil {
		return b.generator(b, s)
	}
	return b.Variant.GeneratorStep(s)
}

// Memory hides a plan that does not hold.
func (b *broken) Memory() int { return b.Variant.Memory() + b.calls }

// openBroken opens WGAN-GP with faults.
func openBroken(fault broken) variants.Open {
	return func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
		v, err := variants.New(wgangp.Name, n, s)
		if err != nil {
			return nil, err
		}
		b := fault
		b.Variant = v.(*wgangp.Variant)
		return &b, nil
	}
}

// add changes a parameter tensor by one in its first number.
func add(t *device.Tensor, by float32) error {
	values, err := t.Float32s()
	if err != nil {
		return err
	}
	values[0] += by
	return t.CopyFrom(values)
}

// Every check notices the fault that it is there for.
func TestChecksNotice(t *testing.T) {
	conv := pairs()[0]
	for _, test := range []struct {
		name  string
		fault broken
		check func(trial) error
		want  string
	}{
		{"generator that never moves", broken{generator: func(*broken, *variants.Step) error { return nil }}, checkLearns, "generator 0.weight has not moved"},
		{"loss that is not finite", broken{critic: func(_ *broken, s *variants.Step) error { return kernels.Fill(s.Loss, 1e300) }}, checkLearns, "want finite numbers"},
		{"state that nobody saves", broken{critic: func(b *broken, _ *variants.Step) error {
			return add(b.Networks().Critic.Values(), float32(b.calls)*1e-3)
		}}, checkContinues, "continued from step 1, generator 0.weight differs"},
		{"critic step that changes the generator", broken{critic: func(b *broken, _ *variants.Step) error {
			return add(b.Networks().Generator.Values(), 1)
		}}, checkSteps, "changed the parameters of the generator"},
		{"critic step that differentiates the generator", broken{critic: func(b *broken, _ *variants.Step) error {
			return b.Networks().Generator.ZeroGrad()
		}}, checkSteps, "written gradients of the generator"},
		{"generator step that differentiates the critic", broken{generator: func(b *broken, s *variants.Step) error {
			return errors.Join(b.Variant.GeneratorStep(s), b.Networks().Critic.ZeroGrad())
		}}, checkSteps, "written gradients of the critic"},
		{"loss that is not written", broken{generator: func(*broken, *variants.Step) error { return nil }}, checkSteps, "loss is NaN after the step"},
		{"memory that is not written", broken{critic: func(b *broken, _ *variants.Step) error {
			b.Workspace().Reset()
			dirt := b.Workspace().New(device.Shape{1})
			return kernels.Copy(b.Networks().Critic.Params()[1].Value.Slice(0, dirt.Shape()), dirt)
		}}, checkPoison, "depends on memory that was not written"},
		{"plan that does not hold", broken{}, checkPlan, "bytes, and"},
		{"allocation", broken{critic: func(b *broken, _ *variants.Step) error { b.waste = make([]byte, 64); return nil }}, checkAllocations, "on the heap"},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.ErrorContains(t, test.check(trial{open: openBroken(test.fault), pair: conv}), test.want)
		})
	}
}

// draws is randomness from outside of a step's source.
var draws int

func TestSeedCheckNotices(t *testing.T) {
	r := trial{open: openBroken(broken{critic: func(b *broken, _ *variants.Step) error {
		draws++
		return add(b.Networks().Critic.Values(), float32(draws)*1e-3)
	}}), pair: pairs()[2]}
	assert.ErrorContains(t, checkSeeds(r), "the same seed")

	r.open = openBroken(broken{generator: func(b *broken, _ *variants.Step) error { return nil }, critic: func(b *broken, _ *variants.Step) error {
		return errors.Join(kernels.Fill(b.Networks().Critic.Values(), 1), clearOptimizer(b))
	}})
	assert.ErrorContains(t, checkSeeds(r), "another seed gives the same result")
}

func clearOptimizer(v variants.Variant) error {
	_, critic := v.Optimizers()
	for _, s := range critic.State() {
		if err := kernels.Fill(s.Tensor, 0); err != nil {
			return err
		}
	}
	return nil
}

func TestRefusalCheckNotices(t *testing.T) {
	gullible := func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
		v, err := variants.New(wgangp.Name, n, s)
		if n.Generator == nil || n.Generator != n.Critic {
			return v, err
		}
		return nil, nil
	}
	assert.ErrorContains(t, checkRefusals(gullible), "a generator for a critic: no error")
}

func TestCancelCheckNotices(t *testing.T) {
	failing := errors.New("out of order")
	r := trial{open: openBroken(broken{critic: func(*broken, *variants.Step) error { return failing }}), pair: pairs()[2]}
	err := checkCancels(r)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "want the context's")
}

// A variant that does not show its workspace is not poisoned, and says so.
func TestPoisonNeedsTheWorkspace(t *testing.T) {
	r := trial{open: func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
		v, err := variants.New(wgangp.Name, n, s)
		return struct{ variants.Variant }{v}, err
	}, pair: pairs()[2]}
	var skip unavailable
	require.ErrorAs(t, checkPoison(r), &skip)
}
