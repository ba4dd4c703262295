package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/losses"
)

// outcome is the result of one objective on one pair of batches.
type outcome struct {
	critic, generator           float64
	dReal, dFake, dFakeGenerate []float64
}

// evaluate runs an objective on scores of shape (N,1).
func evaluate(t testing.TB, dev device.Device, o losses.Objective, real, fake []float64) outcome {
	t.Helper()
	x, y := scores(t, dev, real), scores(t, dev, fake)
	loss, dReal, dFake := scores(t, dev, []float64{math.NaN()}), scores(t, dev, real), scores(t, dev, fake)
	var out outcome
	require.NoError(t, o.Critic(loss, dReal, dFake, x, y))
	out.critic, out.dReal, out.dFake = valuesOf(loss)[0], valuesOf(dReal), valuesOf(dFake)
	require.NoError(t, o.Generator(loss, dFake, y))
	out.generator, out.dFakeGenerate = valuesOf(loss)[0], valuesOf(dFake)
	return out
}

func scores(t testing.TB, dev device.Device, values []float64) *device.Tensor {
	t.Helper()
	x, err := dev.New(device.Shape{len(values), 1})
	require.NoError(t, err)
	for i := range device.Data[float32](x) {
		device.Data[float32](x)[i] = float32(values[i])
	}
	copy(device.Data[float64](x), values)
	return x
}

func valuesOf(x *device.Tensor) []float64 {
	var values []float64
	for _, v := range device.Data[float32](x) {
		values = append(values, float64(v))
	}
	return append(values, device.Data[float64](x)...)
}

// objectives returns every objective there is.
func objectives(t testing.TB) []losses.Objective {
	t.Helper()
	all := []losses.Objective{
		losses.WassersteinObjective(), losses.BCEObjective(false), losses.BCEObjective(true),
		losses.SigmoidBCEObjective(), losses.HingeObjective(),
	}
	for _, targets := range []losses.LeastSquaresTargets{losses.LSGAN(), losses.PearsonLSGAN(), losses.MSE()} {
		o, err := losses.LeastSquaresObjective(targets)
		require.NoError(t, err)
		all = append(all, o)
	}
	return all
}

// Gradients are the slopes of the values, in float64 and away from kinks.
func TestGradientsAreSlopes(t *testing.T) {
	dev := device.NewCPU64(1)
	real, fake := []float64{-2.5, 0.3, 1.7, 0}, []float64{0.4, -0.2, 3, -1.3}
	const h = 1e-6
	for i, o := range objectives(t) {
		t.Run(o.Name, func(t *testing.T) {
			at := evaluate(t, dev, o, real, fake)
			slope := func(batch []float64, j int) (critic, generator float64) {
				x := batch[j]
				defer func() { batch[j] = x }()
				batch[j] = x + h
				up := evaluate(t, dev, o, real, fake)
				batch[j] = x - h
				down := evaluate(t, dev, o, real, fake)
				return (up.critic - down.critic) / (2 * h), (up.generator - down.generator) / (2 * h)
			}
			for j := range real {
				critic, _ := slope(real, j)
				assert.InDelta(t, critic, at.dReal[j], 1e-8, "objective %d, real %d", i, j)
				critic, generator := slope(fake, j)
				assert.InDelta(t, critic, at.dFake[j], 1e-8, "objective %d, fake %d", i, j)
				assert.InDelta(t, generator, at.dFakeGenerate[j], 1e-8, "objective %d, generator %d", i, j)
			}
		})
	}
}

func TestWassersteinGradientsAreExact(t *testing.T) {
	for _, n := range []int{1, 3, 15, 64} {
		out := evaluate(t, device.NewCPU(1), losses.WassersteinObjective(), make([]float64, n), make([]float64, n))
		for i := range n {
			assert.Equal(t, -1/float32(n), float32(out.dReal[i]))
			assert.Equal(t, 1/float32(n), float32(out.dFake[i]))
			assert.Equal(t, -1/float32(n), float32(out.dFakeGenerate[i]))
		}
	}
	out := evaluate(t, device.NewCPU(1), losses.WassersteinObjective(), []float64{1, 2}, []float64{5, -1})
	assert.Equal(t, 0.5, out.critic)
	assert.Equal(t, -2.0, out.generator)
}

