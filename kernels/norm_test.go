package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

// normOracle computes a normalisation as its formulas read, with a set and a parameter index for
// every element.
type normOracle struct {
	sets, params []int // of each element of x
	count        int   // sets
	x            []float64
	mean, r      []float64
	gamma, beta  []float64
	y            []float64 // the output, if there is a leaky ReLU
	frozen       bool
	leaky        bool
	slope        float64
}

// means returns the mean of u in each set; zeros if the statistics are constants.
func (o *normOracle) means(u func(i int) float64) []float64 {
	sum, size := make([]float64, o.count), make([]float64, o.count)
	for i, s := range o.sets {
		sum[s] += u(i)
		size[s]++
	}
	for s := range sum {
		sum[s] /= size[s]
		if o.frozen {
			sum[s] = 0
		}
	}
	return sum
}

func (o *normOracle) hat(i int) float64 { return (o.x[i] - o.mean[o.sets[i]]) * o.r[o.sets[i]] }

// each computes f for every element.
func (o *normOracle) each(f func(i int) float64) []float64 {
	out := make([]float64, len(o.x))
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// project is r·P(u), P(u) = u − mean u − x'·mean(x'u).
func (o *normOracle) project(u func(i int) float64) []float64 {
	mean, corr := o.means(u), o.means(func(i int) float64 { return o.hat(i) * u(i) })
	return o.each(func(i int) float64 {
		s := o.sets[i]
		return o.r[s] * (u(i) - mean[s] - o.hat(i)*corr[s])
	})
}

// param adds the sums of f over what each parameter touches to start.
func (o *normOracle) param(start []float64, f func(i int) float64) []float64 {
	out := append([]float64(nil), start...)
	for i, p := range o.params {
		out[p] += f(i)
	}
	return out
}

// second is the adjoint of the input as the documentation of Norm gives it.
func (o *normOracle) second(ybar, delta, xdot []float64) []float64 {
	if o.frozen {
		return o.project(func(i int) float64 { return o.gamma[o.params[i]] * ybar[i] })
	}
	hatDot := o.project(func(i int) float64 { return xdot[i] })
	w := func(i int) float64 { return o.gamma[o.params[i]] * delta[i] }
	corr := o.means(func(i int) float64 { return o.hat(i) * xdot[i] })
	corrW := o.means(func(i int) float64 { return w(i) * o.hat(i) })
	cross := o.means(func(i int) float64 { return w(i) * hatDot[i] })
	projected := o.project(func(i int) float64 {
		s := o.sets[i]
		q := -o.r[s] * (w(i)*corr[s] + xdot[i]*corrW[s])
		return o.gamma[o.params[i]]*ybar[i] + q
	})
	return o.each(func(i int) float64 {
		s := o.sets[i]
		return projected[i] - o.r[s]*o.hat(i)*cross[s]
	})
}

// gate multiplies v by the leaky ReLU's slope where y is not above zero.
func (o *normOracle) gate(v []float64) []float64 {
	if !o.leaky {
		return v
	}
	return o.each(func(i int) float64 {
		if o.y[i] > 0 {
			return v[i]
		}
		return o.slope * v[i]
	})
}

// normCase is a normalisation of a tensor.
type normCase struct {
	name   string
	shape  device.Shape
	norm   kernels.Norm
	params int  // 0 for the channels
	plain  bool // without γ and β
}

// normCasesOfAllKinds have rows and columns on both sides of what a vector, a task or a block of the fast
// engine takes.
var normCasesOfAllKinds = []normCase{
	{"batch", device.Shape{3, 2, 5, 17}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch of vectors", device.Shape{6, 33}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"large batch", device.Shape{5, 21, 19, 33}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch, not affine", device.Shape{7, 3, 3, 16}, kernels.Norm{Kind: kernels.NormBatch}, 0, true},
	{"batch, frozen", device.Shape{2, 3, 1, 5}, kernels.Norm{Kind: kernels.NormBatch, Frozen: true}, 0, false},
	{"large batch, frozen", device.Shape{5, 17, 15, 40}, kernels.Norm{Kind: kernels.NormBatch, Frozen: true}, 0, false},
	{"instance", device.Shape{3, 5, 3, 18}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"instance of many samples", device.Shape{50, 8, 8, 17}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"instance of large images", device.Shape{2, 33, 33, 35}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"instance of many channels", device.Shape{2, 3, 4, 1040}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"instance, not affine", device.Shape{2, 4, 4, 3}, kernels.Norm{Kind: kernels.NormInstance}, 0, true},
	{"instance of one channel", device.Shape{1, 2, 3, 1}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"layer", device.Shape{3, 3, 2, 5}, kernels.Norm{Kind: kernels.NormLayer}, 30, false},
	{"layer of many samples", device.Shape{40, 6, 7, 40}, kernels.Norm{Kind: kernels.NormLayer}, 1680, false},
	{"layer, per channel", device.Shape{3, 3, 2, 5}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
	{"layer of many samples, per channel", device.Shape{40, 6, 7, 40}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
	{"layer of one channel", device.Shape{2, 3, 3, 1}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
	{"layer of vectors", device.Shape{4, 19}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
	{"layer of long vectors", device.Shape{3, 2051}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
}

func TestNormPasses(t *testing.T) {
	for _, p := range precisions {
		for _, test := range normCasesOfAllKinds {
			t.Run(p.name+"/"+test.name, func(t *testing.T) { testNormPasses(t, p, test) })
			test.norm.Leaky, test.norm.Slope = true, 0.3
			t.Run(p.name+"/"+test.name+", leaky", func(t *testing.T) { testNormPasses(t, p, test) })
		}
	}
}

func testNormPasses(t *testing.T, p precision, test normCase) {
	const eps = 1e-3
	samples, length, channels := test.shape[0], test.shape.Len(), test.shape.Last()
	like := func(seed int, scale float64) *device.Tensor {
		return tensorOn(t, p.dev, test.shape, wave(length+seed, scale)[seed:]...)
	}
	x, dy, ybar, delta, xdot := like(0, 2), like(1, 1), like(2, 0.8), like(3, 0.7), like(4, 1)
	o := normOracle{x: valuesOf(x), frozen: test.norm.Frozen, leaky: test.norm.Leaky, slope: test.norm.Slope}
	params := max(test.params, channels)
	for i := range length {
		n, c := i/test.shape.RowLen(), i%channels
		o.sets = append(o.sets, [...]int{kernels.NormBatch: c, kernels.NormInstance: n*channels + c, kernels.NormLayer: n}[test.norm.Kind])
		o.params = append(o.params, i%params)
		o.count = max(o.count, o.sets[i]+1)
	}
	count, size := test.norm.Sets(test.shape)
	require.Equal(t, o.count, count)
	require.Equal(t, length/o.count, size)

	gamma, beta := tensorOn(t, p.dev, device.Shape{params}, wave(params, 1)...), tensorOn(t, p.dev, device.Shape{params}, wave(params+1, 1)[1:]...)
	o.gamma, o.beta = valuesOf(gamma), valuesOf(beta)
	if test.plain {
		gamma, beta = nil, nil
		for i := range o.gamma {
			o.gamma[i], o.beta[i] = 1, 0
		}
	}
	stat := func() *device.Tensor { return tensorOn(t, p.dev, device.Shape{count}, math.NaN()) }
	variance := stat()
	out := tensorOn(t, p.dev, test.shape, math.NaN())
	at := kernels.NormAt{X: x, Mean: stat(), R: stat(), Gamma: gamma, Y: tensorOn(t, p.dev, test.shape, math.NaN()), MeanDot: stat(), Corr: stat()}

	require.NoError(t, kernels.NormForward(at.Y, at.Mean, variance, at.R, x, gamma, beta, eps, test.norm))
	o.frozen = false
	o.mean = o.means(func(i int) float64 { return o.x[i] })
	square := o.means(func(i int) float64 { d := o.x[i] - o.mean[o.sets[i]]; return d * d })
	o.frozen = test.norm.Frozen
	closeTo(t, o.mean, valuesOf(at.Mean), p.tol, "mean")
	closeTo(t, square, valuesOf(variance), p.tol, "variance")
	for _, v := range square {
		o.r = append(o.r, 1/math.Sqrt(v+eps))
	}
	closeTo(t, o.r, valuesOf(at.R), p.tol, "r")
	affine := o.each(func(i int) float64 { return o.gamma[o.params[i]]*o.hat(i) + o.beta[o.params[i]] })
	o.y = affine
	closeTo(t, o.gate(affine), valuesOf(at.Y), p.tol, "y")
	require.NoError(t, kernels.NormApply(out, x, at.Mean, at.R, gamma, beta, test.norm))
	closeTo(t, o.gate(affine), valuesOf(out), p.tol, "y of given statistics")
	for _, alone := range []struct{ gamma, beta *device.Tensor }{{gamma, nil}, {nil, beta}} {
		require.NoError(t, kernels.NormApply(out, x, at.Mean, at.R, alone.gamma, alone.beta, test.norm))
		affine := o.each(func(i int) float64 {
			if alone.beta == nil {
				return o.gamma[o.params[i]] * o.hat(i)
			}
			return o.hat(i) + o.beta[o.params[i]]
		})
		if test.plain {
			affine = o.each(o.hat)
		}
		o.y = affine
		closeTo(t, o.gate(affine), valuesOf(out), p.tol, "y with one parameter")
	}
	o.y = valuesOf(at.Y) // numbers near zero may be on the other side in float32

	dyv := o.gate(valuesOf(dy))
	project := o.project(func(i int) float64 { return o.gamma[o.params[i]] * dyv[i] })
	require.NoError(t, kernels.NormBackward(out, kernels.NormGrads{}, dy, at, test.norm))
	closeTo(t, project, valuesOf(out), p.tol, "dx")

	xdotv := valuesOf(xdot)
	hatDot := o.project(func(i int) float64 { return xdotv[i] })
	require.NoError(t, kernels.NormTangent(out, xdot, at, test.norm))
	closeTo(t, o.gate(o.each(func(i int) float64 { return o.gamma[o.params[i]] * hatDot[i] })), valuesOf(out), p.tol, "ẏ")
	closeTo(t, o.means(func(i int) float64 { return xdotv[i] }), valuesOf(at.MeanDot), p.tol, "mean ẋ")
	closeTo(t, o.means(func(i int) float64 { return o.hat(i) * xdotv[i] }), valuesOf(at.Corr), p.tol, "mean x'ẋ")

	ybarv, deltav, zeros := o.gate(valuesOf(ybar)), o.gate(valuesOf(delta)), make([]float64, length)
	second := map[*device.Tensor][]float64{ybar: o.second(ybarv, deltav, xdotv), nil: o.second(zeros, deltav, xdotv)}
	for _, bar := range []*device.Tensor{ybar, nil} {
		require.NoError(t, kernels.NormSecond(out, kernels.NormGrads{}, bar, delta, xdot, at, test.norm))
		closeTo(t, second[bar], valuesOf(out), p.tol, "x̄")
	}
	if test.plain {
		return
	}

	// Parameter gradients, with the pass and alone, of all samples or of some.
	for _, first := range []int{0, samples / 2} {
		if first > 0 && test.norm.Kind == kernels.NormBatch && !test.norm.Frozen {
			continue
		}
		counts := func(i int) float64 {
			if i/test.shape.RowLen() < first {
				return 0
			}
			return 1
		}
		for _, dst := range []*device.Tensor{out, nil} {
			what := fmt.Sprintf("samples from %d on, dx %v: ", first, dst != nil)
			grads := kernels.NormGrads{Gamma: tensorOn(t, p.dev, device.Shape{params}, 0.5), Beta: tensorOn(t, p.dev, device.Shape{params}, -0.5), Lo: first, Hi: samples}
			wantGamma := o.param(valuesOf(grads.Gamma), func(i int) float64 { return counts(i) * dyv[i] * o.hat(i) })
			wantBeta := o.param(valuesOf(grads.Beta), func(i int) float64 { return counts(i) * dyv[i] })
			require.NoError(t, kernels.NormBackward(dst, grads, dy, at, test.norm))
			closeTo(t, wantGamma, valuesOf(grads.Gamma), p.tol, what+"dγ")
			closeTo(t, wantBeta, valuesOf(grads.Beta), p.tol, what+"dβ")
			if dst != nil {
				closeTo(t, project, valuesOf(dst), p.tol, what+"dx")
			}
			for _, bar := range []*device.Tensor{ybar, nil} {
				bars := map[*device.Tensor][]float64{ybar: ybarv, nil: zeros}[bar]
				wantGamma = o.param(wantGamma, func(i int) float64 { return counts(i) * (bars[i]*o.hat(i) + deltav[i]*hatDot[i]) })
				wantBeta = o.param(wantBeta, func(i int) float64 { return counts(i) * bars[i] })
				require.NoError(t, kernels.NormSecond(dst, grads, bar, delta, xdot, at, test.norm))
				closeTo(t, wantGamma, valuesOf(grads.Gamma), 2*p.tol, what+"dγ of the second order")
				closeTo(t, wantBeta, valuesOf(grads.Beta), 2*p.tol, what+"dβ of the second order")
				if dst != nil {
					closeTo(t, second[bar], valuesOf(dst), p.tol, what+"x̄")
				}
			}
		}
	}
}

// TestNormForwardFarFromZero takes statistics of numbers whose squares cancel in float32.
func TestNormForwardFarFromZero(t *testing.T) {
	values := make([]float64, 4096)
	for i := range values {
		values[i] = 1000 + float64(i%2)/8 // variance 1/256
	}
	for _, p := range precisions {
		for kind, shape := range map[kernels.NormKind]device.Shape{kernels.NormBatch: {4096, 1}, kernels.NormInstance: {1, 64, 64, 1}, kernels.NormLayer: {1, 64, 16, 4}} {
			x := tensorOn(t, p.dev, shape, values...)
			mean, variance, r := tensorOn(t, p.dev, device.Shape{1}), tensorOn(t, p.dev, device.Shape{1}), tensorOn(t, p.dev, device.Shape{1})
			y := tensorOn(t, p.dev, x.Shape())
			require.NoError(t, kernels.NormForward(y, mean, variance, r, x, nil, nil, 1e-5, kernels.Norm{Kind: kind}))
			assert.Equal(t, []float64{1000.0625}, valuesOf(mean))
			assert.Equal(t, []float64{1.0 / 256}, valuesOf(variance))
			assert.InEpsilon(t, 1/math.Sqrt(1.0/256+1e-5), valuesOf(r)[0], 1e-7)
			root := 1 / math.Sqrt(1.0/256+1e-5)
			for i, v := range valuesOf(y) {
				assert.InDelta(t, (values[i]-1000.0625)*root, v, 2e-7)
			}
		}
	}
}

// TestNormForwardOfARoundedMean normalises numbers whose mean is no float32: they must not all be shifted
// by what rounding it costs.
func TestNormForwardOfARoundedMean(t *testing.T) {
	for _, p := range precisions {
		x := tensorOn(t, p.dev, device.Shape{3, 1}, 1000, 1000, 1000+1.0/8192)
		y, stat := tensorOn(t, p.dev, x.Shape()), func() *device.Tensor { return tensorOn(t, p.dev, device.Shape{1}) }
		require.NoError(t, kernels.NormForward(y, stat(), stat(), stat(), x, nil, nil, 1e-12, kernels.Norm{Kind: kernels.NormBatch}))
		v := valuesOf(y)
		assert.InDelta(t, 0, v[0]+v[1]+v[2], 1e-5, "%s: the mean of %v", p.name, v)
	}
}

// TestNormOfEqualNumbers normalises sets without any variance: zeros come out, not NaN.
func TestNormOfEqualNumbers(t *testing.T) {
	for _, p := range precisions {
		t.Run(p.name, func(t *testing.T) { testNormOfEqualNumbers(t, p.dev) })
	}
}

func testNormOfEqualNumbers(t *testing.T, dev device.Device) {
	shape := device.Shape{2, 3, 3, 1}
	n := kernels.Norm{Kind: kernels.NormInstance}
	x, y, u := tensorOn(t, dev, shape, 0.3), tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(18, 1)...)
	stat := func() *device.Tensor { return tensorOn(t, dev, device.Shape{2}) }
	at, variance := kernels.NormAt{X: x, Mean: stat(), R: stat(), MeanDot: stat(), Corr: stat()}, stat()
	require.NoError(t, kernels.NormForward(y, at.Mean, variance, at.R, x, nil, nil, 1e-5, n))
	assert.Equal(t, make([]float64, 18), valuesOf(y))
	require.NoError(t, kernels.NormApply(y, x, at.Mean, at.R, nil, nil, n))
	for _, v := range valuesOf(y) {
		assert.InDelta(t, 0, v, 1e-4) // the rounded mean is not quite the number
	}
	require.NoError(t, kernels.NormBackward(y, kernels.NormGrads{}, u, at, n))
	assert.NotContains(t, fmt.Sprint(valuesOf(y)), "NaN")
	require.NoError(t, kernels.NormTangent(y, u, at, n))
	require.NoError(t, kernels.NormSecond(y, kernels.NormGrads{}, nil, u, u, at, n))
	assert.NotContains(t, fmt.Sprint(valuesOf(y)), "NaN")
}

// TestNormRunning has batches of mean 5 and −5 and of variance 8 and 16.
func TestNormRunning(t *testing.T) {
	dev := device.NewCPU64(1)
	column := func(values ...float64) *device.Tensor { return tensorOn(t, dev, device.Shape{2}, values...) }
	x, y := tensorOn(t, dev, device.Shape{2, 2}, 5-math.Sqrt(8), -1, 5+math.Sqrt(8), -9), tensorOn(t, dev, device.Shape{2, 2})
	run := kernels.NormRunning{Mean: column(1, 2), Variance: column(3, 4), Count: tensorOn(t, dev, device.Shape{1}, 41)}
	m, v, r := column(), column(), column()
	move := func(momentum, scale float64) {
		run.Momentum, run.Scale = momentum, scale
		require.NoError(t, kernels.NormForwardRunning(y, m, v, r, x, nil, nil, 9, run, kernels.Norm{Kind: kernels.NormBatch}))
	}
	move(0.25, 1.5)
	closeTo(t, []float64{2, 0.25}, valuesOf(run.Mean), 1e-14, "mean")
	closeTo(t, []float64{5.25, 9}, valuesOf(run.Variance), 1e-14, "variance")
	move(0, 1.5)
	closeTo(t, []float64{2, 0.25}, valuesOf(run.Mean), 1e-14, "momentum 0 keeps what there is")
	move(1, 1)
	assert.Equal(t, valuesOf(v), valuesOf(run.Variance), "momentum 1 forgets it")
	assert.Equal(t, []float64{44}, valuesOf(run.Count), "batches")
	require.NoError(t, kernels.NormRoot(r, v, 9))
	closeTo(t, []float64{1 / math.Sqrt(17), 0.2}, valuesOf(r), 1e-15, "root")
}
