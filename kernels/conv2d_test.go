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

// eachTap visits all pairs of an input and an output that a convolution connects, with their weight,
// as indices into x (N,H,W,C), y (N,OH,OW,O) and w (O,KH,KW,C).
func eachTap(x, y, w device.Shape, g kernels.Window, visit func(x, y, w int)) {
	for n := range x[0] {
		for i := range y[1] {
			for j := range y[2] {
				for o := range y[3] {
					for a := range g.KernelH {
						for b := range g.KernelW {
							h, v := i*g.StrideH-g.Top+a, j*g.StrideW-g.Left+b
							if h < 0 || h >= x[1] || v < 0 || v >= x[2] {
								continue
							}
							for c := range x[3] {
								visit(((n*x[1]+h)*x[2]+v)*x[3]+c, ((n*y[1]+i)*y[2]+j)*y[3]+o, ((o*w[1]+a)*w[2]+b)*w[3]+c)
							}
						}
					}
				}
			}
		}
	}
}

func TestConvolutionPasses(t *testing.T) {
	for _, p := range precisions {
		for _, test := range []struct {
			name          string
			n, h, w, c, o int
			g             kernels.Window
		}{
			{"k3 s1 p1", 2, 5, 7, 2, 3, kernels.Square(3, 1, 1)},
			{"k4 s2 p1", 3, 8, 6, 3, 5, kernels.Square(4, 2, 1)},
			{"k4 s2 p1, odd size", 1, 7, 9, 1, 2, kernels.Square(4, 2, 1)},
			{"k4 s2 p0, one position", 3, 4, 4, 5, 2, kernels.Square(4, 2, 0)},
			{"k5 s2 same", 2, 14, 13, 1, 4, kernels.Same(5, 2, 14, 13)},
			{"sides all different", 2, 6, 5, 3, 2, kernels.Window{KernelH: 2, KernelW: 3, StrideH: 3, StrideW: 1, Top: 1, Bottom: 2, Left: 0, Right: 3}},
			{"stride longer than kernel", 2, 9, 8, 2, 3, kernels.Window{KernelH: 2, KernelW: 1, StrideH: 3, StrideW: 4}},
			{"kernel longer than image", 1, 2, 3, 2, 2, kernels.Square(5, 1, 2)},
			{"windows of zeros only", 2, 1, 2, 2, 3, kernels.Square(2, 1, 4)},
			{"1×1", 3, 4, 3, 7, 5, kernels.Square(1, 1, 0)},
			{"one number", 1, 1, 1, 1, 1, kernels.Square(1, 1, 0)},
			{"k4 s2 p1, wide", 3, 8, 8, 16, 48, kernels.Square(4, 2, 1)},
			{"wide", 5, 9, 9, 17, 70, kernels.Square(3, 1, 1)},
		} {
			t.Run(p.name+"/"+test.name, func(t *testing.T) {
				oh, ow := test.g.Out(test.h, test.w)
				xs, ys, ws := device.Shape{test.n, test.h, test.w, test.c}, device.Shape{test.n, oh, ow, test.o}, device.Shape{test.o, test.g.KernelH, test.g.KernelW, test.c}
				x, y, w := tensorOn(t, p.dev, xs, wave(xs.Len(), 1)...), tensorOn(t, p.dev, ys, wave(ys.Len(), 0.7)...), tensorOn(t, p.dev, ws, wave(ws.Len(), 0.3)...)
				xv, yv, wv := valuesOf(x), valuesOf(y), valuesOf(w)
				forward, input, weight := make([]float64, ys.Len()), make([]float64, xs.Len()), append([]float64(nil), wv...)
				eachTap(xs, ys, ws, test.g, func(xi, yi, wi int) {
					forward[yi] += xv[xi] * wv[wi]
					input[xi] += yv[yi] * wv[wi]
					weight[wi] += yv[yi] * xv[xi]
				})
				out := tensorOn(t, p.dev, ys, math.NaN())
				require.NoError(t, kernels.Conv2D(out, x, w, test.g))
				closeTo(t, forward, valuesOf(out), p.tol, "forward")
				b := tensorOn(t, p.dev, device.Shape{test.o}, wave(test.o, 0.5)...)
				finish(forward, valuesOf(b))
				require.NoError(t, kernels.Conv2DBias(out, x, w, b, 0.2, test.g))
				closeTo(t, forward, valuesOf(out), p.tol, "forward with bias and LeakyReLU")
				dx := tensorOn(t, p.dev, xs, math.NaN())
				require.NoError(t, kernels.Conv2DInput(dx, y, w, test.g))
				closeTo(t, input, valuesOf(dx), p.tol, "input")
				b = tensorOn(t, p.dev, device.Shape{test.c}, wave(test.c, 0.5)...)
				finish(input, valuesOf(b))
				require.NoError(t, kernels.Conv2DInputBias(dx, y, w, b, 0.2, test.g))
				closeTo(t, input, valuesOf(dx), p.tol, "input with bias and LeakyReLU")
				require.NoError(t, kernels.Conv2DWeight(w, x, y, test.g))
				closeTo(t, weight, valuesOf(w), p.tol, "weight, which accumulates")
			})
		}
	}
}

// finish computes y = leaky(y + b) with slope 0.2, for rows y as long as b.
func finish(y, b []float64) {
	for i := range y {
		if y[i] += b[i%len(b)]; y[i] < 0 {
			y[i] *= 0.2
		}
	}
}

