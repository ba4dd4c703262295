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
	frozen       bool
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
func (o *normOracle) second(ybar func(i int) float64, delta, xdot []float64) []float64 {
	hatDot := o.project(func(i int) float64 { return xdot[i] })
	w := func(i int) float64 { return o.gamma[o.params[i]] * delta[i] }
	corr := o.means(func(i int) float64 { return o.hat(i) * xdot[i] })
	corrW := o.means(func(i int) float64 { return w(i) * o.hat(i) })
	cross := o.means(func(i int) float64 { return w(i) * hatDot[i] })
	projected := o.project(func(i int) float64 {
		s := o.sets[i]
		q := -o.r[s] * (w(i)*corr[s] + xdot[i]*corrW[s])
		if o.frozen {
			q = 0
		}
		return o.gamma[o.params[i]]*ybar(i) + q
	})
	return o.each(func(i int) float64 {
		s := o.sets[i]
		return projected[i] - o.r[s]*o.hat(i)*cross[s]
	})
}

func TestNormPasses(t *testing.T) {
	const eps = 1e-3
	for _, p := range precisions {
		for _, test := range []struct {
			name   string
			shape  device.Shape
			norm   kernels.Norm
			params int // 0 for the channels
			plain  bool
		}{
			{"batch", device.Shape{3, 2, 5, 17}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
			{"batch of vectors", device.Shape{6, 33}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
			{"batch, frozen", device.Shape{2, 3, 1, 5}, kernels.Norm{Kind: kernels.NormBatch, Frozen: true}, 0, false},
			{"instance", device.Shape{3, 5, 3, 18}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
			{"instance, not affine", device.Shape{2, 4, 4, 3}, kernels.Norm{Kind: kernels.NormInstance}, 0, true},
			{"instance of one channel", device.Shape{1, 2, 3, 1}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
			{"layer", device.Shape{3, 3, 2, 5}, kernels.Norm{Kind: kernels.NormLayer}, 30, false},
			{"layer, per channel", device.Shape{3, 3, 2, 5}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
			{"layer of one channel", device.Shape{2, 3, 3, 1}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
			{"layer of vectors", device.Shape{4, 19}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
		} {
			t.Run(p.name+"/"+test.name, func(t *testing.T) {
				length, channels := test.shape.Len(), test.shape.Last()
				like := func(seed int, scale float64) *device.Tensor {
					return tensorOn(t, p.dev, test.shape, wave(length+seed, scale)[seed:]...)
				}
				x, dy, ybar, delta, xdot := like(0, 2), like(1, 1), like(2, 0.8), like(3, 0.7), like(4, 1)
				o := normOracle{x: valuesOf(x), frozen: test.norm.Frozen}
				params := max(test.params, channels)
				for i := range length {
					n, c := i/test.shape.RowLen(), i%channels
					o.sets = append(o.sets, map[kernels.NormKind]int{kernels.NormBatch: c, kernels.NormInstance: n*channels + c, kernels.NormLayer: n}[test.norm.Kind])
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
				mean, variance, r, meanDot, corr := stat(), stat(), stat(), stat(), stat()
				out := tensorOn(t, p.dev, test.shape, math.NaN())

				forward := tensorOn(t, p.dev, test.shape, math.NaN())
				require.NoError(t, kernels.NormForward(forward, mean, variance, r, x, gamma, beta, eps, test.norm))
				frozen := o.frozen
				o.frozen = false
				o.mean = o.means(func(i int) float64 { return o.x[i] })
				square := o.means(func(i int) float64 { d := o.x[i] - o.mean[o.sets[i]]; return d * d })
				o.frozen = frozen
				closeTo(t, o.mean, valuesOf(mean), p.tol, "mean")
				closeTo(t, square, valuesOf(variance), p.tol, "variance")
				for _, v := range square {
					o.r = append(o.r, 1/math.Sqrt(v+eps))
				}
				closeTo(t, o.r, valuesOf(r), p.tol, "r")

				require.NoError(t, kernels.NormApply(out, x, mean, r, gamma, beta, test.norm))
				closeTo(t, o.each(func(i int) float64 { return o.gamma[o.params[i]]*o.hat(i) + o.beta[o.params[i]] }), valuesOf(out), p.tol, "y")
				closeTo(t, valuesOf(out), valuesOf(forward), p.tol, "y with its own statistics")

				dyv := valuesOf(dy)
				require.NoError(t, kernels.NormBackward(out, dy, x, mean, r, gamma, test.norm))
				closeTo(t, o.project(func(i int) float64 { return o.gamma[o.params[i]] * dyv[i] }), valuesOf(out), p.tol, "dx")

				xdotv := valuesOf(xdot)
				hatDot := o.project(func(i int) float64 { return xdotv[i] })
				require.NoError(t, kernels.NormTangent(out, meanDot, corr, xdot, x, mean, r, gamma, test.norm))
				closeTo(t, o.each(func(i int) float64 { return o.gamma[o.params[i]] * hatDot[i] }), valuesOf(out), p.tol, "ẏ")
				closeTo(t, o.means(func(i int) float64 { return xdotv[i] }), valuesOf(meanDot), p.tol, "mean ẋ")
				closeTo(t, o.means(func(i int) float64 { return o.hat(i) * xdotv[i] }), valuesOf(corr), p.tol, "mean x'ẋ")

				if !test.norm.Frozen {
					ybarv := valuesOf(ybar)
					require.NoError(t, kernels.NormSecond(out, ybar, delta, xdot, x, mean, r, meanDot, corr, gamma, test.norm))
					closeTo(t, o.second(func(i int) float64 { return ybarv[i] }, valuesOf(delta), xdotv), valuesOf(out), p.tol, "x̄")
					require.NoError(t, kernels.NormSecond(out, nil, delta, xdot, x, mean, r, meanDot, corr, gamma, test.norm))
					closeTo(t, o.second(func(int) float64 { return 0 }, valuesOf(delta), xdotv), valuesOf(out), p.tol, "x̄ for ȳ = 0")
				} else {
					require.NoError(t, kernels.NormSecond(out, ybar, delta, xdot, x, mean, r, meanDot, corr, gamma, test.norm))
					closeTo(t, o.each(func(i int) float64 { return o.gamma[o.params[i]] * o.r[o.sets[i]] * valuesOf(ybar)[i] }), valuesOf(out), p.tol, "x̄")
				}
				if test.plain {
					return
				}
				dgamma, dbeta := tensorOn(t, p.dev, device.Shape{params}, 0.5), tensorOn(t, p.dev, device.Shape{params}, -0.5)
				startGamma, startBeta := valuesOf(dgamma), valuesOf(dbeta)
				require.NoError(t, kernels.NormParamGrad(dgamma, dbeta, dy, x, mean, r, test.norm))
				wantGamma := o.param(startGamma, func(i int) float64 { return dyv[i] * o.hat(i) })
				closeTo(t, wantGamma, valuesOf(dgamma), p.tol, "dγ")
				closeTo(t, o.param(startBeta, func(i int) float64 { return dyv[i] }), valuesOf(dbeta), p.tol, "dβ")
				deltav := valuesOf(delta)
				require.NoError(t, kernels.NormTangentParamGrad(dgamma, delta, xdot, x, mean, r, meanDot, corr, test.norm))
				closeTo(t, o.param(wantGamma, func(i int) float64 { return deltav[i] * hatDot[i] }), valuesOf(dgamma), 2*p.tol, "dγ of the tangent")
			})
		}
	}
}

// TestNormForwardFarFromZero takes statistics of numbers whose squares cancel in float32.
func TestNormForwardFarFromZero(t *testing.T) {
	dev := device.NewCPU(1)
	values := make([]float64, 4096)
	for i := range values {
		values[i] = 1000 + float64(i%2)/8 // variance 1/256
	}
	x := tensorOn(t, dev, device.Shape{4096, 1}, values...)
	mean, variance, r := tensorOn(t, dev, device.Shape{1}), tensorOn(t, dev, device.Shape{1}), tensorOn(t, dev, device.Shape{1})
	y := tensorOn(t, dev, x.Shape())
	require.NoError(t, kernels.NormForward(y, mean, variance, r, x, nil, nil, 1e-5, kernels.Norm{Kind: kernels.NormBatch}))
	assert.Equal(t, []float64{1000.0625}, valuesOf(mean))
	assert.Equal(t, []float64{1.0 / 256}, valuesOf(variance))
	assert.InEpsilon(t, 1/math.Sqrt(1.0/256+1e-5), valuesOf(r)[0], 1e-7)
}

// TestNormOfEqualNumbers normalises sets without any variance: zeros come out, not NaN.
func TestNormOfEqualNumbers(t *testing.T) {
	dev := device.NewCPU(1)
	shape := device.Shape{2, 3, 3, 1}
	n := kernels.Norm{Kind: kernels.NormInstance}
	x, y, u := tensorOn(t, dev, shape, 0.3), tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(18, 1)...)
	stat := func() *device.Tensor { return tensorOn(t, dev, device.Shape{2}) }
	mean, variance, r, meanDot, corr := stat(), stat(), stat(), stat(), stat()
	require.NoError(t, kernels.NormForward(y, mean, variance, r, x, nil, nil, 1e-5, n))
	assert.Equal(t, make([]float64, 18), valuesOf(y))
	require.NoError(t, kernels.NormApply(y, x, mean, r, nil, nil, n))
	for _, v := range valuesOf(y) {
		assert.InDelta(t, 0, v, 1e-4) // the rounded mean is not quite the number
	}
	require.NoError(t, kernels.NormBackward(y, u, x, mean, r, nil, n))
	assert.NotContains(t, fmt.Sprint(valuesOf(y)), "NaN")
	require.NoError(t, kernels.NormTangent(y, meanDot, corr, u, x, mean, r, nil, n))
	require.NoError(t, kernels.NormSecond(y, nil, u, u, x, mean, r, meanDot, corr, nil, n))
	assert.NotContains(t, fmt.Sprint(valuesOf(y)), "NaN")
}

func TestNormRunning(t *testing.T) {
	dev := device.NewCPU64(1)
	rm, rv := tensorOn(t, dev, device.Shape{2}, 1, 2), tensorOn(t, dev, device.Shape{2}, 3, 4)
	m, v := tensorOn(t, dev, device.Shape{2}, 5, -5), tensorOn(t, dev, device.Shape{2}, 8, 16)
	require.NoError(t, kernels.NormRunning(rm, rv, m, v, 0.25, 1.5))
	assert.Equal(t, []float64{2, 0.25}, valuesOf(rm))
	assert.Equal(t, []float64{5.25, 9}, valuesOf(rv))
	require.NoError(t, kernels.NormRunning(rm, rv, m, v, 0, 1.5))
	assert.Equal(t, []float64{2, 0.25}, valuesOf(rm), "momentum 0 keeps what there is")
	require.NoError(t, kernels.NormRunning(rm, rv, m, v, 1, 1))
	assert.Equal(t, []float64{8, 16}, valuesOf(rv), "momentum 1 forgets it")
	r := tensorOn(t, dev, device.Shape{2})
	require.NoError(t, kernels.NormRoot(r, v, 9))
	closeTo(t, []float64{1 / math.Sqrt(17), 0.2}, valuesOf(r), 1e-15, "root")
}
