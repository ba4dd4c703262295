package runner

import (
	"errors"
	"fmt"
	"slices"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/manifest"
	"ganlib/runs"
	"ganlib/tuning"
	"ganlib/vfs"
)

// tune has the GPU compute products as they are known to be the fastest. What is known of the products of this run
// alone is put to use when they have been planned, by [prepared.settle].
func (p *prepared) tune(o Options) {
	if !o.Tuned && len(o.Tuning) == 0 {
		return
	}
	gpu, ok := p.dev.(*device.CUDA)
	if !ok {
		p.tuningLine = "Tuning: none, since the CPU computes a product in one way"
		return
	}
	known, err := o.known(gpu)
	if err != nil {
		p.tuningNote = fmt.Sprintf("Warning: %v; it is left out", err)
	}
	gpu.SetTuning(known)
}

// known returns what is known of a GPU: the choices of the options, those that the run to go on with was made with,
// or those of the GPU's table.
func (o Options) known(gpu *device.CUDA) (*kernels.Tuning, error) {
	choices := o.Tuning
	if was := o.before; was != nil && len(choices) == 0 {
		if now := manifest.OfMachine(gpu); was.GPU == now.GPU && was.Precision == now.Precision {
			choices = was.Tuning
		}
	}
	if len(choices) > 0 {
		known := new(kernels.Tuning)
		return known, errors.Join(known.Add(choices...), known.Suit(gpu))
	}
	folder, err := tuning.Folder()
	if err != nil {
		return new(kernels.Tuning), err
	}
	return tuning.Load(folder, tuning.CardOf(gpu))
}

// settle leaves of the tuning what the planned products need, so that the manifest can say all of it.
func (p *prepared) settle(o Options) {
	gpu, ok := p.dev.(*device.CUDA)
	if !ok {
		return
	}
	known, ok := gpu.Tuning().(*kernels.Tuning)
	if !ok {
		return
	}
	only := known.Only(p.products)
	gpu.SetTuning(only)
	others := only.Deviations()
	switch {
	case len(others) > 0:
		p.tuningLine = fmt.Sprintf("Tuning: %d of %d kinds of products are computed in another way than is estimated (%.12s)", len(others), len(p.products), kernels.SumOf(others))
	case len(only.Choices()) == 0:
		p.tuningLine = "Tuning: nothing has been measured of this configuration's products on this GPU; ganlib tune does it"
	default:
		p.tuningLine = fmt.Sprintf("Tuning: all of %d kinds of products are computed as is estimated", len(p.products))
	}
	if missing := len(only.Missing(p.products)); missing > 0 && len(only.Choices()) > 0 && o.Tuned && o.before == nil {
		p.tuningLine += fmt.Sprintf("; %d have not been measured", missing)
	}
}

// tuningLines tell of the tuning.
func (p *prepared) tuningLines() []string {
	return slices.DeleteFunc([]string{p.tuningNote, p.tuningLine}, func(line string) bool { return line == "" })
}

// lastMachine returns what a run was made on last, nil if its manifest does not say.
func lastMachine(fsys vfs.FS, run *runs.Run) *manifest.Machine {
	text, err := vfs.ReadFile(fsys, run.Join(runs.ManifestFile))
	if err != nil {
		return nil // addStretch says so
	}
	m, err := manifest.Decode(text)
	if err != nil || len(m.Stretches) == 0 {
		return nil
	}
	return &m.Stretches[len(m.Stretches)-1].Machine
}

// compareTuning warns of another tuning than the run's last, on the same GPU.
func (r *Runner) compareTuning() {
	was := r.options.before
	if was == nil {
		return
	}
	now := manifest.OfMachine(r.dev)
	before, sum := kernels.SumOf(was.Tuning), kernels.SumOf(now.Tuning)
	if was.GPU != now.GPU || was.Precision != now.Precision || before == sum {
		return // compareDevice tells of another device
	}
	name := func(sum string) string {
		if sum == "" {
			return "as is estimated"
		}
		return fmt.Sprintf("by the tuning %.12s", sum)
	}
	line := fmt.Sprintf("Warning: products were computed %s until now, and are %s from here on: what the run writes may differ in the last bits from a run that goes on as it was", name(before), name(sum))
	if before != "" && !r.options.Tuned {
		line += ", with --tuned"
	}
	r.start = append(r.start, line)
}
