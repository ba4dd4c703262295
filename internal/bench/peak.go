package bench

import (
	"time"

	"ganlib/device"
	"ganlib/internal/simd"
)

// peakISA returns the instruction set whose peak an engine is held against: its own, and for the
// reference the machine's best. Go stands for none.
func peakISA(e device.Engine) simd.ISA {
	if e == device.EngineReference {
		e = device.Engines()[0]
	}
	switch e {
	case device.EngineAVX512:
		return simd.AVX512
	case device.EngineAVX2:
		return simd.AVX2
	}
	return simd.Go
}

// Peak returns the most floating-point operations a second, in units of 10⁹, that all workers together
// do in multiply-adds on registers: the best of several short runs. It is 0 on machines without vector
// kernels, and of GPUs.
func (b *Bench) Peak() float64 {
	if b.cpu == nil {
		return 0
	}
	isa := peakISA(b.cpu.Engine())
	if isa == simd.Go {
		return 0
	}
	task := &peakTask{isa: isa}
	chunks := 16 * b.cpu.Pool().Threads() // so that workers which start late do not matter
	best := 0.0
	for range 20 {
		start := time.Now()
		b.cpu.Pool().For(chunks, 1, task)
		flops := float64(chunks) * peakCalls * peakRounds * float64(isa.PeakFlops())
		best = max(best, flops/time.Since(start).Seconds()/1e9)
	}
	return best
}

// A chunk is peakCalls assembly calls of peakRounds rounds, some 40 µs each: longer ones would keep the
// garbage collector waiting.
const peakCalls, peakRounds = 16, 4000

type peakTask struct{ isa simd.ISA }

// Run implements [device.Task].
func (t *peakTask) Run(lo, hi int) {
	for range (hi - lo) * peakCalls {
		t.isa.Peak(peakRounds)
	}
}
