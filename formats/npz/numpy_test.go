package npz_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/npz"
	"ganlib/internal/enginetest"
)

// TestNumpy has NumPy read what this package writes, and reads what NumPy makes of it.
// scripts/interchange/onnx.sh installs NumPy.
func TestNumpy(t *testing.T) {
	python := enginetest.Python(t, "numpy", "numpy")
	folder := t.TempDir()
	arrays := append([]npz.Array{
		{Name: "matrix", DType: npz.Float32, Shape: []int{3, 2}, Data: []float32{0, 1, 2, 3, 4, 5}},
		{Name: "cube", DType: npz.Int64, Shape: []int{2, 2, 2}, Data: []int64{0, 1, 2, 3, 4, 5, 6, 7}},
	}, samples...)
	type expectation struct {
		DType  npz.DType `json:"dtype"`
		Shape  []int     `json:"shape"`
		Values []string  `json:"values"`
	}
	expected := map[string]expectation{}
	for _, a := range arrays {
		values, err := a.Float64s()
		require.NoError(t, err)
		e := expectation{a.DType, append([]int{}, a.Shape...), []string{}}
		for _, v := range values {
			e.Values = append(e.Values, fmt.Sprint(v))
		}
		expected[a.Name] = e
	}
	write := func(name string, f func(b *bytes.Buffer) error) {
		var b bytes.Buffer
		require.NoError(t, f(&b))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), b.Bytes(), 0o666))
	}
	write("expected.json", func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(expected) })
	write("ours.npz", func(b *bytes.Buffer) error { return npz.Write(b, arrays, npz.WriteOptions{Comment: "{}"}) })
	write("ours_compressed.npz", func(b *bytes.Buffer) error { return npz.Write(b, arrays, npz.WriteOptions{Compress: true}) })
	write("ours.npy", func(b *bytes.Buffer) error { return npz.WriteArray(b, samples[0]) })
	enginetest.RunPython(t, python, "../../scripts/interchange/npz_check.py", folder)

	for _, name := range []string{"numpy.npz", "numpy_compressed.npz"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		f, err := read(data)
		require.NoError(t, err)
		assert.Len(t, f.Names(), len(arrays))
		for _, want := range arrays {
			got, err := f.Array(want.Name)
			require.NoError(t, err)
			assert.Equal(t, want.DType, got.DType)
			a, err := want.Float64s()
			require.NoError(t, err)
			b, err := got.Float64s()
			require.NoError(t, err)
			assert.Equal(t, a, b, "%s in %s", want.Name, name)
		}
	}
}
