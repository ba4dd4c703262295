package layertest

import (
	"errors"
	"fmt"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/layers"
)

// checkAccumulation checks that parameter gradients add up and that input gradients do not.
func checkAccumulation(build Build, batch int, mode layers.Mode) error {
	p, err := probe64(build, batch, mode)
	if err != nil {
		return err
	}
	r, err := p.run()
	if err != nil {
		return err
	}
	if _, err := p.forward(); err != nil {
		return err
	}
	if err := p.net.ZeroGrad(); err != nil {
		return err
	}
	want := make([]float64, len(r.grads))
	for range 2 {
		dx, err := p.tr.Backward(p.u, layers.Want{Input: layers.All, Params: layers.All})
		if err != nil {
			return err
		}
		for i, g := range r.grads {
			want[i] += g
		}
		if err := errors.Join(equal("dx", values(dx), r.dx), equal("gradients after Backward", values(p.net.Grads()), want)); err != nil {
			return err
		}
	}
	if !p.second {
		return nil
	}
	if _, err := p.tr.Tangent(p.v); err != nil {
		return err
	}
	for range 2 {
		if _, err := p.tr.TangentBackward(false); err != nil {
			return err
		}
		for i, g := range r.secondGrad {
			want[i] += g
		}
		if err := equal("gradients after TangentBackward", values(p.net.Grads()), want); err != nil {
			return err
		}
	}
	return nil
}

// checkWants checks that a reverse pass does what is wanted and nothing else: input rows and
// parameter rows apart, each as in a batch of its own.
func checkWants(build Build, batch int, mode layers.Mode) error {
	p, err := probe64(build, batch, mode)
	if err != nil {
		return err
	}
	r, err := p.run()
	if err != nil {
		return err
	}
	backward := func(want layers.Want) (dx, grads []float64, err error) {
		if err := p.net.ZeroGrad(); err != nil {
			return nil, nil, err
		}
		t, err := p.tr.Backward(p.u, want)
		return values(t), values(p.net.Grads()), err
	}
	dx, grads, err := backward(layers.Want{Input: layers.None, Params: layers.All})
	if err := errors.Join(err, equal("dx that is not wanted", dx, nil), equal("gradients without dx", grads, r.grads)); err != nil {
		return err
	}
	dx, grads, err = backward(layers.Want{Input: layers.All, Params: layers.None})
	if err := errors.Join(err, equal("dx without gradients", dx, r.dx), same("gradients that are not wanted", grads, make([]float64, len(grads)))); err != nil {
		return err
	}
	if p.net.MixesSamples() {
		if mode == layers.Train && batch > 1 {
			if _, _, err := backward(layers.Want{Input: layers.All, Params: layers.First(1)}); err == nil {
				return errors.New("the gradients of one sample, of a network that mixes samples: want an error")
			}
		}
		return nil
	}
	n := batch + 2
	whole, err := probe64(build, n, mode)
	if err != nil {
		return err
	}
	if _, err := whole.run(); err != nil {
		return err
	}
	if err := whole.net.ZeroGrad(); err != nil {
		return err
	}
	merged, err := whole.tr.Backward(whole.u, layers.Want{Input: layers.From(batch), Params: layers.First(batch)})
	if err != nil {
		return err
	}
	mergedDX, mergedGrads := values(merged), values(whole.net.Grads())
	first, err := whole.part(0, batch)
	if err != nil {
		return err
	}
	last, err := whole.part(batch, n)
	if err != nil {
		return err
	}
	return errors.Join(equal("dx of the last rows", mergedDX, last.dx), equal("gradients of the first rows", mergedGrads, first.grads))
}

// part makes all passes on some samples alone.
func (p *probe) part(lo, hi int) (r result, err error) {
	x, u, v := p.ws.Rows(p.x, lo, hi), p.ws.Rows(p.u, lo, hi), p.ws.Rows(p.v, lo, hi)
	var tr layers.Trace
	y, err := p.net.Forward(&tr, p.ws, x, p.mode)
	if err != nil {
		return r, err
	}
	r.y = values(y)
	return p.differentiate(r, &tr, u, v)
}

// checkRows checks that the rows of a trace behave as the trace of those rows.
func checkRows(build Build, batch int, mode layers.Mode) error {
	n := batch + 2
	p, err := probe64(build, n, mode)
	if err != nil {
		return err
	}
	if _, err := p.run(); err != nil {
		return err
	}
	var rows layers.Trace
	if p.net.MixesSamples() {
		if p.tr.Rows(&rows, 0, 1) == nil {
			return errors.New("rows of a trace whose samples are mixed: want an error")
		}
		return nil
	}
	lo, hi := 1, n-1
	want, err := p.part(lo, hi)
	if err != nil {
		return err
	}
	// First with the δ of the whole batch, as a penalty uses it.
	if _, err := p.tr.Backward(p.u, layers.Want{Input: layers.All, Params: layers.None}); err != nil {
		return err
	}
	if err := p.tr.Rows(&rows, lo, hi); err != nil {
		return err
	}
	if p.second {
		ydot, err := rows.Tangent(p.ws.Rows(p.v, lo, hi))
		if err != nil {
			return err
		}
		if err := p.net.ZeroGrad(); err != nil {
			return err
		}
		if _, err := rows.TangentBackward(false); err != nil {
			return err
		}
		if err := errors.Join(equal("ẏ of rows", values(ydot), want.ydot), equal("second-order gradients of rows", values(p.net.Grads()), want.secondGrad)); err != nil {
			return err
		}
	}
	got, err := p.differentiate(result{y: values(rows.Output())}, &rows, p.ws.Rows(p.u, lo, hi), p.ws.Rows(p.v, lo, hi))
	if err != nil {
		return err
	}
	return compareResults(got, want, equal)
}

