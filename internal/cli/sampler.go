package cli

import (
	"errors"

	"ganlib/device"
	"ganlib/runs"
	"ganlib/sampler"
)

// openSampler is a generator that samples are drawn from, on a device of its own.
type openSampler struct {
	*sampler.Sampler
	file string // its checkpoint
	dev  device.Device
}

// samplerAt opens the newest checkpoint of a run, or a checkpoint file.
func samplerAt(path string, on device.Options) (*openSampler, error) {
	file, err := runs.CheckpointAt(path)
	if err != nil {
		return nil, err
	}
	dev, err := device.Open(on)
	if err != nil {
		return nil, err
	}
	s, err := sampler.OpenOn(dev, file)
	if err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	return &openSampler{s, file, dev}, nil
}

// Close closes the sampler, and then the device.
func (t *openSampler) Close() error { return errors.Join(t.Sampler.Close(), t.dev.Close()) }
