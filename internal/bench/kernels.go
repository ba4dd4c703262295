package bench

import (
	"context"

	"ganlib/device"
)

// Kernel is what an iteration spends in one of a GPU's kernels, as the GPU's own clock has it. What the
// kernels leave of the iteration, the GPU waits.
type Kernel struct {
	Program      string  `json:"program"`
	Name         string  `json:"name"`
	Calls        float64 `json:"calls"`
	Milliseconds float64 `json:"ms"`
}

// kernels takes a round of iterations apart by kernel; there are none on a CPU.
func (b *Bench) kernels(ctx context.Context) (list []Kernel, err error) {
	gpu, ok := b.dev.(*device.CUDA)
	if !ok {
		return nil, nil
	}
	times, err := gpu.Profile(func() error { return b.steps(ctx, b.iterations) })
	n := float64(b.iterations)
	for _, t := range times {
		list = append(list, Kernel{t.Program, t.Kernel, float64(t.Calls) / n, milliseconds(t.Time) / n})
	}
	return list, err
}
