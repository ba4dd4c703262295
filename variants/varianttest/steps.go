package varianttest

import (
	"errors"
	"fmt"
	"math"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/variants"
)

// checkSteps trains while watching what each step touches.
func checkSteps(r trial) error {
	_, err := r.train(1, 1, func(v variants.Variant) variants.Variant { return &watched{v} })
	return err
}

// watched is a variant whose steps are checked: the other network's parameters stay as they are, its
// gradients are not even written, and the results are.
type watched struct{ variants.Variant }

func (w *watched) CriticStep(s *variants.Step) error {
	return w.watch(s, w.Networks().Generator, w.Variant.CriticStep)
}

func (w *watched) GeneratorStep(s *variants.Step) error {
	return w.watch(s, w.Networks().Critic, w.Variant.GeneratorStep)
}

// mark is the value that gradients get which nobody should touch.
const mark = 12345

// watch makes a step that is no business of bystander's.
func (w *watched) watch(s *variants.Step, bystander *layers.Network, step func(*variants.Step) error) error {
	results := map[string]*device.Tensor{"loss": s.Loss}
	if s.Penalty != nil {
		results["penalty"] = s.Penalty
	}
	for _, t := range results {
		if err := kernels.Fill(t, math.NaN()); err != nil {
			return err
		}
	}
	if err := kernels.Fill(bystander.Grads(), mark); err != nil {
		return err
	}
	before, err := bystander.Values().Float32s()
	if err != nil {
		return err
	}
	if err := step(s); err != nil {
		return err
	}
	for name, t := range results {
		value, err := t.Float32s()
		if err != nil {
			return err
		}
		if !finite(value[0]) {
			return fmt.Errorf("%s is %v after the step", name, value[0])
		}
	}
	return untouched(bystander, before)
}

// untouched checks that nobody has written to a network's parameters or gradients.
func untouched(net *layers.Network, before []float32) error {
	after, err := net.Values().Float32s()
	if err != nil {
		return err
	}
	grads, err := net.Grads().Float32s()
	if err != nil {
		return err
	}
	for i := range after {
		if after[i] != before[i] {
			return fmt.Errorf("the step has changed the parameters of the %s", net.Name())
		}
		if grads[i] != mark {
			return fmt.Errorf("the step has written gradients of the %s", net.Name())
		}
	}
	return nil
}

// checkPoison trains with memory that is full of NaN before it is written.
func checkPoison(r trial) error {
	clean, err := r.train(1, 1, nil)
	if err != nil {
		return err
	}
	shows := true
	poisoned, err := r.train(1, 1, func(v variants.Variant) variants.Variant {
		var w interface{ Workspace() *device.Workspace }
		if w, shows = v.(interface{ Workspace() *device.Workspace }); shows {
			w.Workspace().SetPoison(true)
		}
		return v
	})
	switch {
	case !shows:
		return unavailable("the variant has no method Workspace, so its memory cannot be poisoned")
	case err != nil:
		return err
	}
	if name := clean.differs(poisoned); name != "" {
		return fmt.Errorf("%s depends on memory that was not written", name)
	}
	return nil
}

// checkPlan checks that a step on a meta device asks for the memory that training on a CPU takes.
func checkPlan(r trial) error {
	planned, err := r.trainer(device.NewMeta(), 1, nil)
	if err != nil {
		return err
	}
	if err := planned.Step(); err != nil {
		return err
	}
	dev, err := r.cpu(2)
	if err != nil {
		return err
	}
	defer dev.Close()
	taken, err := r.trainer(dev, 1, nil)
	if err != nil {
		return err
	}
	for range batches { // with a partial batch
		if err := taken.Step(); err != nil {
			return err
		}
	}
	plan, memory := planned.Variant().Memory(), taken.Variant().Memory()
	if plan != memory || plan == 0 {
		return fmt.Errorf("the plan of a step is %d bytes, and %d were taken", plan, memory)
	}
	return nil
}

// checkAllocations checks that steps allocate nothing on the heap, after the first two.
func checkAllocations(r trial) error {
	dev, err := r.cpu(2)
	if err != nil {
		return err
	}
	defer dev.Close()
	t, err := r.trainer(dev, 1, nil)
	if err != nil {
		return err
	}
	least := math.Inf(1)
	for range 3 { // the runtime may allocate for its own purposes now and then
		n := enginetest.Allocations(1, func() { err = errors.Join(err, t.Step(), t.Step()) })
		least = min(least, n)
	}
	if err == nil && least > 0 {
		err = fmt.Errorf("two steps allocate %v times on the heap", least)
	}
	return err
}
