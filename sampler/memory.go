package sampler

import (
	"fmt"

	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
)

// Memory plans what [OpenOn] takes for a checkpoint of a run with configuration c, drawing from it and, with
// scores, scoring: the bytes on dev, beside the samples themselves, and the shape of one. Nothing is computed.
func Memory(dev device.Device, c config.Config, scores bool) (bytes int64, sample device.Shape, err error) {
	meta := device.NewMetaFor(dev)
	nets, err := presets.Networks(meta, c)
	if err != nil {
		return 0, sample, fmt.Errorf("sampler: plan memory: %w", err)
	}
	folded, err := nets.Generator.Folded()
	if err != nil {
		return 0, sample, fmt.Errorf("sampler: plan memory: %w", err)
	}
	ws := device.NewWorkspace(meta)
	used := []*layers.Network{folded}
	if scores {
		used = append(used, nets.Critic)
	}
	for _, net := range used {
		net.Hold()
		ws.Reset()
		var tr layers.Trace
		if _, err := net.Forward(&tr, ws, ws.New(net.Input().Batch(batch)), layers.Eval); err != nil {
			return 0, sample, fmt.Errorf("sampler: plan memory: %w", err)
		}
	}
	bytes = int64(meta.Allocated()) + int64(ws.Peak()) + kernels.Planned(meta)
	bytes += max(valueBytes(nets.Generator), valueBytes(nets.Critic)) // of the file, while they are restored
	return bytes, nets.Generator.Output(), nil
}

// valueBytes returns the bytes of a network's parameters and buffers.
func valueBytes(net *layers.Network) (bytes int64) {
	for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
		for _, p := range params {
			bytes += 4 * int64(p.Shape.Len())
		}
	}
	return bytes
}
