package kernels_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"ganlib/device"
	"ganlib/kernels"
)

// gemmCase is op(A)·op(B), of (m,k) and (k,n), stored to one matrix and added to another. skip leaves out the
// first elements of the tensors' memory, whose addresses are then odd.
func gemmCase(m, n, k int, ta, tb kernels.Trans, skip int) cudaCase {
	as, bs := device.Shape{m, k}, device.Shape{k, n}
	if ta {
		as = device.Shape{k, m}
	}
	if tb {
		bs = device.Shape{n, k}
	}
	return cudaCase{fmt.Sprint(m, n, k, ta, tb, skip), func(t testing.TB, dev device.Device) step {
		matrix := func(shape device.Shape, scale float64) *device.Tensor {
			n := min(shape.Len(), 50000) + skip
			return tensorOn(t, dev, device.Shape{shape.Len() + skip}, wave(n, scale)...).Slice(skip, shape)
		}
		c, sum, a, b := matrix(device.Shape{m, n}, math.NaN()), matrix(device.Shape{m, n}, 3), matrix(as, 0.7), matrix(bs, 1)
		return step{func() error {
			return errors.Join(kernels.Gemm(c, a, b, ta, tb, false), kernels.Gemm(sum, a, b, ta, tb, true))
		}, []*device.Tensor{c, sum}, []*device.Tensor{a, b}}
	}}
}

// TestGemmBiasOnGPU has products that are cut into slices, and others.
func TestGemmBiasOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, size := range [][3]int{{1, 1, 1}, {3, 5, 7}, {65, 67, 257}, {33, 2, 700}, {64, 64, 16}} {
		for _, slope := range []float64{0.2, 1} {
			cases = append(cases, cudaCase{fmt.Sprint(size, slope), func(t testing.TB, dev device.Device) step {
				m, n, k := size[0], size[1], size[2]
				c, a, b := tensorOn(t, dev, device.Shape{m, n}, math.NaN()), tensorOn(t, dev, device.Shape{m, k}, wave(m*k, 0.7)...), tensorOn(t, dev, device.Shape{n, k}, wave(n*k, 1)...)
				bias := tensorOn(t, dev, device.Shape{n}, wave(n, 2)...)
				return step{func() error { return kernels.GemmBias(c, a, b, bias, slope, kernels.NoTrans, kernels.Transp) }, []*device.Tensor{c}, []*device.Tensor{a, b, bias}}
			}})
		}
	}
	equivalent(t, cases)
}

// eachTrans makes the cases of a size in all combinations.
func eachTrans(m, n, k, skip int) (cases []cudaCase) {
	for _, ta := range []kernels.Trans{kernels.NoTrans, kernels.Transp} {
		for _, tb := range []kernels.Trans{kernels.NoTrans, kernels.Transp} {
			cases = append(cases, gemmCase(m, n, k, ta, tb, skip))
		}
	}
	return cases
}

func TestGemmOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, size := range [][3]int{{1, 1, 1}, {3, 5, 7}, {1, 200, 3}, {200, 1, 40}, {65, 67, 257}, {130, 2, 300}, {68, 132, 36}, {64, 64, 16}} {
		cases = append(cases, eachTrans(size[0], size[1], size[2], 0)...)
	}
	equivalent(t, append(cases, eachTrans(8, 12, 20, 1)...))
}

// TestGemmTilingsOnGPU gives every version of the kernel a product that neither fills tiles nor slabs.
func TestGemmTilingsOnGPU(t *testing.T) {
	for _, name := range []string{"128x128", "64x64", "tall", "any"} {
		t.Run(name, func(t *testing.T) {
			kernels.OnlyTiling(t, name)
			n := 140
			if name == "tall" {
				n = 3
			}
			equivalent(t, append(eachTrans(132, n, 36, 0), eachTrans(300, n, 4, 0)...))
		})
	}
}

// TestLongSumsOnGPU adds up to 50 000 products, as the weight gradients of large batches do: in many slices,
// in few, and in one.
func TestLongSumsOnGPU(t *testing.T) {
	cases := []cudaCase{
		gemmCase(8, 12, 50000, kernels.Transp, kernels.NoTrans, 0), gemmCase(8, 12, 9000, kernels.NoTrans, kernels.Transp, 0),
		gemmCase(5, 3, 5001, kernels.NoTrans, kernels.NoTrans, 0), gemmCase(8, 3, 9000, kernels.NoTrans, kernels.Transp, 0),
		gemmCase(68, 72, 1600, kernels.NoTrans, kernels.NoTrans, 0),
	}
	for _, n := range []int{132, 1} {
		t.Run(fmt.Sprintf("%d processors", n), func(t *testing.T) {
			kernels.FewProcessors(t, n)
			equivalent(t, cases)
		})
	}
}
