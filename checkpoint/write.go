package checkpoint

import (
	"fmt"
	"io"
	"strconv"

	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/layers"
	"ganlib/variants"
)

// Format names the kind of file, and Version what is in it; a reader refuses a later version. Version 2 has
// checksums.
const (
	Format  = "ganlib checkpoint"
	Version = 2
)

// configPrefix precedes a configuration key in the metadata.
const configPrefix = "config."

// fixedNoise is the tensor of the fixed sample grids' noise.
const fixedNoise = "fixed_noise"

// Write writes the state of t between two steps, with the configuration it was made from (any text
// by key), and fixed, the noise of its fixed sample grids, if that is not nil.
func Write(w io.Writer, t *variants.Trainer, config map[string]string, fixed *device.Tensor) error {
	if err := t.Variant().Networks().Generator.Device().Sync(); err != nil {
		return fmt.Errorf("checkpoint: write: %w", err)
	}
	list := stateOf(t.Variant())
	tensors, err := stateTensors(list, fixed)
	if err == nil {
		err = write(w, tensors, metadata(t, config), func() {})
	}
	if err != nil {
		return fmt.Errorf("checkpoint: write: %w", err)
	}
	return nil
}

// stateTensors returns the tensors of a checkpoint.
func stateTensors(list []Entry, fixed *device.Tensor) ([]safetensors.Tensor, error) {
	tensors, err := tensorsOf(list)
	if err != nil || fixed == nil {
		return tensors, err
	}
	values, err := fixed.Float32s()
	if err != nil {
		return nil, fmt.Errorf("fixed noise: %w", err)
	}
	s := fixed.Shape()
	return append(tensors, safetensors.Tensor{Name: fixedNoise, DType: safetensors.F32, Shape: append([]int(nil), s[:s.Rank()]...), Data: values}), nil
}

// write writes a checkpoint. rest is called after each tensor whose checksum has been computed.
func write(w io.Writer, tensors []safetensors.Tensor, meta map[string]string, rest func()) error {
	if err := addChecksums(meta, tensors, rest); err != nil {
		return err
	}
	return safetensors.Write(w, tensors, meta)
}

// WriteNetwork writes a network's parameters and buffers alone, under the names and in the order of
// PyTorch's state dicts.
func WriteNetwork(w io.Writer, net *layers.Network) error {
	var list []Entry
	for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
		for _, p := range params {
			list = append(list, Entry{p.Name, p, p.Value})
		}
	}
	tensors, err := tensorsOf(list)
	if err == nil {
		err = safetensors.Write(w, tensors, map[string]string{"format": "pt"})
	}
	if err != nil {
		return fmt.Errorf("checkpoint: write network %s: %w", net.Name(), err)
	}
	return nil
}

// tensorsOf returns the tensors of a file. Their values share the memory of the largest, which is filled
// as they are written.
func tensorsOf(list []Entry) ([]safetensors.Tensor, error) {
	largest := 0
	for _, e := range list {
		largest = max(largest, e.Param.Shape.Len())
	}
	var buffer []float32
	tensors := make([]safetensors.Tensor, len(list))
	for i, e := range list {
		t := safetensors.Tensor{Name: e.Name, DType: safetensors.F32, Shape: e.Param.TorchShape()}
		t.Data = safetensors.Floats(func() (values []float32, err error) {
			if buffer == nil {
				buffer = make([]float32, 0, largest)
			}
			return e.Param.AppendTorchOrder(buffer, e.Values)
		})
		if e.Param.Role == layers.Count {
			values, err := e.Values.Float32s()
			if err != nil {
				return nil, err
			}
			t.DType, t.Data = safetensors.I64, []int64{int64(values[0])}
		}
		tensors[i] = t
	}
	return tensors, nil
}

// optimizerSteps is the key of how many steps a network's optimiser has made.
func optimizerSteps(network string) string { return "optimizer." + network + ".steps" }

func metadata(t *variants.Trainer, config map[string]string) map[string]string {
	progress := t.Progress()
	m := map[string]string{
		"format":                   Format,
		"format_version":           strconv.Itoa(Version),
		"variant":                  t.Variant().Name(),
		"seed":                     strconv.FormatUint(t.Config().Seed, 10),
		"progress.epoch":           strconv.FormatInt(progress.GeneratorSteps/int64(t.StepsPerEpoch()), 10),
		"progress.generator_steps": strconv.FormatInt(progress.GeneratorSteps, 10),
		"progress.critic_steps":    strconv.FormatInt(progress.CriticSteps, 10),
		"data.pass":                strconv.FormatUint(progress.Data.Pass, 10),
		"data.position":            strconv.Itoa(progress.Data.Position),
		"data.count":               strconv.Itoa(t.Data().Len()),
		"data.fingerprint":         t.Data().Fingerprint(),
	}
	for _, p := range playersOf(t.Variant()) {
		m["optimizer."+p.net.Name()] = p.optimizer.Name()
		m[optimizerSteps(p.net.Name())] = strconv.Itoa(p.optimizer.Steps())
	}
	for key, value := range config {
		m[configPrefix+key] = value
	}
	return m
}
