package runner

import (
	"io"
	"time"

	"ganlib/config"
	"ganlib/interchange"
	"ganlib/runs"
	"ganlib/variants"
)

// torchShare is how much of the time the file for PyTorch may take: it has 150 MB for the CatFaces networks at
// their full width, whose epoch may be over in seconds on a GPU.
const torchShare = 0.005

// torchExport tells when the file was written.
type torchExport struct {
	rested time.Time // since when it was not
	took   time.Duration
}

// exportTorchStep writes the file when it is due, unless that was done so lately that it would take more than its
// share of the time, and at the end. Under checkpoint-start it holds the start of an epoch, which is the end of
// the one before, so that the last epoch is never in it.
func (r *Runner) exportTorchStep(t *variants.Trainer) error {
	start := r.now()
	switch {
	case r.config.Compat.Has(config.SwitchCheckpointStart):
		if t.Done() {
			return nil
		}
	case !t.Done() && start.Sub(r.torch.rested).Seconds()*torchShare < r.torch.took.Seconds():
		return nil
	}
	err := r.exportTorch(t)
	r.torch.rested = r.now()
	r.torch.took = min(r.torch.rested.Sub(start), longestWork)
	return err
}

// exportsTorch reports whether a run of c keeps the file for PyTorch.
func exportsTorch(c config.Config) bool {
	info, err := config.Describe(c.Preset)
	return err == nil && info.Networks == config.NetCatFaces && c.ExportEvery != (config.Every{})
}

// exportTorch writes the CatFaces generator and its optimiser in the tutorial's form, if they are exported.
func (r *Runner) exportTorch(t *variants.Trainer) error {
	if !exportsTorch(r.config) {
		return nil
	}
	return runs.WriteFileFS(r.options.fs, r.run.Join(runs.TorchFile), func(w io.Writer) error {
		return interchange.WriteTraining(w, r.config, t)
	})
}
