package kernels_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

// TestShapeErrors gives the operations of layers arguments of the wrong shape: the error must be a
// ShapeError that names operation, argument and shapes.
func TestShapeErrors(t *testing.T) {
	dev := device.NewCPU(1)
	of := func(dims ...int) *device.Tensor {
		var s device.Shape
		copy(s[:], dims)
		return tensorOn(t, dev, s)
	}
	g := kernels.Square(4, 2, 1)
	at := func(x *device.Tensor, sets int) kernels.NormAt {
		return kernels.NormAt{X: x, Mean: of(sets), R: of(sets), MeanDot: of(sets), Corr: of(sets)}
	}
	none := kernels.NormGrads{}
	batch, layer := kernels.Norm{Kind: kernels.NormBatch}, kernels.Norm{Kind: kernels.NormLayer}
	for _, test := range []struct {
		want string
		err  error
	}{
		{"kernels: gemm: b (3,4): want 5 as inner dimension, as in a (2,5)", kernels.Gemm(of(2, 4), of(2, 5), of(3, 4), kernels.NoTrans, kernels.NoTrans, false)},
		{"kernels: gemm: b (5,4): want 5 as inner dimension, as in a (2,5)", kernels.Gemm(of(2, 4), of(2, 5), of(5, 4), kernels.NoTrans, kernels.Transp, false)},
		{"kernels: gemm: c (4,2): want (2,4) for a (2,5), b (5,4)", kernels.Gemm(of(4, 2), of(2, 5), of(5, 4), kernels.NoTrans, kernels.NoTrans, false)},
		{"kernels: gemm: bias (3): want (4) for c (2,4)", kernels.GemmBias(of(2, 4), of(2, 5), of(5, 4), of(3), 1, kernels.NoTrans, kernels.NoTrans)},
		{"kernels: add bias: b (2): want (3) for y (4,3)", kernels.AddBias(of(4, 3), of(2))},
		{"kernels: add bias leakyrelu: b (2): want (3) for y (4,3)", kernels.AddBiasLeakyReLU(of(4, 3), of(2), 0)},
		{"kernels: bias grad: db (4): want (3) for dy (4,3)", kernels.BiasGrad(of(4), of(4, 3))},
		{"kernels: to planar: images (4,3): want (N,H,W,C)", kernels.ToPlanar(of(4, 3), of(4, 3))},
		{"kernels: to planar: y (2,7): want as many elements as in x (2,2,1,3)", kernels.ToPlanar(of(2, 7), of(2, 2, 1, 3))},
		{"kernels: from planar: images (2,6): want (N,H,W,C)", kernels.FromPlanar(of(2, 6), of(2, 2, 1, 3))},
		{"kernels: leakyrelu: y (2): want the shape of x (3)", kernels.LeakyReLU(of(2), of(3), 0)},
		{"kernels: leakyrelu mask: v (2): want the shape of x (3)", kernels.LeakyReLUMask(of(3), of(3), of(2), 0)},
		{"kernels: bias grad: db (2): want (3) for dy (2,3)", kernels.LeakyReLUMaskBias(of(2, 3), of(2, 3), of(2, 3), 0, of(2), of(2, 3))},
		{"kernels: leakyrelu mask: dst (2): want the shape of x (3)", kernels.LeakyReLUMask(of(2), of(3), of(3), 0)},
		{"kernels: tanh: y (2): want the shape of x (3)", kernels.Tanh(of(2), of(3))},
		{"kernels: sigmoid slope: v (2): want the shape of y (3)", kernels.SigmoidSlope(of(3), of(3), of(2))},
		{"kernels: tanh slope: dst (2): want the shape of y (3)", kernels.TanhSlope(of(2), of(3), of(3))},
		{"kernels: tanh second: ybar (2): want the shape of y (3)", kernels.TanhSecond(of(3), of(3), of(2), of(3), of(3))},
		{"kernels: sigmoid second: delta (2): want the shape of y (3)", kernels.SigmoidSecond(of(3), of(3), nil, of(3), of(2))},
		{"kernels: conv2d: x (2,48): want an image batch (N,H,W,C)", kernels.Conv2D(of(2, 2, 2, 5), of(2, 48), of(5, 4, 4, 3), g)},
		{"kernels: conv2d: weight (5,3,4,3): want (O,4,4,3) for x (2,4,4,3)", kernels.Conv2D(of(2, 2, 2, 5), of(2, 4, 4, 3), of(5, 3, 4, 3), g)},
		{"kernels: conv2d: weight (5,4,4,1): want 3 input channels, as in x (2,4,4,3)", kernels.Conv2D(of(2, 2, 2, 5), of(2, 4, 4, 3), of(5, 4, 4, 1), g)},
		{"kernels: conv2d input: b (4): want (3) for x (2,4,4,3)", kernels.Conv2DInputBias(of(2, 4, 4, 3), of(2, 2, 2, 5), of(5, 4, 4, 3), of(4), 1, g)},
		{"kernels: conv2d: b (4): want (5) for y (2,2,2,5)", kernels.Conv2DBias(of(2, 2, 2, 5), of(2, 4, 4, 3), of(5, 4, 4, 3), of(4), 1, g)},
		{"kernels: conv2d input: y (2,2,3,5): want (2,2,2,5) for x (2,4,4,3) and weight (5,4,4,3)", kernels.Conv2DInput(of(2, 4, 4, 3), of(2, 2, 3, 5), of(5, 4, 4, 3), g)},
		{"kernels: conv2d weight: y (1,2,2,5): want (2,2,2,5) for x (2,4,4,3) and weight (5,4,4,3)", kernels.Conv2DWeight(of(5, 4, 4, 3), of(2, 4, 4, 3), of(1, 2, 2, 5), g)},
		{"kernels: norm forward: x (6): want (N,…,C)", kernels.NormForward(of(6), of(3), of(3), of(3), of(6), nil, nil, 1, batch)},
		{"kernels: norm forward: variance (2): want 3 numbers for x (2,3)", kernels.NormForward(of(2, 3), of(3), of(2), of(3), of(2, 3), nil, nil, 1, batch)},
		{"kernels: norm apply: y (3,2): want the shape of x (2,3)", kernels.NormApply(of(3, 2), of(2, 3), of(3), of(3), nil, nil, batch)},
		{"kernels: norm apply: beta (2): want (3) for x (2,3)", kernels.NormApply(of(2, 3), of(2, 3), of(3), of(3), of(3), of(2), batch)},
		{"kernels: norm apply: gamma (12): want (3) for x (2,2,2,3)", kernels.NormApply(of(2, 2, 2, 3), of(2, 2, 2, 3), of(3), of(3), of(12), of(12), batch)},
		{"kernels: norm backward: dy (2,2): want the shape of x (2,3)", kernels.NormBackward(of(2, 3), none, of(2, 2), at(of(2, 3), 3), batch)},
		{"kernels: norm parameter gradient: mean (3): want 2 numbers for x (2,3)", kernels.NormBackward(nil, kernels.NormGrads{Gamma: of(3), Beta: of(3), Hi: 2}, of(2, 3), at(of(2, 3), 3), layer)},
		{"kernels: norm parameter gradient: dbeta (12): want as many numbers as in dgamma (3)", kernels.NormBackward(nil, kernels.NormGrads{Gamma: of(3), Beta: of(12), Hi: 2}, of(2, 2, 2, 3), at(of(2, 2, 2, 3), 2), layer)},
		{"kernels: norm backward: y (2,2): want the shape of x (2,3)", kernels.NormBackward(of(2, 3), none, of(2, 3), kernels.NormAt{X: of(2, 3), Mean: of(3), R: of(3), Y: of(2, 2)}, kernels.Norm{Leaky: true})},
		{"kernels: norm tangent: corr (1): want 3 numbers for x (2,3)", kernels.NormTangent(of(2, 3), of(2, 3), kernels.NormAt{X: of(2, 3), Mean: of(3), R: of(3), MeanDot: of(3), Corr: of(1)}, batch)},
		{"kernels: norm second: delta (3): want the shape of x (2,3)", kernels.NormSecond(of(2, 3), none, nil, of(3), of(2, 3), at(of(2, 3), 3), batch)},
		{"kernels: norm tangent parameter gradient: dgamma (2): want (3) for x (2,3)", kernels.NormSecond(nil, kernels.NormGrads{Gamma: of(2), Beta: of(2), Hi: 2}, nil, of(2, 3), of(2, 3), at(of(2, 3), 3), batch)},
		{"kernels: norm running: running variance (2): want 3 numbers for x (2,3)", kernels.NormForwardRunning(of(2, 3), of(3), of(3), of(3), of(2, 3), nil, nil, 1, kernels.NormRunning{Mean: of(3), Variance: of(2), Count: of(1)}, batch)},
		{"kernels: norm running: count (3): want (1)", kernels.NormForwardRunning(of(2, 3), of(3), of(3), of(3), of(2, 3), nil, nil, 1, kernels.NormRunning{Mean: of(3), Variance: of(3), Count: of(3)}, batch)},
		{"kernels: norm root: r (2): want the shape of variance (3)", kernels.NormRoot(of(2), of(3), 1)},
	} {
		assert.EqualError(t, test.err, test.want)
		assert.ErrorAs(t, test.err, new(*device.ShapeError), test.want)
	}
	assert.ErrorContains(t, kernels.Conv2D(of(2, 2, 2, 5), of(2, 4, 4, 3), of(5, 4, 4, 3), kernels.Square(4, 0, 1)), "kernels: conv2d: kernel 4×4, stride 0×0")
}

