package sgemm_test

import (
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"ganlib/device"
	"ganlib/internal/gemm/gemmtest"
	"ganlib/kernels/sgemm"
)

// BenchmarkSgemm times products in turn with gonum's and with the multiply-add peak, on GOMAXPROCS
// workers:
//
//	go test ./kernels/sgemm -run '^$' -bench Sgemm -cpu 1,2
//
// It reports the best time of each: GFLOP/s, its share of the peak, and how many times gonum's speed that
// is.
func BenchmarkSgemm(b *testing.B) {
	for _, group := range []struct {
		name   string
		shapes []gemmtest.Shape
	}{{"networks", gemmtest.Networks()}, {"others", gemmtest.Others()}} {
		b.Run(group.name, func(b *testing.B) {
			for _, s := range group.shapes {
				b.Run(s.Name, func(b *testing.B) { benchmark(b, s) })
			}
		})
	}
}

func benchmark(b *testing.B, s gemmtest.Shape) {
	pool := device.NewPool(runtime.GOMAXPROCS(0))
	defer pool.Close()
	tA, tB := blas.NoTrans, blas.NoTrans
	if s.TA {
		tA = blas.Trans
	}
	if s.TB {
		tB = blas.Trans
	}
	x, y, z, ldx, ldy := s.Matrices()
	repeats := max(1, int(1e7/s.Flops())) // so that the clock is precise enough
	timed := func(i blas.Float32Level3) float64 {
		start := time.Now()
		for range repeats {
			i.Sgemm(tA, tB, s.M, s.N, s.K, 1, x, ldx, y, ldy, 0, z, s.N)
		}
		return s.Flops() * float64(repeats) / time.Since(start).Seconds()
	}
	timed(sgemm.Implementation{}) // the first call makes workers and memory
	ours, theirs, peak := 0.0, 0.0, 0.0
	for n := 0; b.Loop(); n++ {
		start := time.Now()
		flops := gemmtest.Exert(pool, gemmtest.ISA())
		peak = max(peak, flops/time.Since(start).Seconds())
		ours = max(ours, timed(sgemm.Implementation{}))
		if n < 3 {
			theirs = max(theirs, timed(gonum.Implementation{}))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours/1e9, "GFLOP/s")
	b.ReportMetric(ours/peak, "of-peak")
	b.ReportMetric(ours/theirs, "x-gonum")
}