// compareResults compares all that the passes give.
func compareResults(got, want result, compare func(what string, got, want []float64) error) error {
	return errors.Join(
		compare("y", got.y, want.y), compare("dx", got.dx, want.dx), compare("gradients", got.grads, want.grads),
		compare("ẏ", got.ydot, want.ydot), compare("∂S/∂x", got.xbar, want.xbar), compare("second-order gradients", got.secondGrad, want.secondGrad))
}

// checkUnchanged checks that no pass writes to its inputs or to the parameters, and that evaluation
// moves no buffer.
func checkUnchanged(build Build, batch int, mode layers.Mode) error {
	p, err := probe64(build, batch, mode)
	if err != nil {
		return err
	}
	watched := map[string]*device.Tensor{"x": p.x, "the output gradient": p.u, "the direction": p.v}
	for _, q := range p.net.Params() {
		watched[q.Name] = q.Value
	}
	if mode == layers.Eval {
		for _, q := range p.net.Buffers() {
			watched[q.Name] = q.Value
		}
	}
	before := map[string][]float64{}
	for name, t := range watched {
		before[name] = values(t)
	}
	if _, err := p.run(); err != nil {
		return err
	}
	for name, t := range watched {
		if err := same(name, values(t), before[name]); err != nil {
			return fmt.Errorf("changed by a pass: %w", err)
		}
	}
	return nil
}

// onEngines calls check with every engine of the machine.
func onEngines(check func(e device.Engine) error) error {
	var errs []error
	for _, e := range device.Engines() {
		if err := check(e); err != nil {
			errs = append(errs, fmt.Errorf("%v engine: %w", e, err))
		}
	}
	return errors.Join(errs...)
}

// passesOn makes all passes on a CPU with engine e.
func passesOn(e device.Engine, threads int, build Build, batch int, mode layers.Mode) (r result, err error) {
	dev, err := device.NewCPUEngine(threads, e)
	if err != nil {
		return r, err
	}
	defer dev.Close()
	p, err := newProbe(dev, build, batch, mode)
	if err != nil {
		return r, err
	}
	return p.run()
}

// checkEngines checks that every engine gives the numbers of float64, but for rounding.
func checkEngines(build Build, batch int, mode layers.Mode) error {
	p, err := probe64(build, batch, mode)
	if err != nil {
		return err
	}
	want, err := p.run()
	if err != nil {
		return err
	}
	return onEngines(func(e device.Engine) error {
		got, err := passesOn(e, 2, build, batch, mode)
		if err != nil {
			return err
		}
		return compareResults(got, want, near)
	})
}

// checkWorkers checks that one and two workers give the same bytes.
func checkWorkers(build Build, batch int, mode layers.Mode) error {
	return onEngines(func(e device.Engine) error {
		one, err := passesOn(e, 1, build, batch, mode)
		if err != nil {
			return err
		}
		two, err := passesOn(e, 2, build, batch, mode)
		if err != nil {
			return err
		}
		return compareResults(two, one, same)
	})
}

// checkAllocations checks that a step takes no memory once the workspace has grown.
func checkAllocations(build Build, batch int, mode layers.Mode) error {
	return onEngines(func(e device.Engine) error { return checkAllocationsOn(e, build, batch, mode) })
}

func checkAllocationsOn(e device.Engine, build Build, batch int, mode layers.Mode) error {
	dev, err := device.NewCPUEngine(2, e)
	if err != nil {
		return err
	}
	defer dev.Close()
	p, err := newProbe(dev, build, batch, mode)
	if err != nil {
		return err
	}
	step := func() {
		p.ws.Reset()
		if _, e := p.net.Forward(&p.tr, p.ws, p.x, p.mode); e != nil {
			err = e
			return
		}
		if _, e := p.tr.Backward(p.u, layers.Want{Input: layers.All, Params: layers.All}); e != nil {
			err = e
			return
		}
		if !p.second {
			return
		}
		if _, e := p.tr.Tangent(p.v); e != nil {
			err = e
			return
		}
		if _, e := p.tr.TangentBackward(true); e != nil {
			err = e
		}
	}
	step()
	if allocs := enginetest.Allocations(10, step); err == nil && allocs != 0 {
		err = fmt.Errorf("%g allocations a step: want none", allocs)
	}
	return err
}

// checkMeta checks that a pass without memory finds the same shapes and counts the same operations.
func checkMeta(build Build, batch int, mode layers.Mode) error {
	var counters [2]device.Counter
	var outputs [2]device.Shape
	for i, dev := range []device.Device{device.NewCPU64(1), device.NewMeta()} {
		p, err := newProbe(dev, build, batch, mode)
		if err != nil {
			return err
		}
		dev.SetCounter(&counters[i])
		y, err := p.net.Forward(&p.tr, p.ws, p.x, mode)
		if err != nil {
			return err
		}
		outputs[i] = y.Shape()
		if _, err := p.tr.Backward(p.u, layers.Want{Input: layers.All, Params: layers.All}); err != nil {
			return err
		}
		if !p.second {
			continue
		}
		if _, err := p.tr.Tangent(p.v); err != nil {
			return err
		}
		if _, err := p.tr.TangentBackward(true); err != nil {
			return err
		}
	}
	if outputs[0] != outputs[1] || counters[0].Flops("") != counters[1].Flops("") {
		return fmt.Errorf("on meta tensors: output %v after %d operations: want %v after %d", outputs[1], counters[1].Flops(""), outputs[0], counters[0].Flops(""))
	}
	return nil
}