// TestConvolutionInParts convolves more samples than the patch matrix has room for: each must come out
// as in a batch of its own.
func TestConvolutionInParts(t *testing.T) {
	dev := device.NewCPU(2)
	defer dev.Close()
	g := kernels.Square(4, 1, 2)
	xs, ys, ws := device.Shape{10, 64, 64, 8}, device.Shape{10, 65, 65, 3}, device.Shape{3, 4, 4, 8}
	require.Greater(t, 65*65*4*4*8*10, 4<<20, "the batch fits at once")
	x, y, w := tensorOn(t, dev, xs, wave(5000, 1)...), tensorOn(t, dev, ys, wave(1777, 1)...), tensorOn(t, dev, ws, wave(ws.Len(), 0.1)...)
	forward, input, weight := tensorOn(t, dev, ys), tensorOn(t, dev, xs), tensorOn(t, dev, ws)
	require.NoError(t, kernels.Conv2D(forward, x, w, g))
	require.NoError(t, kernels.Conv2DInput(input, y, w, g))
	require.NoError(t, kernels.Conv2DWeight(weight, x, y, g))

	single := tensorOn(t, dev, ws)
	xs[0], ys[0] = 1, 1
	for n := range 10 {
		x, y := x.Slice(n*xs.Len(), xs), y.Slice(n*ys.Len(), ys)
		one, dx := tensorOn(t, dev, ys), tensorOn(t, dev, xs)
		require.NoError(t, kernels.Conv2D(one, x, w, g))
		require.NoError(t, kernels.Conv2DInput(dx, y, w, g))
		require.NoError(t, kernels.Conv2DWeight(single, x, y, g))
		require.Equal(t, device.Data[float32](one), device.Data[float32](forward)[n*ys.Len():(n+1)*ys.Len()], "forward %d", n)
		require.Equal(t, device.Data[float32](dx), device.Data[float32](input)[n*xs.Len():(n+1)*xs.Len()], "input %d", n)
	}
	got, want := valuesOf(weight), valuesOf(single)
	for i := range want {
		assert.InDelta(t, want[i], got[i], 0.01, "weight %d of sums of 42250 products", i)
	}
}

func TestWindow(t *testing.T) {
	for _, test := range []struct {
		g          kernels.Window
		h, w       int
		wantH, out int
	}{
		{kernels.Square(4, 2, 1), 64, 32, 32, 16},
		{kernels.Square(4, 2, 1), 7, 9, 3, 4},
		{kernels.Square(4, 2, 0), 4, 5, 1, 1},
		{kernels.Square(3, 1, 1), 1, 5, 1, 5},
		{kernels.Square(5, 1, 1), 2, 3, 0, 1},
		{kernels.Square(5, 3, 0), 4, 2, 0, 0},
		{kernels.Same(5, 2, 28, 14), 28, 14, 14, 7},
		{kernels.Same(5, 2, 7, 1), 7, 1, 4, 1},
		{kernels.Same(1, 3, 7, 6), 7, 6, 3, 2},
		{kernels.Same(4, 1, 5, 3), 5, 3, 5, 3},
	} {
		oh, ow := test.g.Out(test.h, test.w)
		assert.Equal(t, [2]int{test.wantH, test.out}, [2]int{oh, ow}, "%+v of %d×%d", test.g, test.h, test.w)
	}
	assert.Equal(t, kernels.Window{KernelH: 5, KernelW: 5, StrideH: 2, StrideW: 2, Top: 1, Bottom: 2, Left: 1, Right: 2}, kernels.Same(5, 2, 28, 14))
	assert.Equal(t, kernels.Window{KernelH: 5, KernelW: 5, StrideH: 2, StrideW: 2, Top: 2, Bottom: 2, Left: 2, Right: 2}, kernels.Same(5, 2, 7, 1))
	assert.NoError(t, kernels.Square(1, 1, 0).Validate())
	for i, g := range []kernels.Window{
		{}, kernels.Square(0, 1, 0), kernels.Square(3, 0, 0), kernels.Square(3, 1, -1),
		{KernelW: 1, StrideH: 1, StrideW: 1}, {KernelH: 1, StrideH: 1, StrideW: 1}, {KernelH: 1, KernelW: 1, StrideW: 1},
		{KernelH: 1, KernelW: 1, StrideH: 1, StrideW: -1}, {KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, Top: -1, Bottom: 2}, {KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, Right: -1},
	} {
		assert.Error(t, g.Validate(), fmt.Sprint(i))
	}
}

// TestSameImpulse convolves an impulse with 'same' padding, as TensorFlow pads: 1 before, 2 after for
// even sizes. The response is the kernel, seen from the impulse.
func TestSameImpulse(t *testing.T) {
	dev := device.NewCPU64(1)
	x, y := tensorOn(t, dev, device.Shape{1, 1, 28, 1}), tensorOn(t, dev, device.Shape{1, 1, 14, 1})
	w := tensorOn(t, dev, device.Shape{1, 1, 5, 1}, 1, 2, 3, 4, 5)
	g := kernels.Window{KernelH: 1, KernelW: 5, StrideH: 1, StrideW: 2}
	same := kernels.Same(5, 2, 28, 28)
	g.Left, g.Right = same.Left, same.Right
	device.Data[float64](x)[0] = 1
	require.NoError(t, kernels.Conv2D(y, x, w, g))
	assert.Equal(t, []float64{2, 0, 0}, valuesOf(y)[:3], "one zero before the first number")
	device.Data[float64](x)[0], device.Data[float64](x)[27] = 0, 1
	require.NoError(t, kernels.Conv2D(y, x, w, g))
	assert.Equal(t, []float64{0, 5, 3}, valuesOf(y)[11:], "two zeros behind the last number")
}
