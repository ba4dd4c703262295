package cli

import (
	"errors"
	"fmt"
	"io"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/internal/words"
	"ganlib/runs"
	"ganlib/sampler"
)

// openSampler is a generator that samples are drawn from, on a device of its own.
type openSampler struct {
	*sampler.Sampler
	file string // its checkpoint, or another program's file
	dev  device.Device
}

// samplerAt opens the newest checkpoint of a run, a checkpoint file, or another program's file with the networks of
// a preset, for a drawing that fits the memory.
func samplerAt(path string, on device.Options, d drawing) (*openSampler, error) {
	file, err := runs.CheckpointAt(path)
	if err != nil {
		return nil, err
	}
	dev, err := device.Open(on)
	if err != nil {
		return nil, err
	}
	if d.opened != nil {
		d.opened(dev)
	}
	s, err := openGenerator(file, dev, d)
	if err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	return &openSampler{s, file, dev}, nil
}

// Close closes the sampler, and then the device.
func (t *openSampler) Close() error { return errors.Join(t.Sampler.Close(), t.dev.Close()) }

// openGenerator opens a checkpoint or another program's file.
func openGenerator(path string, dev device.Device, d drawing) (*sampler.Sampler, error) {
	f, size, format, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if format.name == safetensorsFormat.name {
		// Whatever is wrong with a file that cannot be read, package checkpoint says.
		if file, err := safetensors.Read(f, size); err != nil || file.Metadata()["format"] == checkpoint.Format {
			if c, err := checkpointConfig(path); err == nil {
				if err := d.check(dev, c); err != nil {
					return nil, err
				}
			}
			return sampler.OpenOn(dev, path)
		}
	}
	s, err := foreignGenerator(f, size, format, dev, d)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

// checkpointConfig returns the configuration in a checkpoint.
func checkpointConfig(path string) (config.Config, error) {
	c, err := checkpoint.Open(path)
	if err != nil {
		return config.Config{}, err
	}
	defer c.Close()
	return config.FromMap(c.Config())
}

// foreignGenerator reads the networks of a preset, which their tensors tell, from another program's file.
func foreignGenerator(r io.ReaderAt, size int64, format fileFormat, dev device.Device, d drawing) (*sampler.Sampler, error) {
	if format.load == nil {
		return nil, fmt.Errorf("a file of %s: want one of %s", format.name, words.List(importable()))
	}
	content, err := format.load(r, size, d.limit.budget(nil).Free)
	if err != nil {
		return nil, err
	}
	found, err := fit(content, "", nil)
	if err != nil {
		return nil, err
	}
	if err := d.check(dev, found.Config); err != nil {
		return nil, err
	}
	nets, err := found.Networks(dev)
	if err != nil {
		return nil, err
	}
	if found.Critic.Dict == nil {
		nets.Critic = nil
	}
	return sampler.Trained(found.Config, nets.Generator, nets.Critic)
}
