package presets

import (
	"fmt"

	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/variants"
)

// StepPlan is what one generator step with its critic steps takes, in bytes and operations.
type StepPlan struct {
	State             int64             // tensors that stay: parameters, gradients, buffers, optimisers
	Workspace         int64             // tensors of the step
	Flops             int64             // floating-point operations
	Generator, Critic layers.Summary    // for BATCH_SIZE
	Networks          variants.Networks // without memory, to plan more with
	Variant           variants.Variant  // of these
	Device            *device.Meta      // theirs
}

// PlanStep takes a step of n samples without memory, as dev would take it: nothing is computed.
func PlanStep(dev device.Device, c config.Config, n int) (p *StepPlan, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("presets: plan a step of %d samples: %w", n, err)
		}
	}()
	meta := device.NewMetaFor(dev)
	nets, err := Networks(meta, c)
	if err != nil {
		return nil, err
	}
	v, err := Variant(nets, c)
	if err != nil {
		return nil, err
	}
	trainer := Trainer(c, 0)
	trainer.Batch = n
	t, err := variants.NewTrainer(v, imagined{nets.Generator.Output(), n}, trainer)
	if err != nil {
		return nil, err
	}
	var counter device.Counter
	meta.SetCounter(&counter)
	defer meta.SetCounter(nil)
	if err := t.Step(); err != nil {
		return nil, err
	}
	return &StepPlan{
		State: int64(meta.Allocated()), Workspace: int64(v.Memory()), Flops: counter.Flops(""),
		Generator: nets.Generator.Summarise(c.BatchSize), Critic: nets.Critic.Summarise(c.BatchSize),
		Networks: nets, Variant: v, Device: meta,
	}, nil
}

// imagined are samples of a meta device: they have a shape and a number.
type imagined struct {
	shape device.Shape
	n     int
}

func (s imagined) Len() int            { return s.n }
func (s imagined) Shape() device.Shape { return s.shape }
func (s imagined) Fingerprint() string { return "" }

func (s imagined) Gather(dst *device.Tensor, _ device.Permutation, _ int, _ *device.Random) error {
	return kernels.Fill(dst, 0)
}
