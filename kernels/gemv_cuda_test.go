package kernels_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/kernels"
)

// vectorSizes have a side of 1, rows of a warp and of a block, numbers that go by four and that do not, pieces by the
// eight, four, two and one, and sums that several blocks share.
var vectorSizes = [][3]int{
	{1, 1, 1}, {1, 1, 300}, {1, 1, 20000}, {3, 1, 40003}, {200, 1, 40}, {33, 1, 700}, {9, 1, 8192}, {5, 1, 15000}, {2, 1, 33000},
	{1, 5, 7}, {1, 300, 3}, {1, 260, 131}, {1, 70, 2000}, {1, 3, 5001}, {1, 256, 400},
	{7, 9, 1}, {96, 260, 1}, {65, 4, 1}, {300, 512, 1},
}

func TestGemvOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, s := range vectorSizes {
		cases = append(cases, eachTrans(s[0], s[1], s[2], 0)...)
	}
	equivalent(t, append(append(cases, eachTrans(1, 260, 20, 1)...), eachTrans(20, 260, 1, 1)...))
}

func TestGemvBiasOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, s := range vectorSizes {
		for _, slope := range []float64{0.2, 1} {
			cases = append(cases, biasCase(s[0], s[1], s[2], slope))
		}
	}
	equivalent(t, cases)
}

// biasCase is leaky(A·Bᵀ + bias).
func biasCase(m, n, k int, slope float64) cudaCase {
	return cudaCase{fmt.Sprint(m, n, k, slope), func(t testing.TB, dev device.Device) step {
		c, a, b := tensorOn(t, dev, device.Shape{m, n}, wave(m*n, 9)...), tensorOn(t, dev, device.Shape{m, k}, wave(m*k, 0.7)...), tensorOn(t, dev, device.Shape{n, k}, wave(n*k, 1)...)
		bias := tensorOn(t, dev, device.Shape{n}, wave(n, 2)...)
		return step{func() error { return kernels.GemmBias(c, a, b, bias, slope, kernels.NoTrans, kernels.Transp) }, []*device.Tensor{c}, []*device.Tensor{a, b, bias}}
	}}
}

// headCase is the backward pass of a layer of one output, as one operation where there is one, and by its parts elsewhere.
func headCase(n, c int, r kernels.HeadRows, bias, input bool, skip int) cudaCase {
	return cudaCase{fmt.Sprint(n, c, r, bias, input, skip), func(t testing.TB, dev device.Device) step {
		of := func(scale float64, shape device.Shape) *device.Tensor {
			return tensorOn(t, dev, device.Shape{shape.Len() + skip}, wave(shape.Len()+skip, scale)...).Slice(skip, shape)
		}
		x, dy, w := of(0.7, device.Shape{n, c}), of(1, device.Shape{n, 1}), of(2, device.Shape{1, c})
		dw := of(3, device.Shape{1, c})
		results := []*device.Tensor{dw}
		var db, dx *device.Tensor
		if bias {
			db = of(4, device.Shape{1})
			results = append(results, db)
		}
		if input {
			dx = of(5, device.Shape{r.InputHi - r.InputLo, c})
			results = append(results, dx)
		}
		part := func(t *device.Tensor, lo, hi int) *device.Tensor {
			return t.Slice(lo*t.Shape()[1], device.Shape{hi - lo, t.Shape()[1]})
		}
		return step{func() error {
			if kernels.FusesHead(dy, n) {
				return kernels.HeadBackward(dx, dw, db, x, dy, w, r)
			}
			d := part(dy, r.Lo, r.Hi)
			err := kernels.Gemm(dw, d, part(x, r.Lo, r.Hi), kernels.Transp, kernels.NoTrans, true)
			if bias {
				err = errors.Join(err, kernels.BiasGrad(db, d))
			}
			if input {
				err = errors.Join(err, kernels.Gemm(dx, part(dy, r.InputLo, r.InputHi), w, kernels.NoTrans, kernels.NoTrans, false))
			}
			return err
		}, results, []*device.Tensor{x, dy, w}}
	}}
}

func TestHeadBackwardOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, size := range [][2]int{{1, 1}, {5, 3}, {64, 1}, {33, 260}, {96, 512}, {300, 70}, {1024, 5}} {
		n, c := size[0], size[1]
		all, some := kernels.HeadRows{Hi: n, InputHi: n}, kernels.HeadRows{Lo: n / 3, Hi: n/2 + 1, InputLo: n / 4, InputHi: n - n/5}
		cases = append(cases, headCase(n, c, all, true, true, 0), headCase(n, c, some, true, true, 0),
			headCase(n, c, some, false, true, 0), headCase(n, c, some, true, false, 0), headCase(n, c, all, true, true, 1))
	}
	equivalent(t, cases)
}

func TestHeadBackwardRefuses(t *testing.T) {
	dev := device.NewCPU(1)
	of := func(dims ...int) *device.Tensor {
		var s device.Shape
		copy(s[:], dims)
		return tensorOn(t, dev, s)
	}
	rows := kernels.HeadRows{Hi: 2, InputHi: 2}
	for want, err := range map[string]error{
		"dw (2): want 3 numbers for x (2,3)":        kernels.HeadBackward(nil, of(2), nil, of(2, 3), of(2), of(3), rows),
		"w (2): want 3 numbers for x (2,3)":         kernels.HeadBackward(nil, of(3), nil, of(2, 3), of(2), of(2), rows),
		"dy (3): want (2) for x (2,3)":              kernels.HeadBackward(nil, of(3), nil, of(2, 3), of(3), of(3), rows),
		"dx (3,3): want 2 rows of 3 numbers":        kernels.HeadBackward(of(3, 3), of(3), nil, of(2, 3), of(2), of(3), rows),
		"x (2,3): want rows 0 to 3 and 0 to 0":      kernels.HeadBackward(nil, of(3), nil, of(2, 3), of(2), of(3), kernels.HeadRows{Hi: 3}),
		"db (2): want (1)":                          kernels.HeadBackward(nil, of(3), of(2), of(2, 3), of(2), of(3), rows),
		"x (2,3): want a GPU and at most 1024 rows": kernels.HeadBackward(nil, of(3), nil, of(2, 3), of(2), of(3), rows),
	} {
		assert.ErrorContains(t, err, "kernels: head backward: "+want)
	}
}
