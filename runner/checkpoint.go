package runner

import (
	"errors"
	"fmt"
	"io"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/runs"
	"ganlib/variants"
)

// DefaultKeep is how many checkpoints of a run stay: enough to go back a little, few enough not to fill
// disks, since one of 64-pixel faces has 185 MB.
const DefaultKeep = 3

// checkpointStep saves when CHECKPOINT_EVERY says so, in steps counted from the start of the run, and
// after the last step. Under checkpoint-start it saves at the start of each epoch instead, so that the
// last epoch of a finished run is never saved; a stop by signal is saved even then.
//
// But for the last, checkpoints are written beside the training. One that is due while another is being
// written waits for it, or, if CHECKPOINT_EVERY is a time, comes when that is done.
func (r *Runner) checkpointStep(t *variants.Trainer) error {
	if err := r.saver.advance(); err != nil {
		return err
	}
	step := t.Progress().GeneratorSteps
	_, batch := t.LastBatch()
	due := false
	switch every := r.config.CheckpointEvery; {
	case r.config.Compat.Has(config.SwitchCheckpointStart):
		due = batch == t.StepsPerEpoch()-1
		if t.Done() {
			return nil
		}
	case every.Steps > 0:
		due = every.OnStep(int(step))
	case every.Time > 0:
		due = !r.saver.busy() && r.keep.due(t)
	default:
		due = r.keep.due(t)
	}
	switch {
	case t.Done():
		return r.save(t)
	case due || r.saver.export:
		return r.saver.begin(t, due)
	}
	return nil
}

// save writes the full state and returns when it is on the disk, unless that of this step is there already.
func (r *Runner) save(t *variants.Trainer) error {
	if err := r.saver.wait(); err != nil {
		return err
	}
	step := t.Progress().GeneratorSteps
	if step == r.saved {
		return nil
	}
	<-r.beside.written()
	if err := r.beginSave(t); err != nil {
		return err
	}
	s := saving{step: step, checkpoint: true}
	r.writeCheckpoint(&s, func(w io.Writer) error {
		return checkpoint.Write(w, t, stateConfig(r.config), r.fixed)
	})
	r.conclude(s)
	if s.err != nil {
		r.unsaved = step
	}
	return s.err
}

// beginSave hands on what the steps until now have to tell.
func (r *Runner) beginSave(t *variants.Trainer) error {
	if err := t.Flush(); err != nil {
		return err
	}
	r.console.print("<=> Saving checkpoint..")
	r.events.flush()
	return nil
}

// saving is what is to be made of a step's state, and how that ended.
type saving struct {
	step       int64
	export     bool  // the file for PyTorch
	exportErr  error // it is not on the disk
	checkpoint bool
	err        error // the checkpoint is not on the disk
	others     error // it is, or could be, but something beside it was not done
}

// writeCheckpoint writes a checkpoint with write, and removes older ones when it is on the disk. The rows of
// the tables are there before it, so that a run which resumes from it has no gap in them; a table that
// cannot be written is no reason not to save the rest. Any goroutine may call it.
func (r *Runner) writeCheckpoint(s *saving, write func(io.Writer) error) {
	s.others = r.scalars.Sync()
	if s.err = runs.WriteFileFS(r.options.fs, r.run.CheckpointPath(s.step), write); s.err == nil {
		s.others = errors.Join(s.others, r.run.Prune(r.options.Keep))
	}
}

// conclude notes what was saved, and warns of the rest.
func (r *Runner) conclude(s saving) {
	if s.err == nil {
		r.saved = s.step
	}
	if s.others != nil {
		r.console.print(fmt.Sprintf("Warning: beside the checkpoint of step %d: %v", s.step, s.others))
	}
}

// stateConfig is the configuration as a checkpoint holds it: without DATA_ROOT, since where the data
// lie is no part of the state, and equal trainings give equal files.
func stateConfig(c config.Config) map[string]string {
	m := config.Map(c)
	delete(m, "DATA_ROOT")
	return m
}
