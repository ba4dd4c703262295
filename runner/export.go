package runner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/layers"
	"ganlib/runs"
	"ganlib/variants"
)

// exportFolder holds networks alone, apart from model/, where every safetensors file is a checkpoint.
const exportFolder = "exports"

// exportStep writes the networks every EXPORT_EVERY and at the end: of the CatFaces networks the tutorial's own
// file (exportTorch); of others safetensors files with the names and the order of PyTorch's state dicts, for
// keras-wgan under the tutorial's stems, a file for each epoch and a final one, for the rest
// generator.safetensors and critic.safetensors, which are replaced.
func (r *Runner) exportStep(t *variants.Trainer) error {
	due := r.export.due(t)
	if r.config.ExportEvery == (config.Every{}) || !due && !t.Done() {
		return nil
	}
	if exportsTorch(r.config) {
		return r.exportTorchStep(t)
	}
	epoch, _ := t.LastBatch()
	nets := t.Variant().Networks()
	if r.info.Networks != config.NetKeras {
		return errors.Join(r.exportNetwork("generator", nets.Generator), r.exportNetwork("critic", nets.Critic))
	}
	var stems []string
	if due {
		stems = append(stems, fmt.Sprintf("epoch_%d", epoch))
	}
	if t.Done() {
		stems = append(stems, "final")
	}
	for _, stem := range stems {
		if err := errors.Join(r.exportNetwork("wgan_generator_"+stem, nets.Generator), r.exportNetwork("wgan_discriminator_"+stem, nets.Critic)); err != nil {
			return err
		}
	}
	return nil
}

// exportNetwork writes one network's parameters and buffers.
func (r *Runner) exportNetwork(stem string, net *layers.Network) error {
	err := r.options.fs.Mkdir(r.run.Join(exportFolder), 0o777)
	if err == nil {
		err = r.options.fs.SyncDir(r.run.Path())
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return runs.WriteFileFS(r.options.fs, r.run.Join(exportFolder, stem+".safetensors"), func(w io.Writer) error {
		return checkpoint.WriteNetwork(w, net)
	})
}
