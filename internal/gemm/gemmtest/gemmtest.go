// Package gemmtest has what benchmarks of matrix products share: the products, and the multiply-add peak
// that they are held against.
package gemmtest

import (
	"fmt"

	"ganlib/device"
)

// Shape is a product C = op(A)·op(B), where op(A) is (M,K), op(B) is (K,N), and op transposes or not.
// Rows lie without gaps.
type Shape struct {
	Name    string
	TA, TB  bool
	M, N, K int
}

// Flops returns the floating-point operations of the product.
func (s Shape) Flops() float64 { return 2 * float64(s.M) * float64(s.N) * float64(s.K) }

// Networks returns 40 products: those of the convolutions of a CatFaces training at 64 features and
// batch 32, as patches times weights. c1 to c4 are the critic's layers, g2 to g5 the generator's, each as
// a convolution from ci channels to co on so many positions. The forward pass, and those towards the
// weights and the input, have channels first; "last" have channels last.
func Networks() []Shape {
	var list []Shape
	for _, l := range []struct {
		name              string
		ci, co, positions int
	}{
		{"c1", 3, 64, 32768}, {"c2", 64, 128, 8192}, {"c3", 128, 256, 2048}, {"c4", 256, 512, 512},
		{"g2", 512, 1024, 512}, {"g3", 256, 512, 2048}, {"g4", 128, 256, 8192}, {"g5", 3, 128, 32768},
	} {
		patch := 16 * l.ci
		list = append(list,
			Shape{l.name + " y", false, false, l.co, l.positions, patch},
			Shape{l.name + " dw", false, true, l.co, patch, l.positions},
			Shape{l.name + " dx", true, false, patch, l.positions, l.co},
			Shape{l.name + " y last", false, false, l.positions, l.co, patch},
			Shape{l.name + " dw last", true, false, patch, l.co, l.positions},
		)
	}
	return list
}

// Others returns products of other kinds: squares, few rows, one column, the layers of a perceptron, and
// short sums.
func Others() []Shape {
	var list []Shape
	for _, n := range []int{16, 32, 64, 96, 128, 200, 256, 384, 512, 1000, 1024, 2048} {
		list = append(list, Shape{fmt.Sprintf("square %d", n), false, false, n, n, n})
	}
	for _, tb := range []bool{false, true} {
		form := "NN"
		if tb {
			form = "NT"
		}
		for _, m := range []int{1, 2, 8, 13, 16, 32, 64} {
			list = append(list,
				Shape{fmt.Sprintf("%d rows %s", m, form), false, tb, m, 2048, 1024},
				Shape{fmt.Sprintf("%d rows, large, %s", m, form), false, tb, m, 8192, 2048})
		}
		list = append(list,
			Shape{"one column " + form, false, tb, 2048, 1, 1024},
			Shape{"layer " + form, false, tb, 64, 512, 784},
			Shape{"layer T" + form[1:], true, tb, 512, 784, 64},
			Shape{"short sum " + form, false, tb, 1024, 1024, 8},
			Shape{"square T" + form[1:], true, tb, 1024, 1024, 1024},
		)
	}
	return list
}

// Matrices returns A, B and C, and the distances between the rows of A and B. A and B are random, C is
// zero.
func (s Shape) Matrices() (a, b, c []float32, lda, ldb int) {
	random := func(n int, seed uint64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = device.Random{Seed: seed}.Uniform(i) - 0.5
		}
		return x
	}
	lda, ldb = s.K, s.N
	if s.TA {
		lda = s.M
	}
	if s.TB {
		ldb = s.K
	}
	return random(s.M*s.K, 1), random(s.K*s.N, 2), make([]float32, s.M*s.N), lda, ldb
}
