package runner

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"ganlib/checkpoint"
	"ganlib/config"
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
	if r.info.Networks != config.NetKeras {
		return r.exportNetworks(t, "generator", "critic")
	}
	if due {
		stem := fmt.Sprintf("epoch_%d", epoch)
		if err := r.exportNetworks(t, "wgan_generator_"+stem, "wgan_discriminator_"+stem); err != nil {
			return err
		}
	}
	if t.Done() {
		return r.exportNetworks(t, "wgan_generator_final", "wgan_discriminator_final")
	}
	return nil
}

// exportNetworks writes both networks as they are now, each under its stem; but for the last step, beside the
// training, as pictures are.
func (r *Runner) exportNetworks(t *variants.Trainer, generator, critic string) error {
	if err := r.makeRoom(t, true); err != nil {
		return err
	}
	nets := t.Variant().Networks()
	var files [2]bytes.Buffer
	if err := errors.Join(checkpoint.WriteNetwork(&files[0], nets.Generator), checkpoint.WriteNetwork(&files[1], nets.Critic)); err != nil {
		return err
	}
	write := func() error {
		return errors.Join(r.exportNetwork(generator, files[0].Bytes()), r.exportNetwork(critic, files[1].Bytes()))
	}
	if t.Done() {
		return write()
	}
	r.beside.add(write, func(err error) error { return r.networks.check(r.console, "the networks", err) })
	return nil
}

// exportNetwork writes one network's file.
func (r *Runner) exportNetwork(stem string, data []byte) error {
	err := r.options.fs.Mkdir(r.run.Join(exportFolder), 0o777)
	if err == nil {
		err = r.options.fs.SyncDir(r.run.Path())
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return runs.WriteFileFS(r.options.fs, r.run.Join(exportFolder, stem+".safetensors"), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
