package conformance_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/losses"
)

// critics are small versions of the networks that gradient penalties are used with.
var critics = []struct {
	name  string
	input device.Shape
	build func() []layers.Layer
}{
	{"mlp", device.Shape{4, 4, 1}, func() []layers.Layer {
		return []layers.Layer{
			&layers.Flatten{}, &layers.Linear{In: 16, Out: 8, Bias: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Linear{In: 8, Out: 6, Bias: true}, &layers.LeakyReLU{Slope: 0.2}, &layers.Linear{In: 6, Out: 1, Bias: true},
		}
	}},
	{"smooth mlp", device.Shape{5}, func() []layers.Layer {
		return []layers.Layer{
			&layers.Linear{In: 5, Out: 8, Bias: true}, &layers.Tanh{}, &layers.Linear{In: 8, Out: 6, Bias: true}, &layers.Sigmoid{},
			&layers.LayerNorm{Shape: device.Shape{6}, Eps: 1e-5}, &layers.Linear{In: 6, Out: 1, Bias: true},
		}
	}},
	{"cat faces, instance norm", device.Shape{16, 16, 3}, func() []layers.Layer {
		return catFaces(&layers.InstanceNorm{Features: 8, Eps: 1e-5, Affine: true})
	}},
	{"cat faces, layer norm", device.Shape{16, 16, 3}, func() []layers.Layer {
		return catFaces(&layers.LayerNorm{Shape: device.Shape{4, 4, 8}, Eps: 1e-5})
	}},
	{"cat faces, no norm", device.Shape{16, 16, 3}, func() []layers.Layer { return catFaces() }},
	{"keras", device.Shape{8, 8, 1}, func() []layers.Layer {
		return []layers.Layer{
			&layers.Conv2D{In: 1, Out: 4, Window: kernels.Same(5, 2, 8, 8), Bias: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Conv2D{In: 4, Out: 6, Window: kernels.Same(5, 2, 4, 4), Bias: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Flatten{Order: layers.HWC}, &layers.Linear{In: 24, Out: 1, Bias: true},
		}
	}},
}

// catFaces is the critic for images of 16×16 pixels with 4 features, and a norm in its block.
func catFaces(norm ...layers.Layer) []layers.Layer {
	list := []layers.Layer{
		&layers.Conv2D{In: 3, Out: 4, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.LeakyReLU{Slope: 0.2},
		&layers.Conv2D{In: 4, Out: 8, Window: kernels.Square(4, 2, 1)},
	}
	list = append(list, norm...)
	return append(list, &layers.LeakyReLU{Slope: 0.2},
		&layers.Conv2D{In: 8, Out: 1, Window: kernels.Square(4, 2, 0), Bias: true}, &layers.Reshape{Shape: device.Shape{1}})
}

// penalised is a critic and what its penalty is computed from.
type penalised struct {
	t       testing.TB
	net     *layers.Network
	ws      *device.Workspace
	tr      layers.Trace
	penalty losses.GradientPenalty
}

func newPenalised(t testing.TB, dev device.Device, input device.Shape, list []layers.Layer) *penalised {
	t.Helper()
	net, err := layers.NewNetwork(dev, "critic", input, list...)
	require.NoError(t, err)
	require.NoError(t, net.Init("pytorch", 3))
	c := &penalised{t: t, net: net, ws: device.NewWorkspace(dev), penalty: losses.PaperPenalty()}
	c.vary()
	return c
}

// vary poisons the workspace, and moves γ from 1 and β from 0, which would hide mistakes.
func (c *penalised) vary() {
	c.t.Helper()
	c.ws.SetPoison(true)
	for i, p := range c.net.Params() {
		if p.Role == layers.Scale || p.Role == layers.Shift {
			mean := map[layers.Role]float64{layers.Scale: 1}[p.Role]
			require.NoError(c.t, kernels.Normal(p.Value, mean, 0.3, device.Random{Seed: 5, Stream: uint32(i)}))
		}
	}
}

// batch returns n random samples with numbers in [-1,1).
func (c *penalised) batch(n int, stream uint32) *device.Tensor {
	c.t.Helper()
	x, err := c.net.Device().New(c.net.Input().Batch(n))
	require.NoError(c.t, err)
	require.NoError(c.t, kernels.Uniform(x, -1, 1, device.Random{Seed: 9, Stream: stream}))
	return x
}

// fill returns a tensor of one number repeated.
func (c *penalised) fill(shape device.Shape, value float64) *device.Tensor {
	c.t.Helper()
	x := c.ws.New(shape)
	require.NoError(c.t, kernels.Fill(x, value))
	return x
}

// direction makes the first three steps of the penalty: gradients g at x, norms, penalty and v.
func (c *penalised) direction(x *device.Tensor) (v, norms, penalty *device.Tensor) {
	c.t.Helper()
	y, err := c.net.Forward(&c.tr, c.ws, x, layers.Train)
	require.NoError(c.t, err)
	g, err := c.tr.Backward(c.fill(y.Shape(), 1), layers.Want{Input: layers.All, Params: layers.None})
	require.NoError(c.t, err)
	v, norms, penalty = c.ws.New(g.Shape()), c.ws.New(device.Shape{g.Shape()[0]}), c.ws.New(device.Shape{1})
	require.NoError(c.t, c.penalty.Direction(v, norms, penalty, g))
	return v, norms, penalty
}

// run computes the penalty at x and adds its parameter gradients.
func (c *penalised) run(x *device.Tensor) (penalty float64, norms, tangents []float64) {
	c.t.Helper()
	c.ws.Reset()
	v, n, p := c.direction(x)
	ydot, err := c.tr.Tangent(v)
	require.NoError(c.t, err)
	_, err = c.tr.TangentBackward(false)
	require.NoError(c.t, err)
	return numbers(p)[0], numbers(n), numbers(ydot)
}

// grads runs the penalty on zeroed gradients and returns them by parameter name.
func (c *penalised) grads(x *device.Tensor) (penalty float64, grads map[string][]float64) {
	c.t.Helper()
	require.NoError(c.t, c.net.ZeroGrad())
	penalty, _, _ = c.run(x)
	return penalty, c.gradients()
}

func (c *penalised) gradients() map[string][]float64 {
	grads := map[string][]float64{}
	for _, p := range c.net.Params() {
		grads[p.Name] = numbers(p.Grad)
	}
	return grads
}

// numbers returns a copy of a CPU tensor's elements.
func numbers(t *device.Tensor) []float64 {
	out := append([]float64(nil), device.Data[float64](t)...)
	for _, v := range device.Data[float32](t) {
		out = append(out, float64(v))
	}
	return out
}

// TestCheck06PenaltyGradients compares every parameter's gradient of the penalty with central differences.
func TestCheck06PenaltyGradients(t *testing.T) {
	for _, critic := range critics {
		for _, n := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", critic.name, n), func(t *testing.T) {
				c := newPenalised(t, device.NewCPU64(1), critic.input, critic.build())
				x := c.batch(n, 1)
				_, grads := c.grads(x)
				for _, p := range c.net.Params() {
					c.differences(p, x, grads[p.Name])
				}
			})
		}
	}
}

// differences compares grad with differences of the penalty along random directions and along single
// elements of p. A step that crosses a kink of the critic is halved.
func (c *penalised) differences(p *layers.Param, x *device.Tensor, grad []float64) {
	c.t.Helper()
	data := device.Data[float64](p.Value)
	start := append([]float64(nil), data...)
	random := device.Random{Seed: 4, Stream: device.Stream(p.Name)}
	at := func(w []float64, h float64) float64 {
		for i := range data {
			data[i] = start[i] + h*w[i]
		}
		c.ws.Reset()
		_, _, penalty := c.direction(x)
		return numbers(penalty)[0]
	}
	const directions, entries = 10, 20
	for trial := range directions + min(entries, len(data)) {
		w := make([]float64, len(data))
		if trial < directions {
			random.Step = uint64(trial)
			for i := range w {
				w[i] = float64(random.Normals(uint32(i / 4))[i%4])
			}
		} else {
			w[int(float64(len(data))*float64(random.Uniform(trial)))] = 1
		}
		want, size := 0.0, 0.0
		for i := range w {
			want += grad[i] * w[i]
			size += grad[i] * grad[i] * w[i] * w[i]
		}
		got, ok := 0.0, false
		for h := 0x1p-14; h > 0x1p-24 && !ok; h /= 2 {
			got = (at(w, h) - at(w, -h)) / (2 * h)
			ok = math.Abs(got-want) <= 1e-6*max(math.Abs(want), math.Sqrt(size), 1e-3)
		}
		assert.True(c.t, ok, "%s: %.10g: differences give %.10g", p.Name, want, got)
	}
	copy(data, start)
}

// TestCheck05PenaltyTangents checks Σ ḟ_i = Σ 2λ(n_i−1)·n_i/N, which holds since ḟ_i = ⟨v_i, g_i⟩.
func TestCheck05PenaltyTangents(t *testing.T) {
	for _, critic := range critics {
		t.Run(critic.name, func(t *testing.T) {
			const n = 7
			c := newPenalised(t, device.NewCPU64(1), critic.input, critic.build())
			penalty, norms, tangents := c.run(c.batch(n, 1))
			got, want, mean := 0.0, 0.0, 0.0
			for i, norm := range norms {
				got += tangents[i]
				want += 2 * c.penalty.Lambda * (norm - 1) * norm / n
				mean += (norm - 1) * (norm - 1) / n
			}
			assert.InEpsilon(t, want, got, 1e-12)
			assert.InEpsilon(t, c.penalty.Lambda*mean, penalty, 1e-12)
		})
	}
}

// TestCheck04PenaltyExactZeros names the parameters that nothing curved follows: their gradients are zero
// in every bit, those of all others are not.
func TestCheck04PenaltyExactZeros(t *testing.T) {
	for critic, zero := range map[string][]string{
		"mlp":                      {"1.bias", "3.bias", "5.bias"},
		"smooth mlp":               {"5.bias", "4.bias"},
		"cat faces, instance norm": {"3.bias", "5.bias"},
		"cat faces, layer norm":    {"3.bias", "5.bias"},
		"cat faces, no norm":       {"0.bias", "4.bias"},
		"keras":                    {"0.bias", "2.bias", "5.bias"},
	} {
		t.Run(critic, func(t *testing.T) {
			for _, spec := range critics {
				if spec.name != critic {
					continue
				}
				c := newPenalised(t, device.NewCPU(2), spec.input, spec.build())
				_, grads := c.grads(c.batch(5, 1))
				isZero := map[string]bool{}
				for _, name := range zero {
					require.Contains(t, grads, name)
					isZero[name] = true
				}
				for name, grad := range grads {
					biggest := 0.0
					for _, v := range grad {
						biggest = max(biggest, math.Abs(v))
					}
					assert.Equal(t, isZero[name], biggest == 0, "%s: %v", name, grad)
				}
			}
		})
	}
}

// TestCheck07PenaltySplits checks that a penalty of 8 samples is the mean of those of its halves, and so are
// the gradients.
func TestCheck07PenaltySplits(t *testing.T) {
	for _, critic := range critics {
		t.Run(critic.name, func(t *testing.T) {
			c := newPenalised(t, device.NewCPU64(1), critic.input, critic.build())
			x := c.batch(8, 1)
			rowLen := x.Shape().RowLen()
			half := c.net.Input().Batch(4)
			whole, wholeGrads := c.grads(x)
			first, firstGrads := c.grads(x.Slice(0, half))
			second, secondGrads := c.grads(x.Slice(4*rowLen, half))
			assert.InEpsilon(t, (first+second)/2, whole, 1e-12)
			for name, grad := range wholeGrads {
				for i, v := range grad {
					assert.InDelta(t, (firstGrads[name][i]+secondGrads[name][i])/2, v, 1e-12, name)
				}
			}
		})
	}
}

// TestCheck06PenaltyOfZeroCritic checks that a critic without any slope costs λ and gets no gradient.
func TestCheck06PenaltyOfZeroCritic(t *testing.T) {
	for _, critic := range critics {
		t.Run(critic.name, func(t *testing.T) {
			c := newPenalised(t, device.NewCPU(1), critic.input, critic.build())
			require.NoError(t, kernels.Fill(c.net.Values(), 0))
			penalty, grads := c.grads(c.batch(3, 1))
			assert.Equal(t, c.penalty.Lambda, penalty)
			for name, grad := range grads {
				assert.Equal(t, make([]float64, len(grad)), grad, name)
			}
		})
	}
}

// TestCheck04MergedBatch runs real, generated and interpolated samples as one batch: the loss's gradients
// come from the first two thirds, input gradients and penalty from the last.
func TestCheck04MergedBatch(t *testing.T) {
	for _, critic := range critics {
		for _, n := range []int{1, 15} {
			t.Run(fmt.Sprintf("%s/%d", critic.name, n), func(t *testing.T) {
				merged, lastBias := mergedGradients(t, device.NewCPU64(1), critic.input, critic.build(), n)
				apart := apartGradients(t, device.NewCPU64(1), critic.input, critic.build(), n)
				for name, grad := range apart {
					for i, want := range grad {
						assert.InDelta(t, want, merged[name][i], 1e-11, name)
					}
				}
				// In float32 the parts of 1/15 are rounded, and must still cancel.
				merged, _ = mergedGradients(t, device.NewCPU(2), critic.input, critic.build(), n)
				assert.Equal(t, []float64{0}, merged[lastBias], "nothing moves the last bias")
			})
		}
	}
}

// mergedGradients returns the parameter gradients of one WGAN-GP critic step on a merged batch, and
// the name of the critic's last bias.
func mergedGradients(t *testing.T, dev device.Device, input device.Shape, list []layers.Layer, n int) (grads map[string][]float64, lastBias string) {
	t.Helper()
	c := newPenalised(t, dev, input, list)
	all := c.ws.New(input.Batch(3 * n))
	for i, x := range c.samples(n) {
		require.NoError(t, kernels.Copy(c.ws.Rows(all, i*n, (i+1)*n), x))
	}
	scores, err := c.net.Forward(&c.tr, c.ws, all, layers.Train)
	require.NoError(t, err)
	d := c.fill(scores.Shape(), 1)
	rows := func(x *device.Tensor, i int) *device.Tensor { return c.ws.Rows(x, i*n, (i+1)*n) }
	require.NoError(t, losses.Wasserstein(c.ws.New(device.Shape{1}), rows(d, 0), rows(d, 1), rows(scores, 0), rows(scores, 1)))
	g, err := c.tr.Backward(d, layers.Want{Input: layers.From(2 * n), Params: layers.First(2 * n)})
	require.NoError(t, err)
	v := c.ws.New(g.Shape())
	require.NoError(t, c.penalty.Direction(v, nil, nil, g))
	var points layers.Trace
	require.NoError(t, c.tr.Rows(&points, 2*n, 3*n))
	_, err = points.Tangent(v)
	require.NoError(t, err)
	_, err = points.TangentBackward(false)
	require.NoError(t, err)
	params := c.net.Params()
	return c.gradients(), params[len(params)-1].Name
}

// apartGradients does the same with a batch for each kind of samples.
func apartGradients(t *testing.T, dev device.Device, input device.Shape, list []layers.Layer, n int) map[string][]float64 {
	t.Helper()
	c := newPenalised(t, dev, input, list)
	samples := c.samples(n)
	for i, slope := range []float64{-1, 1} {
		y, err := c.net.Forward(&c.tr, c.ws, samples[i], layers.Train)
		require.NoError(t, err)
		_, err = c.tr.Backward(c.fill(y.Shape(), slope/float64(n)), layers.Want{Input: layers.None, Params: layers.All})
		require.NoError(t, err)
	}
	c.run(samples[2])
	return c.gradients()
}

// samples returns real, generated and interpolated samples.
func (c *penalised) samples(n int) [3]*device.Tensor {
	c.t.Helper()
	real, fake, points := c.batch(n, 1), c.batch(n, 2), c.batch(n, 3)
	alpha := c.ws.New(device.Shape{n})
	require.NoError(c.t, kernels.Uniform(alpha, 0, 1, device.Random{Seed: 1}))
	require.NoError(c.t, kernels.Interpolate(points, real, fake, alpha))
	return [3]*device.Tensor{real, fake, points}
}

// TestGeneratorStepLeavesCritic checks by operation counts that a pass through the critic to its
// input computes no parameter gradient, and that a critic step computes no input gradient of real or
// generated samples.
func TestGeneratorStepLeavesCritic(t *testing.T) {
	spec := critics[2]
	c := newPenalised(t, device.NewCPU(1), spec.input, spec.build())
	var counter device.Counter
	y, err := c.net.Forward(&c.tr, c.ws, c.batch(4, 1), layers.Train)
	require.NoError(t, err)
	dy := c.fill(y.Shape(), -0.25)
	c.net.Device().SetCounter(&counter)

	_, err = c.tr.Backward(dy, layers.Want{Input: layers.All, Params: layers.None})
	require.NoError(t, err)
	for _, op := range []string{"conv2d weight", "bias grad", "norm parameter gradient"} {
		assert.Zero(t, counter.Calls(op), op)
	}
	assert.Equal(t, 3, counter.Calls("conv2d input"))
	assert.Equal(t, make([]float64, c.net.Grads().Len()), numbers(c.net.Grads()))

	counter.Reset()
	_, err = c.tr.Backward(dy, layers.Want{Input: layers.None, Params: layers.All})
	require.NoError(t, err)
	assert.Equal(t, 2, counter.Calls("conv2d input"), "the first layer has no use for one")
	assert.Equal(t, 3, counter.Calls("conv2d weight"))
}

// TestPenaltySizes compares norms and penalties of fresh networks with what other implementations
// report: the right order of magnitude says that scales and means are right.
func TestPenaltySizes(t *testing.T) {
	for _, test := range []struct {
		name      string
		init      string
		input     device.Shape
		list      []layers.Layer
		norm, tol float64
	}{
		{"mnist mlp", "pytorch", device.Shape{28, 28, 1}, []layers.Layer{
			&layers.Flatten{}, &layers.Linear{In: 784, Out: 1024, Bias: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Linear{In: 1024, Out: 512, Bias: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Linear{In: 512, Out: 256, Bias: true}, &layers.LeakyReLU{Slope: 0.2}, &layers.Linear{In: 256, Out: 1, Bias: true},
		}, 0.042, 0.015},
		{"cat faces 64, 8 features", "dcgan", device.Shape{64, 64, 3}, []layers.Layer{
			&layers.Conv2D{In: 3, Out: 8, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Conv2D{In: 8, Out: 16, Window: kernels.Square(4, 2, 1)}, &layers.InstanceNorm{Features: 16, Eps: 1e-5, Affine: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Conv2D{In: 16, Out: 32, Window: kernels.Square(4, 2, 1)}, &layers.InstanceNorm{Features: 32, Eps: 1e-5, Affine: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Conv2D{In: 32, Out: 64, Window: kernels.Square(4, 2, 1)}, &layers.InstanceNorm{Features: 64, Eps: 1e-5, Affine: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Conv2D{In: 64, Out: 1, Window: kernels.Square(4, 2, 0), Bias: true}, &layers.Reshape{Shape: device.Shape{1}},
		}, 1.0, 0.5},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newPenalised(t, device.NewCPU(2), test.input, test.list)
			require.NoError(t, c.net.Init(test.init, 1))
			_, norms, _ := c.run(c.batch(4, 1))
			mean := 0.0
			for _, n := range norms {
				mean += n / float64(len(norms))
			}
			assert.InDelta(t, test.norm, mean, test.tol)
			t.Logf("mean norm %.4f", mean)
		})
	}
}
