package sgemm_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"

	"ganlib/kernels/sgemm"
)

// FuzzSgemm multiplies matrices of any sizes, distances between rows and factors, up to a million
// multiply-adds.
func FuzzSgemm(f *testing.F) {
	f.Add(uint16(3), uint16(4), uint16(5), uint8(0), uint16(0), uint16(0), uint16(0), float32(1), float32(0))
	f.Add(uint16(28), uint16(33), uint16(17), uint8(1), uint16(7), uint16(900), uint16(1), float32(-2), float32(1))
	f.Add(uint16(100), uint16(1), uint16(300), uint8(2), uint16(0), uint16(1), uint16(0), float32(1), float32(0.5))
	f.Add(uint16(20), uint16(700), uint16(60), uint8(3), uint16(150), uint16(0), uint16(0), float32(0), float32(2))
	f.Add(uint16(4), uint16(5), uint16(9000), uint8(0), uint16(0), uint16(800), uint16(3), float32(1), float32(0))
	f.Add(uint16(700), uint16(30), uint16(40), uint8(1), uint16(0), uint16(800), uint16(3), float32(1), float32(1))
	f.Fuzz(func(t *testing.T, m, n, k uint16, transposes uint8, pa, pb, pc uint16, alpha, beta float32) {
		rows := max(int(m), int(k), int(n))
		if int(m)*int(n)*int(k) > 1<<20 || rows*(rows+int(max(pa, pb, pc))) > 1<<24 || !tame(alpha) || !tame(beta) {
			t.Skip("too large")
		}
		trans := func(bit uint8) blas.Transpose {
			if transposes&bit != 0 {
				return blas.Trans
			}
			return blas.NoTrans
		}
		s := newCall(trans(1), trans(2), int(m), int(n), int(k), alpha, beta, [3]int{int(pa), int(pb), int(pc)})
		if s.m == 0 || s.n == 0 {
			require.Equal(t, s.c, s.on(sgemm.Implementation{}))
			return
		}
		s.check(t)
		if beta == 0 {
			want := s.on(sgemm.Implementation{})
			for i := range s.c {
				if i%s.ldc < s.n {
					s.c[i] = float32(math.NaN())
				}
			}
			require.Equal(t, want, s.on(sgemm.Implementation{}), "NaN in C, and beta zero")
		}
	})
}

// tame reports whether a factor leads to no overflow, nor to numbers too small to be precise.
func tame(f float32) bool {
	a := math.Abs(float64(f))
	return a == 0 || a > 1e-20 && a < 1e20
}