// TestMixedDevices gives operations tensors of two devices, and tensors without memory.
func TestMixedDevices(t *testing.T) {
	one, other := device.NewCPU(1), device.NewCPU64(1)
	shape := device.Shape{3, 3}
	a, b, foreign := tensorOn(t, one, shape), tensorOn(t, one, shape), tensorOn(t, other, shape)
	err := kernels.Gemm(a, b, foreign, kernels.NoTrans, kernels.NoTrans, false)
	assert.EqualError(t, err, fmt.Sprintf("kernels: gemm: tensor 2 (3,3) is on device cpu (reference engine, float64, 1 thread), want %v as the first", device.NewCPU(1)))

	nothing := device.NewWorkspace(one).New(device.Shape{0, 3})
	require.Error(t, nothing.Err())
	assert.ErrorIs(t, kernels.Tanh(nothing, nothing), nothing.Err())
	assert.ErrorContains(t, kernels.Tanh(nothing, nothing), "kernels: tanh: ")
}

// TestFlops checks what operations are counted as: a multiply-add is two.
func TestFlops(t *testing.T) {
	for _, dev := range []device.Device{device.NewCPU(1), device.NewMeta()} {
		var counter device.Counter
		dev.SetCounter(&counter)
		of := func(s device.Shape) *device.Tensor { return tensorOn(t, dev, s) }
		require.NoError(t, kernels.Gemm(of(device.Shape{2, 7}), of(device.Shape{5, 2}), of(device.Shape{7, 5}), kernels.Transp, kernels.Transp, true))
		assert.EqualValues(t, 2*2*7*5, counter.Flops("gemm"))
		x, y, w := of(device.Shape{3, 8, 6, 5}), of(device.Shape{3, 4, 3, 11}), of(device.Shape{11, 4, 4, 5})
		g := kernels.Square(4, 2, 1)
		require.NoError(t, kernels.Conv2D(y, x, w, g))
		require.NoError(t, kernels.Conv2DInput(x, y, w, g))
		require.NoError(t, kernels.Conv2DWeight(w, x, y, g))
		for _, op := range []string{"conv2d", "conv2d input", "conv2d weight"} {
			assert.Equal(t, 1, counter.Calls(op))
			assert.EqualValues(t, 2*3*4*3*11*4*4*5, counter.Flops(op))
		}
		require.Error(t, kernels.Conv2D(y, x, x, g))
		assert.Equal(t, 1, counter.Calls("conv2d"), "a call that fails does not count")
	}
}

