package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ganlib/device"
	"ganlib/internal/bench"
	"ganlib/internal/words"
	"ganlib/kernels"
	"ganlib/tuning"
)

// tunedFlag gives a command the flag that puts to use what tune has measured.
func tunedFlag(cmd *cobra.Command, tuned *bool) {
	cmd.Flags().BoolVar(tuned, "tuned", false, "compute a GPU's products as 'tune' has measured to be the fastest there; last bits may differ from those without")
}

// tuning returns what the table of a GPU says, and tells of what it does not.
func (a *app) tuning(gpu *device.CUDA) *kernels.Tuning {
	card := tuning.CardOf(gpu)
	folder, err := tuning.Folder()
	if err != nil {
		a.console.printf("Warning: %v", err)
		return new(kernels.Tuning)
	}
	known, err := tuning.Load(folder, card)
	if err != nil {
		a.console.printf("Warning: %v; it is left out", err)
	}
	return known
}

// tunedSampling is tuning for a device that may be no GPU, and samples.
func (a *app) tunedSampling(dev device.Device) {
	gpu, ok := dev.(*device.CUDA)
	if !ok {
		a.nothingToTune()
		return
	}
	known := a.tuning(gpu)
	if len(known.Choices()) == 0 {
		a.console.printf("--tuned: nothing has been measured of %v; '%s tune' does it", gpu, a.program.Name)
	}
	gpu.SetTuning(known)
}

func (a *app) nothingToTune() {
	a.console.printf("--tuned: the CPU computes a product in one way, so that there is nothing to tune")
}

// measure has measured what the GPU's table lacks, or everything, and saves it, also if it is ended by ctx.
func (a *app) measure(ctx context.Context, o bench.Options, again bool) (bench.Tuned, error) {
	var card tuning.Card
	o.Tuning = func(gpu *device.CUDA) *kernels.Tuning {
		card = tuning.CardOf(gpu)
		return a.tuning(gpu)
	}
	t, err := bench.Tune(ctx, o, again, func(done, total int) {
		a.console.progress("tune", int64(done), int64(total), func() string { return fmt.Sprintf("product %d/%d", done, total) })
	})
	a.console.end()
	if len(t.Measured) == 0 {
		return t, err
	}
	folder, folderErr := tuning.Folder()
	if folderErr == nil {
		folderErr = tuning.Save(folder, card, t.Measured)
	}
	if folderErr != nil {
		return t, errors.Join(folderErr, err)
	}
	a.console.printf("Measured %s on %v, saved in %s", words.Counted(len(t.Measured), "product"), card, folder)
	return t, err
}
