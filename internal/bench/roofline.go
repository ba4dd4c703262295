package bench

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"ganlib/device"
	"ganlib/internal/process"
	"ganlib/kernels"
)

// Roofline is what an iteration spends in each of a GPU's kernels, held against what the GPU was measured to do at
// most in the same process. Kernels and rest are the iteration.
//
// Kernels are timed launch by launch, between two events each. What the events add was measured with an empty kernel
// and is taken off, so that a time is about what the launch has in a graph, with the start of the next one. The rest
// is what is left of the iteration as it was timed before: waits, and the error of that correction, for which it can
// be negative.
type Roofline struct {
	Peaks    kernels.Peaks `json:"peaks"`
	Launches float64       `json:"launches"` // of an iteration
	Rest     float64       `json:"rest_ms"`
	Kernels  []Kernel      `json:"kernels"`  // the longest first
	Products []Product     `json:"products"` // the longest first
}

// Kernel is what an iteration spends in one kernel.
type Kernel struct {
	Program      string  `json:"program"`
	Name         string  `json:"name"`
	Calls        float64 `json:"calls"`
	Milliseconds float64 `json:"ms"`          // without the events
	Profiled     float64 `json:"ms_profiled"` // with them
	Load
}

// Product is a product or a convolution of one size, as a part of an iteration: Count products of (M,K) and (K,N).
type Product struct {
	Kernel       string  `json:"kernel"`
	Precision    string  `json:"precision"`
	Count        int     `json:"count"`
	M            int     `json:"m"`
	N            int     `json:"n"`
	K            int     `json:"k"`
	Calls        float64 `json:"calls"`
	Milliseconds float64 `json:"ms"`
	Load
}

// Load is how launches load the GPU. Bytes and operations are the least that there is to do ([device.Cost]); they are
// 0 if they are not known.
type Load struct {
	Bytes  float64 `json:"bytes"` // of an iteration
	Flops  float64 `json:"flops"`
	GBs    float64 `json:"gb_per_s"`
	TFLOPS float64 `json:"tflops"`
	Bound  string  `json:"bound,omitempty"` // the peak that would take longest: memory, float32, tf32 or bf16
	Share  float64 `json:"share,omitempty"` // of that peak; of memory more than 1 where the cache has the data
}

// newLoad is the load of launches of one precision that take so many milliseconds together.
func newLoad(bytes, flops, ms float64, in device.Precision, p kernels.Peaks) Load {
	l := Load{Bytes: bytes, Flops: flops}
	seconds := ms / 1000
	if seconds <= 0 || bytes+flops == 0 {
		return l
	}
	l.GBs, l.TFLOPS = bytes/seconds/1e9, flops/seconds/1e12
	memory, computing := bytes/(1e9*p.Memory), 0.0
	if flops > 0 && p.Flops(in) > 0 {
		computing = flops / p.Flops(in)
	}
	l.Bound, l.Share = "memory", memory/seconds
	if computing > memory {
		l.Bound, l.Share = in.String(), computing/seconds
	}
	return l
}

// roofline takes a round of iterations apart by kernel; there is none on a CPU. An iteration takes so many
// milliseconds.
func (b *Bench) roofline(ctx context.Context, iteration float64) (*Roofline, error) {
	gpu, ok := b.dev.(*device.CUDA)
	if !ok {
		return nil, nil
	}
	times, err := gpu.Profile(func() error { return b.steps(ctx, b.iterations) })
	if err != nil {
		return nil, err
	}
	peaks, err := kernels.MeasurePeaks(gpu, b.peakSize(gpu))
	if err != nil {
		return nil, err
	}
	return newRoofline(times, b.iterations, iteration, peaks), nil
}

// peakSize is how much is done for the peaks: as much as a GPU has the memory for, and next to nothing in the emulator.
func (b *Bench) peakSize(gpu *device.CUDA) kernels.PeakSize {
	if b.emulated {
		return kernels.PeakSize{Bytes: 16 << 10, Rounds: 1, Launches: 1, Runs: 1}
	}
	size := kernels.FullPeaks
	free := process.BudgetOn(gpu, b.limit, process.Available).Free - b.planned
	size.Bytes = int(min(int64(size.Bytes), max(free/4, 1<<20))) &^ 15
	return size
}

// newRoofline makes tables of the launches of so many iterations.
func newRoofline(times []device.KernelTime, iterations int, iteration float64, peaks kernels.Peaks) *Roofline {
	r := &Roofline{Peaks: peaks, Rest: iteration}
	n := float64(iterations)
	each := func(t device.KernelTime) (calls, ms, profiled float64) {
		calls, profiled = float64(t.Calls)/n, milliseconds(t.Time)/n
		return calls, math.Max(profiled-calls*peaks.Events/1000, calls*peaks.Launch/1000), profiled
	}
	type name struct{ program, kernel string }
	at := map[name]int{}
	precisions := map[name]device.Precision{}
	for _, t := range times {
		calls, ms, profiled := each(t)
		key := name{t.Program, t.Kernel}
		i, ok := at[key]
		if !ok {
			i = len(r.Kernels)
			at[key], precisions[key] = i, t.Cost.Precision
			r.Kernels = append(r.Kernels, Kernel{Program: t.Program, Name: t.Kernel})
		}
		k := &r.Kernels[i]
		k.Calls, k.Milliseconds, k.Profiled = k.Calls+calls, k.Milliseconds+ms, k.Profiled+profiled
		k.Bytes += calls * float64(t.Cost.Bytes)
		k.Flops += calls * float64(t.Cost.Flops)
		r.Launches += calls
		r.Rest -= ms
		if c := t.Cost; c.Count > 0 {
			r.Products = append(r.Products, Product{
				Kernel: t.Kernel, Precision: c.Precision.String(), Count: c.Count, M: c.M, N: c.N, K: c.K, Calls: calls, Milliseconds: ms,
				Load: newLoad(calls*float64(c.Bytes), calls*float64(c.Flops), ms, c.Precision, peaks),
			})
		}
	}
	for i := range r.Kernels {
		k := &r.Kernels[i]
		k.Load = newLoad(k.Bytes, k.Flops, k.Milliseconds, precisions[name{k.Program, k.Name}], peaks)
	}
	slices.SortFunc(r.Kernels, func(a, b Kernel) int {
		return cmp.Or(cmp.Compare(b.Milliseconds, a.Milliseconds), strings.Compare(a.Name, b.Name))
	})
	slices.SortFunc(r.Products, func(a, b Product) int {
		return cmp.Or(cmp.Compare(b.Milliseconds, a.Milliseconds), strings.Compare(a.Kernel, b.Kernel), a.M-b.M, a.N-b.N, a.K-b.K)
	})
	return r
}
