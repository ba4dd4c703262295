package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"ganlib/formats/npz"
	"ganlib/interchange"
	memory "ganlib/internal/process"
	"ganlib/layers"
)

func init() {
	exporters["npz"] = exporter{
		about: "NumPy: a state dict as an archive of arrays", suffixes: []string{".npz"},
		write: func(_ context.Context, w io.Writer, m *interchange.Model, which interchange.Which) ([]string, error) {
			return nil, writeNPZ(w, m, which)
		},
	}
	fileFormats = append(fileFormats, fileFormat{
		name:    "NumPy",
		is:      func(_ string, head []byte) bool { return npz.IsArray(head) || npz.IsArchive(head) },
		inspect: inspectNumPy, load: loadNumPy,
	})
}

// writeNPZ writes a network's parameters and buffers, or those of both with "generator." and "critic." before
// the names. What the file says about the run is JSON in the archive's comment.
func writeNPZ(w io.Writer, m *interchange.Model, which interchange.Which) error {
	prefix := map[*layers.Network]string{m.Networks.Generator: "generator.", m.Networks.Critic: "critic."}
	nets := []*layers.Network{m.Networks.Generator, m.Networks.Critic}
	if which != interchange.Both {
		net, err := m.Network(which)
		if err != nil {
			return err
		}
		nets, prefix = []*layers.Network{net}, nil
	}
	var arrays []npz.Array
	for _, net := range nets {
		for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
			for _, p := range params {
				values, err := p.Torch()
				if err != nil {
					return err
				}
				a := npz.Array{Name: prefix[net] + p.Name, DType: npz.Float32, Shape: p.TorchShape(), Data: values}
				if p.Role == layers.Count {
					a.DType, a.Data = npz.Int64, []int64{int64(values[0])}
				}
				arrays = append(arrays, a)
			}
		}
	}
	comment, err := json.Marshal(exportMetadata(m)) // sorted by key
	if err != nil {
		return err
	}
	return npz.Write(w, arrays, npz.WriteOptions{Comment: string(comment)})
}

// numpyArray is an array of a file, described but not yet read.
type numpyArray struct {
	npz.Info
	read func() (npz.Array, error)
}

// openNumPy opens an archive, or a lone array as an archive of one called "array".
func openNumPy(r io.ReaderAt, size int64) (arrays []numpyArray, comment string, err error) {
	head := make([]byte, min(size, 8))
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, "", err
	}
	if npz.IsArray(head) {
		a, err := npz.ReadArray(io.NewSectionReader(r, 0, size), size)
		if err != nil {
			return nil, "", err
		}
		a.Name = "array"
		return []numpyArray{{a.Info(), func() (npz.Array, error) { return a, nil }}}, "", nil
	}
	f, err := npz.Read(r, size)
	if err != nil {
		return nil, "", err
	}
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		arrays = append(arrays, numpyArray{info, func() (npz.Array, error) { return f.Array(name) }})
	}
	return arrays, f.Comment(), nil
}

func inspectNumPy(r io.ReaderAt, size int64) (*inspected, error) {
	arrays, comment, err := openNumPy(r, size)
	if err != nil {
		return nil, err
	}
	out := &inspected{kind: "NumPy", metadata: map[string]string{}}
	if json.Unmarshal([]byte(comment), &out.metadata) != nil && comment != "" {
		out.metadata = map[string]string{"comment": comment}
	}
	for _, in := range arrays {
		out.tensors = append(out.tensors, inspectedTensor{in.Name, string(in.DType), in.Shape, in.Len(), func() (tensorStats, error) {
			a, err := in.read()
			if err != nil {
				return tensorStats{}, err
			}
			return arrayStats(a), nil
		}})
	}
	return out, nil
}

// arrayStats gives dashes for types that are no numbers.
func arrayStats(a npz.Array) tensorStats {
	if values, err := a.Int64s(); err == nil {
		return intStats(values)
	}
	if values, err := a.Float64s(); err == nil {
		return floatStats(values)
	}
	return tensorStats{lo: "-", hi: "-"}
}

// loadNumPy takes the arrays of an archive for a state dict.
func loadNumPy(r io.ReaderAt, size, most int64) (*interchange.File, error) {
	if size > most {
		return nil, fmt.Errorf("%w: a file of %s, and %s are available", memory.ErrMemory, memory.Size(size), memory.Size(most))
	}
	arrays, _, err := openNumPy(r, size)
	if err != nil {
		return nil, err
	}
	names, tensors := []string{}, map[string]interchange.Tensor{}
	for _, in := range arrays {
		names = append(names, in.Name)
		tensors[in.Name] = interchange.Tensor{Shape: in.Shape, Values: func() ([]float32, error) {
			a, err := in.read()
			if err != nil {
				return nil, err
			}
			if values, err := a.Float32s(); err == nil {
				return values, nil
			}
			wide, err := a.Float64s()
			values := make([]float32, len(wide))
			for i, v := range wide {
				values[i] = float32(v)
			}
			return values, err
		}}
	}
	return interchange.New(names, func(name string) interchange.Tensor { return tensors[name] }), nil
}
