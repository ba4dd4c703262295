package runner

import (
	"fmt"
	"runtime"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/internal/process"
	"ganlib/presets"
)

// ErrMemory is wrapped by the error for a configuration that needs more memory than there is, or than
// [Options.MaxMemory] allows.
var ErrMemory = process.ErrMemory

// NoMaxMemory is the MaxMemory of who wants to try whatever there is.
const NoMaxMemory = process.Unlimited

// budget returns how much memory the run may add to what the process, or on a GPU the card, has.
func (p *prepared) budget(o Options) process.Budget {
	return process.BudgetOn(p.dev, o.MaxMemory, o.available)
}

// computer returns how much of the computer's memory may be added, also if the run is on a GPU, whose limit
// that of the user is.
func (p *prepared) computer(o Options) process.Budget {
	limit := o.MaxMemory
	if _, ok := p.dev.(*device.CUDA); ok {
		limit = min(limit, 0)
	}
	return process.NewBudget(limit, process.Resident(), o.available)
}

// reading says how data are found and, when they are, read within the computer's memory: images are decoded
// in what a user's limit leaves beside the data.
func (p *prepared) reading(o Options) presets.DataOptions {
	b := p.computer(o)
	d := presets.DataOptions{Path: o.Data, Strict: o.Strict, MaxBytes: max(min(b.Free, datasets.DefaultMaxBytes), 1)}
	if p.source != nil {
		d.MaxBytes = p.source.Bytes()
		if b.Limit > 0 {
			d.MaxPixels = datasets.MaxPixelsWithin(b.Free-d.MaxBytes+p.source.Held(), runtime.GOMAXPROCS(0))
		}
	}
	return d
}

// tensors returns the bytes of all tensors.
func (m measured) tensors() int64 { return m.state + m.step + m.sampling }

// need returns the bytes that the process takes at most, with data of the given size: what it has now,
// and what the run adds to it; on a GPU, what is taken of the card's memory.
func (m measured) need(data int64) int64 {
	if m.gpu {
		return m.adds(data)
	}
	return process.Resident() + m.adds(data)
}

// adds returns the bytes that a run adds to those of the process: data, tensors, the kernels' memory, and
// what passes through. On a GPU it is what the run takes of the card's.
func (m measured) adds(data int64) int64 {
	if m.gpu {
		return data + m.tensors() + m.kernels
	}
	return process.Accounted(data + m.tensors() + m.kernels + m.passing)
}

// parts returns what the memory is for.
func (m measured) parts(data int64) []process.Part {
	return []process.Part{
		{Name: "the data", Bytes: data},
		{Name: "the networks with their gradients, optimisers and snapshot", Bytes: m.state},
		{Name: "the tensors of a step", Bytes: m.step},
		{Name: "the samples of pictures", Bytes: m.sampling + m.passing},
		{Name: "the kernels' scratch memory", Bytes: m.kernels},
	}
}

// checkMemory refuses a configuration that does not fit the budget, with the largest batch that does.
// planErr is why its step could not be planned; too large a batch is one reason.
func checkMemory(p *prepared, b process.Budget, planErr error) error {
	c, count := p.config, p.source.Len()
	data := p.source.Bytes() - p.source.Held()
	largest := func() int {
		return process.Largest(c.BatchSize, func(batch int) bool {
			smaller := c
			smaller.BatchSize = batch
			m, err := measure(p.dev, smaller, min(batch, count))
			return err == nil && m.adds(data) <= b.Free
		})
	}
	if planErr != nil {
		if fits := largest(); fits > 0 {
			return fmt.Errorf("runner: %w: BATCH_SIZE %d makes tensors that no device holds; the largest batch that fits is %d", ErrMemory, c.BatchSize, fits)
		}
		return planErr
	}
	err := b.Check(fmt.Sprintf("BATCH_SIZE %d", c.BatchSize), p.measured.adds(data), p.measured.parts(data), func() string {
		if fits := largest(); fits > 0 {
			return fmt.Sprintf("the largest batch that fits is %d", fits)
		}
		return "no batch fits: take smaller FEATURES_GEN and FEATURES_CRITIC, a smaller IMAGE_SIZE, or less data with DATA_SIZE"
	})
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	return nil
}
