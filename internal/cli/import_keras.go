package cli

import (
	"fmt"
	"io"

	"ganlib/formats/keras"
	"ganlib/interchange"
)

func init() {
	fileFormats = append(fileFormats, fileFormat{
		name:    "Keras",
		is:      func(_ string, head []byte) bool { return keras.IsHDF5(head) },
		inspect: inspectKeras, load: loadKeras,
	})
}

// inspectKeras lists the arrays of an HDF5 file; those that are not stored as Keras stores weights get dashes.
func inspectKeras(r io.ReaderAt, size int64) (*inspected, error) {
	w, err := keras.Read(r, size)
	if err != nil {
		return nil, err
	}
	out := &inspected{kind: "HDF5, as Keras saves weights", metadata: map[string]string{}}
	for _, d := range w.Datasets() {
		out.tensors = append(out.tensors, inspectedTensor{d.Path, d.Type, d.Shape, d.Len(), func() (tensorStats, error) {
			values, err := d.Float64s()
			if err != nil {
				return tensorStats{lo: "-", hi: "-"}, nil
			}
			return floatStats(values), nil
		}})
	}
	return out, nil
}

// loadKeras takes the weights of the Keras-style WGAN, the one system of Keras that there is a preset of.
func loadKeras(r io.ReaderAt, size, _ int64) (*interchange.File, error) {
	w, err := keras.Read(r, size)
	if err != nil {
		return nil, err
	}
	tensors, err := w.WGAN()
	if err != nil {
		return nil, fmt.Errorf("%w; an .h5 file is imported with --preset keras-wgan", err)
	}
	names, byName := []string{}, map[string]interchange.Tensor{}
	for _, t := range tensors {
		names = append(names, t.Name)
		byName[t.Name] = interchange.Tensor{Shape: t.Shape, Values: t.Values}
	}
	return interchange.New(names, func(name string) interchange.Tensor { return byName[name] }), nil
}
