package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"

	"ganlib/device"
	"ganlib/kernels"
)

// precision is a device with the error that sums of numbers of size 1 may have on it.
type precision struct {
	name string
	dev  device.Device
	tol  float64
}

// precisions are float64, and float32 on every engine that the machine has.
var precisions = func() []precision {
	list := []precision{{"float64", device.NewCPU64(1), 1e-12}}
	for _, e := range device.Engines() {
		dev, err := device.NewCPUEngine(3, e)
		if err != nil {
			panic(err)
		}
		list = append(list, precision{e.String(), dev, 1e-5})
	}
	return list
}()

// close compares got with want; a NaN is never close.
func closeTo(t testing.TB, want, got []float64, tol float64, what string) {
	t.Helper()
	require.Len(t, got, len(want), what)
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*(1+math.Abs(want[i]))) {
			assert.Fail(t, "not close", "%s: element %d is %g, want %g within %g", what, i, got[i], want[i], tol)
			return
		}
	}
}

// multiply is op(A)·op(B) as it is defined, for op(A) of shape (m,k) and op(B) of shape (k,n).
func multiply(a, b []float64, m, n, k int, ta, tb kernels.Trans) []float64 {
	c := make([]float64, m*n)
	for i := range m {
		for j := range n {
			for l := range k {
				x, y := i*k+l, l*n+j
				if ta {
					x = l*m + i
				}
				if tb {
					y = j*k + l
				}
				c[i*n+j] += a[x] * b[y]
			}
		}
	}
	return c
}

func TestGemm(t *testing.T) {
	for _, p := range precisions {
		// Sizes on both sides of the tiles' rows, columns and depth.
		for _, size := range [][3]int{{1, 1, 1}, {3, 5, 7}, {1, 200, 3}, {64, 192, 64}, {63, 191, 129}, {65, 193, 257}, {130, 2, 300}} {
			m, n, k := size[0], size[1], size[2]
			for _, ta := range []kernels.Trans{kernels.NoTrans, kernels.Transp} {
				for _, tb := range []kernels.Trans{kernels.NoTrans, kernels.Transp} {
					t.Run(fmt.Sprint(p.name, size, ta, tb), func(t *testing.T) {
						as, bs := device.Shape{m, k}, device.Shape{k, n}
						if ta {
							as = device.Shape{k, m}
						}
						if tb {
							bs = device.Shape{n, k}
						}
						a, b := tensorOn(t, p.dev, as, wave(m*k, 1)...), tensorOn(t, p.dev, bs, wave(k*n+3, 0.3)[3:]...)
						want := multiply(valuesOf(a), valuesOf(b), m, n, k, ta, tb)
						c := tensorOn(t, p.dev, device.Shape{m, n}, math.NaN())
						require.NoError(t, kernels.Gemm(c, a, b, ta, tb, false))
						closeTo(t, want, valuesOf(c), p.tol, "product")
						require.NoError(t, kernels.Gemm(c, a, b, ta, tb, true))
						for i := range want {
							want[i] *= 2
						}
						closeTo(t, want, valuesOf(c), p.tol, "accumulated product")
					})
				}
			}
		}
	}
}

// TestGemmOfImages reads the last dimensions of a tensor as the columns of a matrix.
func TestGemmOfImages(t *testing.T) {
	dev := device.NewCPU64(1)
	a, b := tensorOn(t, dev, device.Shape{2, 2, 1, 3}, wave(12, 1)...), tensorOn(t, dev, device.Shape{6, 2, 2}, wave(24, 1)...)
	c := tensorOn(t, dev, device.Shape{2, 4})
	require.NoError(t, kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false))
	closeTo(t, multiply(valuesOf(a), valuesOf(b), 2, 4, 6, kernels.NoTrans, kernels.NoTrans), valuesOf(c), 1e-12, "product")
}

// countingBLAS counts the products that it is given.
type countingBLAS struct {
	gonum.Implementation
	products *int
}

func (b countingBLAS) Sgemm(ta, tb blas.Transpose, m, n, k int, alpha float32, x []float32, ldx int, y []float32, ldy int, beta float32, c []float32, ldc int) {
	*b.products++
	b.Implementation.Sgemm(ta, tb, m, n, k, alpha, x, ldx, y, ldy, beta, c, ldc)
}

func (b countingBLAS) Dgemm(ta, tb blas.Transpose, m, n, k int, alpha float64, x []float64, ldx int, y []float64, ldy int, beta float64, c []float64, ldc int) {
	*b.products++
	b.Implementation.Dgemm(ta, tb, m, n, k, alpha, x, ldx, y, ldy, beta, c, ldc)
}

// TestForeignBLAS puts another implementation in gonum's place: products and convolutions must go
// through it, undivided.
func TestForeignBLAS(t *testing.T) {
	defer blas32.Use(gonum.Implementation{})
	defer blas64.Use(gonum.Implementation{})
	for _, p := range precisions {
		t.Run(p.name, func(t *testing.T) {
			a, b := tensorOn(t, p.dev, device.Shape{130, 70}, wave(9100, 1)...), tensorOn(t, p.dev, device.Shape{70, 200}, wave(14000, 0.3)...)
			c := tensorOn(t, p.dev, device.Shape{130, 200})
			products := 0
			blas32.Use(countingBLAS{products: &products})
			blas64.Use(countingBLAS{products: &products})
			require.NoError(t, kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false))
			assert.Equal(t, 1, products)
			closeTo(t, multiply(valuesOf(a), valuesOf(b), 130, 200, 70, kernels.NoTrans, kernels.NoTrans), valuesOf(c), p.tol, "product")

			g := kernels.Square(3, 1, 1)
			x, w := tensorOn(t, p.dev, device.Shape{2, 9, 9, 3}, 1), tensorOn(t, p.dev, device.Shape{4, 3, 3, 3}, 1)
			y := tensorOn(t, p.dev, device.Shape{2, 9, 9, 4})
			require.NoError(t, kernels.Conv2D(y, x, w, g))
			require.NoError(t, kernels.Conv2DInput(x, y, w, g))
			require.NoError(t, kernels.Conv2DWeight(w, x, y, g))
			assert.Equal(t, 4, products)

			blas32.Use(gonum.Implementation{})
			blas64.Use(gonum.Implementation{})
			require.NoError(t, kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false))
			assert.Equal(t, 4, products)
		})
	}
}
