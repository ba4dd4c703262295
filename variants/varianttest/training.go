package varianttest

import (
	"context"
	"errors"
	"fmt"
	"math"

	"ganlib/device"
	"ganlib/layers"
	"ganlib/variants"
)

// checkLearns checks what a whole training leaves behind.
func checkLearns(r trial) error {
	dev, err := r.cpu(2)
	if err != nil {
		return err
	}
	defer dev.Close()
	var rows []variants.Stats
	t, err := r.trainer(dev, 1, nil, variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
		rows = append(rows, s...)
		return nil
	}})
	if err != nil {
		return err
	}
	before, err := snap(t.Variant())
	if err != nil {
		return err
	}
	if err := t.Run(context.Background()); err != nil {
		return err
	}
	if len(rows) != epochs*batches {
		return fmt.Errorf("%d rows of statistics: want %d", len(rows), epochs*batches)
	}
	for _, row := range rows {
		if !finite(row.CriticLoss) || !finite(row.Penalty) || !finite(row.GeneratorLoss) {
			return fmt.Errorf("step %d: losses %v, %v and %v: want finite numbers", row.Step, row.CriticLoss, row.Penalty, row.GeneratorLoss)
		}
	}
	after, err := snap(t.Variant())
	if err != nil {
		return err
	}
	if err := moved(before, after, t.Variant().Networks()); err != nil {
		return err
	}
	return checkSamples(t)
}

// moved checks that every parameter of both networks has changed, except for the bias of the critic's
// last layer: a loss that adds the same constant to every score has no gradient there.
func moved(before, after snapshot, nets variants.Networks) error {
	params := map[string]bool{}
	for _, net := range []*layers.Network{nets.Generator, nets.Critic} {
		for _, p := range net.Params() {
			params[net.Name()+" "+p.Name] = true
		}
	}
	list := nets.Critic.Params()
	if last := list[len(list)-1]; last.Role == layers.Bias {
		delete(params, nets.Critic.Name()+" "+last.Name)
	}
	for i, name := range before.names {
		changed := false
		for j, v := range after.values[i] {
			if !finite(v) {
				return fmt.Errorf("%s: %v", name, v)
			}
			changed = changed || v != before.values[i][j]
		}
		if params[name] && !changed {
			return fmt.Errorf("%s has not moved", name)
		}
	}
	return nil
}

// checkSamples checks that generated samples are of the right shape and range, and that making them
// changes nothing.
func checkSamples(t *variants.Trainer) error {
	generator := t.Variant().Networks().Generator
	before, err := snap(t.Variant())
	if err != nil {
		return err
	}
	ws := device.NewWorkspace(generator.Device())
	z := ws.New(generator.Input().Batch(3))
	if err := t.FixedNoise(z); err != nil {
		return err
	}
	samples, err := variants.Generate(generator, ws, z)
	if err != nil {
		return err
	}
	values, err := samples.Float32s()
	if err != nil {
		return err
	}
	if want := t.Data().Shape().Batch(3); samples.Shape() != want {
		return fmt.Errorf("samples of shape %v: want %v", samples.Shape(), want)
	}
	for _, v := range values {
		if !(v >= -1 && v <= 1) {
			return fmt.Errorf("a sample has the value %v: want -1 to 1", v)
		}
	}
	after, err := snap(t.Variant())
	if err != nil {
		return err
	}
	if name := before.differs(after); name != "" {
		return fmt.Errorf("sampling has changed %s", name)
	}
	return nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// train runs a whole training and returns what it leaves behind.
func (r trial) train(workers int, seed uint64, wrap func(variants.Variant) variants.Variant) (snapshot, error) {
	dev, err := r.cpu(workers)
	if err != nil {
		return snapshot{}, err
	}
	defer dev.Close()
	t, err := r.trainer(dev, seed, wrap)
	if err != nil {
		return snapshot{}, err
	}
	if err := t.Run(context.Background()); err != nil {
		return snapshot{}, err
	}
	return snap(t.Variant())
}

// checkSeeds checks that a training is a function of its seed.
func checkSeeds(r trial) error {
	first, err := r.train(1, 1, nil)
	if err != nil {
		return err
	}
	for _, workers := range []int{1, 2, 3} {
		again, err := r.train(workers, 1, nil)
		if err != nil {
			return err
		}
		if name := first.differs(again); name != "" {
			return fmt.Errorf("the same seed, with 1 worker and with %d, gives other bytes in %s", workers, name)
		}
	}
	other, err := r.train(1, 2, nil)
	if err != nil {
		return err
	}
	if first.differs(other) == "" {
		return errors.New("another seed gives the same result")
	}
	return nil
}

// checkContinues checks that a second trainer goes on where the first one is, at several places: in
// mid-epoch, before and after a partial batch, and at an epoch's end.
func checkContinues(r trial) error {
	want, err := r.train(2, 1, nil)
	if err != nil {
		return err
	}
	dev, err := r.cpu(2)
	if err != nil {
		return err
	}
	defer dev.Close()
	first, err := r.trainer(dev, 1, nil)
	if err != nil {
		return err
	}
	for _, stop := range []int64{0, 1, 3, 5, 8} {
		for first.Progress().GeneratorSteps < stop {
			if err := first.Step(); err != nil {
				return err
			}
		}
		second, err := r.trainer(dev, 1, nil)
		if err != nil {
			return err
		}
		if err := copyState(second, first); err != nil {
			return err
		}
		if err := second.Run(context.Background()); err != nil {
			return err
		}
		got, err := snap(second.Variant())
		if err != nil {
			return err
		}
		if name := want.differs(got); name != "" {
			return fmt.Errorf("continued from step %d, %s differs from the undisturbed training", stop, name)
		}
	}
	return nil
}

// checkCancels checks that the end of a context ends a training between two steps.
func checkCancels(r trial) error {
	for _, after := range []int64{0, 2} {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if after == 0 {
			cancel()
		}
		ends := 0
		hook := variants.Hook{
			Step: func(t *variants.Trainer) error {
				if t.Progress().GeneratorSteps == after {
					cancel()
				}
				return nil
			},
			End: func(*variants.Trainer) error { ends++; return nil },
		}
		dev, err := r.cpu(1)
		if err != nil {
			return err
		}
		defer dev.Close()
		t, err := r.trainer(dev, 1, nil, hook)
		if err != nil {
			return err
		}
		if err := t.Run(ctx); !errors.Is(err, context.Canceled) {
			return fmt.Errorf("cancelled after %d steps: error %v: want the context's", after, err)
		}
		if got := t.Progress().GeneratorSteps; got != after || ends != 1 {
			return fmt.Errorf("cancelled after %d steps: %d were made and the End function of a hook ran %d times", after, got, ends)
		}
	}
	return nil
}
