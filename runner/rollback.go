package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"ganlib/checkpoint"
	"ganlib/report"
	"ganlib/runs"
	"ganlib/variants"
	"ganlib/vfs"
	"ganlib/watchdog"
)

// rollbackFile lists how often the run went back, for whoever resumes it: the random numbers of its steps
// depend on that.
const rollbackFile = "layout/rollbacks.json"

// rollback is one return to a checkpoint.
type rollback struct {
	Step   int64  `json:"step"`   // of the checkpoint; steps from there on have other random numbers
	From   int64  `json:"from"`   // generator steps done when it was found that they were in vain
	Reason string `json:"reason"` // what was found
}

// readRollbacks tells the trainer of a run that goes on what random numbers its steps have.
func (r *Runner) readRollbacks() error {
	text, err := vfs.ReadFile(r.options.fs, r.run.Join(rollbackFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r.rollbacks)
	}
	if err != nil {
		return fmt.Errorf("runner: %s: %w", r.run.Join(rollbackFile), err)
	}
	for _, b := range r.rollbacks {
		r.trainer.Restart(b.Step)
	}
	return nil
}

// rollBack brings the training back to its last checkpoint of finite numbers, and gives the steps from there
// on other random numbers. cause is why; it is returned, with what went wrong, if there is no way back.
func (r *Runner) rollBack(cause error) error {
	from, reason := r.trainer.Progress().GeneratorSteps, r.fault
	if err := r.beside.settle(0); err != nil { // before its events are taken out again
		return errors.Join(cause, err)
	}
	if err := r.saver.wait(); err != nil {
		return errors.Join(cause, err)
	}
	if err := r.restoreGood(); err != nil {
		return errors.Join(cause, err)
	}
	step := r.trainer.Progress().GeneratorSteps
	tries := 1
	for _, b := range slices.Backward(r.rollbacks) {
		if b.Step != step {
			break
		}
		tries++
	}
	if tries > r.options.OnNaNTries {
		return fmt.Errorf("%w; that is how %d tries from the checkpoint of step %d have ended: a smaller LEARNING_RATE may help, in a new run", cause, tries-1, step)
	}
	r.rollbacks = append(r.rollbacks, rollback{step, from, reason})
	text, err := json.MarshalIndent(r.rollbacks, "", "\t")
	if err == nil {
		err = r.write(r.run.Join(rollbackFile), append(text, '\n'))
	}
	if err == nil {
		err = r.cutTables(step)
	}
	if err != nil {
		return errors.Join(cause, err)
	}
	r.trainer.Restart(step)
	r.last = variants.Stats{}
	r.console.print(fmt.Sprintf("Watchdog: back to the checkpoint of step %d, with other random numbers; try %d of %d", step, tries, r.options.OnNaNTries))
	return nil
}

// restoreGood restores the newest checkpoint that can be read and has finite numbers only. Newer ones are set
// aside.
func (r *Runner) restoreGood() error {
	list, err := r.run.Checkpoints()
	if err != nil {
		return err
	}
	for _, c := range slices.Backward(list) {
		err := r.restoreFinite(c)
		if err == nil {
			r.saved = c.Step
			return nil
		}
		if !errors.Is(err, checkpoint.ErrDamaged) && !errors.Is(err, watchdog.ErrNotFinite) {
			return err
		}
		to, asideErr := r.run.SetAside(c)
		if asideErr != nil {
			return errors.Join(err, asideErr)
		}
		r.console.print(fmt.Sprintf("Warning: %v; it is now %s", err, to))
	}
	return fmt.Errorf("there is no good checkpoint to go back to: %w", runs.ErrNoCheckpoint)
}

func (r *Runner) restoreFinite(c runs.Checkpoint) (err error) {
	state, err := openSound(r.options.fs, c.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	if err := state.Restore(r.trainer); err != nil {
		return err
	}
	r.watch.Reset()
	return r.watch.Start(r.trainer)
}

// cutTables takes the rows and events of the steps in vain out of the tables.
func (r *Runner) cutTables(step int64) error {
	if err := r.scalars.Truncate(step); err != nil && !errors.Is(err, report.ErrDamaged) { // the rows before are as they were
		return err
	}
	r.events.close()
	r.events = r.openEvents(step)
	images, now := r.images(r.trainer), r.now()
	r.meter.rows, r.meter.lately = lap{now, images}, lap{now, images}
	return r.mean.restore(r.options.fs, r.run.Join(runs.LogFolder, "scalars.csv"), int(step/int64(r.trainer.StepsPerEpoch())))
}
