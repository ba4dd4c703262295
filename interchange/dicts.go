package interchange

import (
	"fmt"
	"slices"
	"strings"

	"ganlib/formats/safetensors"
	"ganlib/formats/torchfile"
)

// Tensor is a tensor of a foreign file, in PyTorch's order.
type Tensor struct {
	Shape []int // none for a scalar
	// Values reads the elements as float32, to which wider types are rounded.
	Values func() ([]float32, error)
}

// StateDict is a dictionary of tensors by name, as a network's state_dict() is.
type StateDict struct {
	Path    string   // where it lies in the file: "state_dict"; "" for the file itself
	Names   []string // in the file's order
	Tensors map[string]Tensor
}

// add appends a tensor.
func (d *StateDict) add(name string, t Tensor) {
	if d.Tensors == nil {
		d.Tensors = map[string]Tensor{}
	}
	if _, ok := d.Tensors[name]; !ok {
		d.Names = append(d.Names, name)
	}
	d.Tensors[name] = t
}

// File is what a foreign file holds that a training may want.
type File struct {
	Dicts      []*StateDict
	Optimizers []*Optimizer
}

// New returns a file of one state dict, for formats that have no dictionaries in dictionaries.
func New(names []string, tensor func(name string) Tensor) *File {
	d := &StateDict{}
	for _, name := range names {
		d.add(name, tensor(name))
	}
	return &File{Dicts: []*StateDict{d}}
}

// FromSafetensors returns the tensors of a safetensors file.
func FromSafetensors(f *safetensors.File) *File {
	return New(f.Names(), func(name string) Tensor {
		info, _ := f.Info(name)
		return Tensor{Shape: info.Shape, Values: func() ([]float32, error) {
			switch info.DType {
			case safetensors.F64:
				v, _, err := f.Float64s(name)
				return narrow(v), err
			case safetensors.F32, safetensors.F16, safetensors.BF16:
				v, _, err := f.Float32s(name)
				return v, err
			}
			v, _, err := f.Int64s(name)
			return narrow(v), err
		}}
	})
}

// FromTorch returns the dictionaries and the optimisers of a file of torch.save: each dictionary that has
// tensors, at any depth, with only them.
func FromTorch(root any) *File {
	f := &File{}
	if t, ok := root.(*torchfile.Dict); ok {
		f.collect(t, nil)
	}
	return f
}

// collect adds a dictionary and those in it.
func (f *File) collect(d *torchfile.Dict, path []string) {
	if isOptimizer(d) {
		f.Optimizers = append(f.Optimizers, parseOptimizer(d, strings.Join(path, ".")))
		return
	}
	own := &StateDict{Path: strings.Join(path, ".")}
	for _, key := range d.Keys() {
		value, _ := d.Get(key)
		switch value := value.(type) {
		case *torchfile.Tensor:
			own.add(fmt.Sprint(key), torchTensor(value))
		case *torchfile.Dict:
			f.collect(value, append(slices.Clone(path), fmt.Sprint(key)))
		}
	}
	if len(own.Names) > 0 {
		f.Dicts = append(f.Dicts, own)
	}
}

func torchTensor(t *torchfile.Tensor) Tensor {
	return Tensor{Shape: t.Shape(), Values: func() ([]float32, error) {
		switch t.DType() {
		case torchfile.Float64:
			v, err := t.Float64s()
			return narrow(v), err
		case torchfile.Float32, torchfile.Float16, torchfile.BFloat16:
			return t.Float32s()
		}
		v, err := t.Int64s()
		return narrow(v), err
	}}
}

// narrow rounds numbers to float32.
func narrow[T float64 | int64](values []T) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}
