package gemmtest

import (
	"ganlib/device"
	"ganlib/internal/simd"
)

// ISA returns the instruction set of the engine that CPU devices have by default: [simd.Go] for the
// reference.
func ISA() simd.ISA {
	switch e, _ := device.DefaultEngine(); e {
	case device.EngineAVX512:
		return simd.AVX512
	case device.EngineAVX2:
		return simd.AVX2
	}
	return simd.Go
}

// Exert lets a pool's workers do nothing but multiply-adds, the fastest that they can compute, for about
// two milliseconds, and returns how many floating-point operations that were.
func Exert(pool *device.Pool, isa simd.ISA) float64 {
	const rounds, calls = 4000, 32
	n := calls * pool.Threads()
	pool.For(n, 1, exertion{isa, rounds})
	return float64(n * rounds * isa.PeakFlops())
}

type exertion struct {
	isa    simd.ISA
	rounds int
}

// Run implements [device.Task].
func (t exertion) Run(lo, hi int) {
	for range hi - lo {
		t.isa.Peak(t.rounds)
	}
}