func TestBCEAtLogits(t *testing.T) {
	dev := device.NewCPU(1)
	for _, o := range []losses.Objective{losses.BCEObjective(false), losses.SigmoidBCEObjective()} {
		out := evaluate(t, dev, o, []float64{0, 0, 0}, []float64{0, 0, 0})
		assert.InDelta(t, 2*math.Ln2, out.critic, 1e-7, o.Name)
		assert.InDelta(t, math.Ln2, out.generator, 1e-7, o.Name)
		assert.InDelta(t, -0.5/3, out.dReal[0], 1e-8, o.Name)
		assert.InDelta(t, 0.5/3, out.dFake[0], 1e-8, o.Name)
	}
	for _, c := range []struct {
		name                                          string
		o                                             losses.Objective
		real, fake                                    float64
		critic, generator, dReal, dFake, dFakeUpwards float64
	}{
		{"right and sure", losses.BCEObjective(false), 200, -200, 0, 200, 0, 0, -1},
		{"wrong and sure", losses.BCEObjective(false), -200, 200, 400, 0, -1, 1, 0},
		{"without limit", losses.BCEObjective(false), -1e30, 1e30, 2e30, 0, -1, 1, 0},
		{"saturating, sure", losses.BCEObjective(true), 200, -200, 0, 0, 0, 0, 0},
		{"saturating, fooled", losses.BCEObjective(true), -200, 200, 400, -200, -1, 1, -1},
		// The sigmoid is 0 or 1 in float32 here: the loss stops at 100 and the gradient is lost.
		{"sigmoid, right and sure", losses.SigmoidBCEObjective(), 200, -200, 0, 100, 0, 0, 0},
		{"sigmoid, wrong and sure", losses.SigmoidBCEObjective(), -200, 200, 200, 0, 0, 0, 0},
		{"sigmoid, rounded to one", losses.SigmoidBCEObjective(), 20, 20, 100, 0, 0, 0, 0},
		// σ(−30) = 9.36e-14 is below the 1e-12 at which BCELoss stops dividing.
		{"sigmoid, divisor held", losses.SigmoidBCEObjective(), -30, -30, 30, 30, -0.0935762, 0, -0.0935762},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := evaluate(t, dev, c.o, []float64{c.real}, []float64{c.fake})
			got := []float64{out.critic, out.generator, out.dReal[0], out.dFake[0], out.dFakeGenerate[0]}
			for i, want := range []float64{c.critic, c.generator, c.dReal, c.dFake, c.dFakeUpwards} {
				assert.InDelta(t, want, got[i], 1e-6*math.Max(1, math.Abs(want)), "%d", i)
			}
		})
	}
}

func TestHingeAtTheKink(t *testing.T) {
	real, fake := []float64{1, 0.5, 1.5, -3}, []float64{-1, -0.5, -1.5, 3}
	out := evaluate(t, device.NewCPU(1), losses.HingeObjective(), real, fake)
	assert.Equal(t, []float64{0, -0.25, 0, -0.25}, out.dReal)
	assert.Equal(t, []float64{0, 0.25, 0, 0.25}, out.dFake)
	assert.Equal(t, 2*(0.5+4)/4, out.critic)
	assert.Equal(t, 0.0, out.generator, "minus the mean")
}

func TestLeastSquaresCodings(t *testing.T) {
	real, fake := []float64{2}, []float64{3}
	for _, c := range []struct {
		name              string
		targets           losses.LeastSquaresTargets
		critic, generator float64
	}{
		{"0-1 coding", losses.LSGAN(), 0.5 * (1 + 9), 0.5 * 4},
		{"Pearson", losses.PearsonLSGAN(), 0.5 * (1 + 16), 0.5 * 9},
		{"compiled mse", losses.MSE(), 1 + 16, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := losses.LeastSquaresObjective(c.targets)
			require.NoError(t, err)
			out := evaluate(t, device.NewCPU(1), o, real, fake)
			assert.Equal(t, c.critic, out.critic)
			assert.Equal(t, c.generator, out.generator)
		})
	}
	for _, bad := range []losses.LeastSquaresTargets{{}, {Factor: -1}, {Factor: math.Inf(1)}, {A: math.NaN(), Factor: 1}, {C: math.Inf(1), Factor: 1}} {
		_, err := losses.LeastSquaresObjective(bad)
		assert.ErrorContains(t, err, "losses: least squares: ", "%+v", bad)
	}
}

// A score that is not a number must be seen in the loss.
func TestNaNIsSeen(t *testing.T) {
	for _, o := range objectives(t) {
		out := evaluate(t, device.NewCPU(1), o, []float64{0, math.NaN()}, []float64{0, 0})
		assert.True(t, math.IsNaN(out.critic), o.Name)
		out = evaluate(t, device.NewCPU(1), o, []float64{0, 0}, []float64{0, math.NaN()})
		assert.True(t, math.IsNaN(out.critic), o.Name)
		assert.True(t, math.IsNaN(out.generator), o.Name)
	}
}

func TestObjectivesRefuseShapes(t *testing.T) {
	dev := device.NewCPU(1)
	x := func(n int) *device.Tensor { return scores(t, dev, make([]float64, n)) }
	for _, o := range objectives(t) {
		t.Run(o.Name, func(t *testing.T) {
			var shapes *device.ShapeError
			for i, err := range []error{
				o.Critic(x(1), x(2), x(2), x(2), x(3)),
				o.Critic(x(1), x(3), x(2), x(2), x(2)),
				o.Critic(x(1), x(2), x(3), x(2), x(2)),
				o.Critic(x(2), x(2), x(2), x(2), x(2)),
				o.Generator(x(1), x(3), x(2)),
				o.Generator(x(2), x(2), x(2)),
			} {
				require.ErrorAs(t, err, &shapes, "case %d", i)
			}
		})
	}
}

func TestObjectivesDoNotAllocate(t *testing.T) {
	dev := device.NewCPU(2)
	defer dev.Close()
	x, y := scores(t, dev, make([]float64, 64)), scores(t, dev, make([]float64, 64))
	loss, dx, dy := scores(t, dev, []float64{0}), scores(t, dev, make([]float64, 64)), scores(t, dev, make([]float64, 64))
	for _, o := range objectives(t) {
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			if err := o.Critic(loss, dx, dy, x, y); err != nil {
				panic(err)
			}
			if err := o.Generator(loss, dy, y); err != nil {
				panic(err)
			}
		}), o.Name)
	}
}