// TestConcurrentUse runs operations that borrow scratch memory from several goroutines at a time.
func TestConcurrentUse(t *testing.T) {
	dev := device.NewCPU(3)
	defer dev.Close()
	var cases []stepCase
	for _, c := range stepCases {
		switch c.name {
		case "gemm", "conv2d", "conv2d input", "norm forward", "norm tangent", "tanh":
			cases = append(cases, c)
		}
	}
	require.Len(t, cases, 6)
	want := map[string][][]float64{}
	for _, c := range cases {
		s := c.build(t, dev)
		require.NoError(t, s.run())
		for _, r := range s.results {
			want[c.name] = append(want[c.name], valuesOf(r))
		}
	}
	var group sync.WaitGroup
	errs := make(chan error, 4*len(cases))
	for i := range 4 {
		for j := range cases {
			c := cases[(i+j)%len(cases)]
			s := c.build(t, dev)
			group.Go(func() {
				for range 5 {
					if err := s.run(); err != nil {
						errs <- err
						return
					}
				}
				for k, r := range s.results {
					for l, v := range valuesOf(r) {
						if v != want[c.name][k][l] {
							errs <- fmt.Errorf("%s: result %d, element %d: %g, alone %g", c.name, k, l, v, want[c.name][k][l])
							return
						}
					}
				}
			})
		}
	}
	group.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	assert.NoError(t, errors.Join(all...))
}
