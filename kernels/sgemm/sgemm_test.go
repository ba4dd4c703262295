package sgemm_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"

	"ganlib/device"
	"ganlib/kernels/sgemm"
)

var (
	_ blas.Float32   = sgemm.Implementation{}
	_ device.OwnBLAS = sgemm.Implementation{}
)

// call is one call of Sgemm.
type call struct {
	tA, tB  blas.Transpose
	m, n, k int
	alpha   float32
	a       []float32
	lda     int
	b       []float32
	ldb     int
	beta    float32
	c       []float32
	ldc     int
}

// newCall returns a call on random matrices. padding is how many elements lie between their rows, in A, B
// and C.
func newCall(tA, tB blas.Transpose, m, n, k int, alpha, beta float32, padding [3]int) call {
	matrix := func(t blas.Transpose, rows, columns, padding int, seed uint64) ([]float32, int) {
		if t != blas.NoTrans {
			rows, columns = columns, rows
		}
		ld := max(1, columns) + padding
		x := make([]float32, max(0, (rows-1)*ld+columns))
		for i := range x {
			x[i] = 2*device.Random{Seed: seed}.Uniform(i) - 1
		}
		return x, ld
	}
	s := call{tA: tA, tB: tB, m: m, n: n, k: k, alpha: alpha, beta: beta}
	s.a, s.lda = matrix(tA, m, k, padding[0], 1)
	s.b, s.ldb = matrix(tB, k, n, padding[1], 2)
	s.c, s.ldc = matrix(blas.NoTrans, m, n, padding[2], 3)
	return s
}

// tight is no padding.
var tight [3]int

// on makes the call, on a copy of C that it returns.
func (s call) on(i blas.Float32Level3) []float32 {
	c := slices.Clone(s.c)
	i.Sgemm(s.tA, s.tB, s.m, s.n, s.k, s.alpha, s.a, s.lda, s.b, s.ldb, s.beta, c, s.ldc)
	return c
}

// element returns op(X)[i][j].
func element(x []float32, ld, i, j int, t blas.Transpose) float64 {
	if t != blas.NoTrans {
		i, j = j, i
	}
	return float64(x[i*ld+j])
}

// check compares a call with the sums in float64, within what rounding can make of them.
func (s call) check(t *testing.T) {
	t.Helper()
	a, b := slices.Clone(s.a), slices.Clone(s.b)
	got := s.on(sgemm.Implementation{})
	require.Equal(t, a, s.a, "A has changed")
	require.Equal(t, b, s.b, "B has changed")
	for i, v := range got {
		r, j := i/s.ldc, i%s.ldc
		if j >= s.n {
			require.Equal(t, s.c[i], v, "between the rows of C")
			continue
		}
		sum, size := 0.0, 0.0
		for l := range s.k {
			v := element(s.a, s.lda, r, l, s.tA) * element(s.b, s.ldb, l, j, s.tB)
			sum += v
			size += math.Abs(v)
		}
		old := 0.0
		if s.beta != 0 {
			old = float64(s.beta) * float64(s.c[i])
		}
		bound := (float64(s.k+3)*size*math.Abs(float64(s.alpha)) + 2*math.Abs(old)) / (1 << 24)
		require.InDelta(t, float64(s.alpha)*sum+old, v, bound, "element (%d,%d)", r, j)
	}
}

var transposes = []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}

func TestSgemm(t *testing.T) {
	for _, size := range [][3]int{{1, 1, 1}, {3, 5, 7}, {14, 32, 16}, {15, 33, 17}, {1, 50, 40}, {50, 1, 40}, {70, 90, 300}, {130, 120, 110}, {4, 6, 8200}} {
		for _, tA := range transposes {
			for _, tB := range transposes {
				for _, factors := range [][2]float32{{1, 0}, {1, 1}, {-0.7, 0}, {2, -0.3}, {0, 0}, {0, 1}, {0, 3}} {
					t.Run(fmt.Sprintf("%v_%c%c_%v", size, tA, tB, factors), func(t *testing.T) {
						newCall(tA, tB, size[0], size[1], size[2], factors[0], factors[1], [3]int{size[0] % 3, size[1] % 3, size[0] % 2}).check(t)
					})
				}
			}
		}
	}
}

// Sizes that are zero leave C as it is, but for beta if only k is zero.
func TestSgemmEmpty(t *testing.T) {
	for _, size := range [][3]int{{0, 5, 3}, {5, 0, 3}, {0, 0, 0}, {3, 4, 0}} {
		for _, beta := range []float32{0, 1, -0.5} {
			s := newCall(blas.NoTrans, blas.Trans, size[0], size[1], size[2], 1, beta, [3]int{1, 1, 1})
			assert.Equal(t, s.on(gonum.Implementation{}), s.on(sgemm.Implementation{}), "%v, beta %v", size, beta)
		}
	}
}

