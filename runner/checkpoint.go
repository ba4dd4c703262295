package runner

import (
	"io"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/runs"
	"ganlib/variants"
)

// keepCheckpoints is how many checkpoints of a run stay: enough to go back a little, few enough not to
// fill disks, since one of 64-pixel faces has 185 MB.
const keepCheckpoints = 3

// checkpointStep saves when CHECKPOINT_EVERY says so, in steps counted from the start of the run, and
// after the last step. Under checkpoint-start it saves at the start of each epoch instead, so that the
// last epoch of a finished run is never saved; a stop by signal is saved even then.
func (r *Runner) checkpointStep(t *variants.Trainer) error {
	step := t.Progress().GeneratorSteps
	_, batch := t.LastBatch()
	due := t.Done()
	switch every := r.config.CheckpointEvery; {
	case r.config.Compat.Has(config.SwitchCheckpointStart):
		due = !t.Done() && batch == t.StepsPerEpoch()-1
	case every.Steps > 0:
		due = due || every.OnStep(int(step))
	default:
		due = r.keep.due(t) || due
	}
	if !due {
		return nil
	}
	return r.save(t)
}

// save writes the full state, unless that of this step is saved already. The rows of the tables are on
// the disk before it, so that a run which resumes from it has no gap in them.
func (r *Runner) save(t *variants.Trainer) error {
	step := t.Progress().GeneratorSteps
	if step == r.saved {
		return nil
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := r.console.print("<=> Saving checkpoint.."); err != nil {
		return err
	}
	if err := r.scalars.Sync(); err != nil {
		return err
	}
	r.events.flush()
	err := runs.WriteFile(r.run.CheckpointPath(step), func(w io.Writer) error {
		return checkpoint.Write(w, t, stateConfig(r.config), r.fixed)
	})
	if err != nil {
		return err
	}
	r.saved = step
	return r.run.Prune(keepCheckpoints)
}

// stateConfig is the configuration as a checkpoint holds it: without DATA_ROOT, since where the data
// lie is no part of the state, and equal trainings give equal files.
func stateConfig(c config.Config) map[string]string {
	m := config.Map(c)
	delete(m, "DATA_ROOT")
	return m
}
