package runner

import (
	"context"
	"errors"
	"fmt"

	"ganlib/config"
	"ganlib/device"
	"ganlib/variants"
	"ganlib/watchdog"
)

// hooks returns what attaches to the training. Pictures come before checkpoints, because with
// grid-train-mode they move the running averages that a checkpoint of the same step holds.
func (r *Runner) hooks() []variants.Hook {
	if r.replay != nil {
		return r.replay.hooks()
	}
	own := []variants.Hook{
		{Name: "scalars", Stats: r.guardRows(r.spareRows("the tables", r.writeRows))},
		{Name: "events", Stats: r.guardRows(r.writeEvents)},
		{Name: "console", Stats: r.guardRows(r.logRows), Step: r.guardStep(r.logByTime)},
		r.watch.Hook(), // before what draws or saves
		{Name: "pictures", Step: r.guardStep(r.pictureStep)},
		{Name: "exports", Step: r.guardStep(r.exportStep)},
		{Name: "checkpoints", Step: r.guardStep(r.checkpointStep)},
		{Name: "progress", Step: r.tellProgress},
	}
	return append(own, r.guests()...)
}

// guardRows and guardStep note that a hook failed: the networks are between two steps then, and can be
// saved.
func (r *Runner) guardRows(f func(*variants.Trainer, []variants.Stats) error) func(*variants.Trainer, []variants.Stats) error {
	return func(t *variants.Trainer, rows []variants.Stats) error { return r.note(f(t, rows)) }
}

func (r *Runner) guardStep(f func(*variants.Trainer) error) func(*variants.Trainer) error {
	return func(t *variants.Trainer) error { return r.note(f(t)) }
}

func (r *Runner) note(err error) error {
	r.failed = r.failed || err != nil && !errors.Is(err, watchdog.ErrNotFinite)
	return err
}

// Run trains until the last step, or until ctx ends. Whatever ends it between two steps, the full
// state is saved; after an error within a step the last checkpoint stays, and so it does when numbers are not
// finite ([Options.OnNaN]). When ctx ends, the error is ctx's. A run that is finished already changes nothing.
func (r *Runner) Run(ctx context.Context) error {
	if r.finished {
		return nil
	}
	t := r.trainer
	r.meter = newMeter(r.now, r.images(t))
	toGoBackTo := r.options.OnNaN == RollBackOnNaN && r.saved < 0
	if toGoBackTo || r.config.Compat.Has(config.SwitchCheckpointStart) && t.Progress().GeneratorSteps == 0 {
		if err := r.save(t); err != nil {
			return fmt.Errorf("runner: %w", err)
		}
	}
	if r.config.Compat.Has(config.SwitchCheckpointStart) && t.Progress().GeneratorSteps == 0 {
		if err := r.exportTorch(t); err != nil {
			return fmt.Errorf("runner: %w", err)
		}
	}
	err := r.train(ctx)
	spoilt := errors.Is(err, watchdog.ErrNotFinite)
	if endErr := r.endGuests(); endErr != nil {
		err = errors.Join(err, endErr)
	}
	err = errors.Join(err, r.note(r.beside.settle(0)))
	r.finished = err == nil
	stopped := err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err())
	if waitErr := r.saver.wait(); waitErr != nil && !errors.Is(err, device.ErrLost) {
		err = errors.Join(err, waitErr)
	}
	if (stopped || r.failed && r.unsaved != t.Progress().GeneratorSteps) && !spoilt {
		err = errors.Join(err, r.save(t))
	}
	if stopped && !spoilt && !r.config.Compat.Has(config.SwitchCheckpointStart) {
		err = errors.Join(err, r.exportTorch(t))
	}
	r.events.flush()
	r.events.tellMissing()
	if syncErr := r.scalars.Sync(); syncErr != nil {
		err = errors.Join(err, syncErr)
	}
	if errors.Is(err, device.ErrLost) {
		r.console.print("The GPU is lost. Go on from the last checkpoint with --resume " + r.run.Path())
	}
	if stopped {
		r.console.print(fmt.Sprintf("Stopped at step %d of %d; go on with --resume %s", t.Progress().GeneratorSteps, t.TotalSteps(), r.run.Path()))
	}
	return err
}

// train trains until the end or an error. Where numbers that are not finite are not the end, it goes back and
// on.
func (r *Runner) train(ctx context.Context) error {
	err := r.watch.Start(r.trainer)
	if err == nil {
		err = r.trainer.Run(ctx)
	}
	for r.options.OnNaN == RollBackOnNaN && errors.Is(err, watchdog.ErrNotFinite) && ctx.Err() == nil {
		if failed := r.rollBack(err); failed != nil {
			return failed
		}
		err = r.trainer.Run(ctx)
	}
	return err
}