// With beta zero the old C does not matter, with alpha zero A and B do not; else NaN and infinity are
// passed on.
func TestSgemmNaN(t *testing.T) {
	needFast(t)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tB := range []blas.Transpose{blas.NoTrans, blas.Trans} {
		s := newCall(blas.NoTrans, tB, 20, 30, 10, 1, 0, tight)
		want := s.on(sgemm.Implementation{})
		for i := range s.c {
			s.c[i] = nan
		}
		assert.Equal(t, want, s.on(sgemm.Implementation{}), "beta is zero")
		s.alpha = 0
		s.a[3], s.b[3] = nan, inf
		assert.Equal(t, make([]float32, len(s.c)), s.on(sgemm.Implementation{}), "alpha and beta are zero")
		s.alpha = 1
		got := s.on(sgemm.Implementation{})
		for j := range s.n {
			assert.True(t, math.IsNaN(float64(got[j])), "row 0 has NaN in A")
		}
		s.a[3] = 0
		s.a[s.lda+0], s.a[s.lda+3] = 0, 0
		column, term := 3, 0 // of B's infinity
		if tB != blas.NoTrans {
			column, term = 0, 3
		}
		s.a[s.lda+term] = 0
		got = s.on(sgemm.Implementation{})
		assert.True(t, math.IsNaN(float64(got[s.ldc+column])), "zero times infinity")
		assert.True(t, math.IsInf(float64(got[2*s.ldc+column]), 0), "a number times infinity")
	}
}

// Bad arguments give the panics of gonum.
func TestSgemmPanics(t *testing.T) {
	good := func() call { return newCall(blas.NoTrans, blas.NoTrans, 4, 5, 6, 1, 0, tight) }
	for name, spoil := range map[string]func(s *call){
		"tA":              func(s *call) { s.tA = 'x' },
		"tB":              func(s *call) { s.tB = 0 },
		"m":               func(s *call) { s.m = -1 },
		"n":               func(s *call) { s.n = -1 },
		"k":               func(s *call) { s.k = -1 },
		"lda":             func(s *call) { s.lda = 5 },
		"lda, transposed": func(s *call) { s.tA, s.lda = blas.Trans, 3 },
		"lda zero":        func(s *call) { s.k, s.lda = 0, 0 },
		"ldb":             func(s *call) { s.ldb = 4 },
		"ldb, transposed": func(s *call) { s.tB, s.ldb = blas.ConjTrans, 5 },
		"ldc":             func(s *call) { s.ldc = 4 },
		"short a":         func(s *call) { s.a = s.a[:23] },
		"short a, transposed": func(s *call) {
			s.tA, s.lda = blas.Trans, 4
			s.a = s.a[:23]
		},
		"short b": func(s *call) { s.b = s.b[1:] },
		"short b, transposed": func(s *call) {
			s.tB, s.ldb = blas.Trans, 6
			s.b = s.b[1:]
		},
		"short c": func(s *call) { s.c = s.c[:19] },
		"all of them": func(s *call) {
			*s = call{tA: 'x', tB: 'y', m: -1, n: -1, k: -1}
		},
		"several": func(s *call) { s.lda, s.ldb, s.ldc = 1, 1, 1 },
		"none":    func(s *call) {},
	} {
		t.Run(name, func(t *testing.T) {
			s := good()
			spoil(&s)
			caught := func(i blas.Float32Level3) (p any) {
				defer func() { p = recover() }()
				s.on(i)
				return nil
			}
			want := caught(gonum.Implementation{})
			assert.Equal(t, name != "none", want != nil, "gonum's panic: %v", want)
			assert.Equal(t, want, caught(sgemm.Implementation{}))
		})
	}
}

// ganlib's CPU device keeps its engine with ganlib's BLAS in place.
func TestOwnBLAS(t *testing.T) {
	defer blas32.Use(gonum.Implementation{})
	blas32.Use(sgemm.Implementation{})
	assert.False(t, device.ForeignBLAS())
}

// Where the environment says reference, Sgemm is gonum's, bit by bit.
func TestReference(t *testing.T) {
	const inner = "SGEMM_TEST_REFERENCE"
	if os.Getenv(inner) == "" {
		run := exec.Command(os.Args[0], "-test.run=^TestReference$")
		run.Env = append(os.Environ(), inner+"=1", device.EngineVariable+"=reference")
		out, err := run.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return
	}
	s := newCall(blas.NoTrans, blas.NoTrans, 50, 60, 700, 0.3, 0.7, [3]int{2, 0, 1})
	assert.Equal(t, s.on(gonum.Implementation{}), s.on(sgemm.Implementation{}))
}
