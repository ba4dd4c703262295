package runner

import (
	"io"
	"time"

	"ganlib/config"
	"ganlib/interchange"
	"ganlib/runs"
	"ganlib/variants"
)

// torchShare is for how much of the time the file for PyTorch may be in the making, little by little: it has 150 MB
// for the CatFaces networks at their full width, whose epoch may be over in seconds on a GPU.
const torchShare = 0.1

// torchExport tells when the file was written.
type torchExport struct {
	rested time.Time // since when it was not
	took   time.Duration
}

// wrote notes that the file was made from one moment to another.
func (e *torchExport) wrote(from, to time.Time) {
	e.rested, e.took = to, min(to.Sub(from), longestWork)
}

// exportTorchStep has the file written when it is due, from a snapshot beside the training, unless that was done so
// lately that it would take more than its share of the time; at the end it writes it. Under checkpoint-start the file
// holds the start of an epoch, which is the end of the one before, so that the last epoch is never in it.
func (r *Runner) exportTorchStep(t *variants.Trainer) error {
	atStart := r.config.Compat.Has(config.SwitchCheckpointStart)
	if t.Done() {
		if atStart {
			return nil
		}
		return r.exportTorch(t)
	}
	rested := r.now().Sub(r.torch.rested)
	r.saver.export = atStart || rested.Seconds()*torchShare >= r.torch.took.Seconds()
	return nil
}

// exportsTorch reports whether a run of c keeps the file for PyTorch.
func exportsTorch(c config.Config) bool {
	info, err := config.Describe(c.Preset)
	return err == nil && info.Networks == config.NetCatFaces && c.ExportEvery != (config.Every{})
}

// exportTorch writes the CatFaces generator and its optimiser in the tutorial's form, if they are exported, and
// returns when that is on the disk.
func (r *Runner) exportTorch(t *variants.Trainer) error {
	if !exportsTorch(r.config) {
		return nil
	}
	if err := r.saver.wait(); err != nil { // which may be writing an older one
		return err
	}
	return r.writeTorch(func(w io.Writer) error { return interchange.WriteTraining(w, r.config, t) })
}

// writeTorch replaces the file. Any goroutine may call it.
func (r *Runner) writeTorch(write func(io.Writer) error) error {
	return runs.WriteFileFS(r.options.fs, r.run.Join(runs.TorchFile), write)
}
