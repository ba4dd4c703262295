package safetensors_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/safetensors"
	"ganlib/internal/enginetest"
)

// TestPython has the reference implementation read what this package writes, and write it again: the same bytes.
// scripts/interchange/safetensors.sh installs it.
func TestPython(t *testing.T) {
	python := enginetest.Python(t, "safetensors", "safetensors", "numpy")
	tensors := []safetensors.Tensor{
		{Name: "conv.weight", DType: safetensors.F32, Shape: []int{1, 3, 2}, Data: []float32{0, -1.5, 2.25, 3, 4, 1e-30}},
		{Name: "double", DType: safetensors.F64, Shape: []int{2}, Data: []float64{0.1, -1e300}},
		{Name: "half", DType: safetensors.F16, Shape: []int{2}, Data: []byte{0x00, 0x3e, 0xff, 0xfb}},
		{Name: "count", DType: safetensors.I64, Data: []int64{1 << 53}},
		{Name: "pixels", DType: safetensors.U8, Shape: []int{2, 1}, Data: []byte{0, 255}},
		{Name: "mask", DType: safetensors.BOOL, Shape: []int{3}, Data: []byte{1, 0, 1}},
		{Name: "empty", DType: safetensors.F32, Shape: []int{0, 4}, Data: []float32{}},
		{Name: "odd \"name\" <é>", DType: safetensors.I8, Shape: []int{1}, Data: []byte{0x80}},
	}
	type expectation struct {
		DType  string   `json:"dtype"`
		Shape  []int    `json:"shape"`
		Values []string `json:"values"`
	}
	expected := map[string]expectation{
		"conv.weight":      {"float32", []int{1, 3, 2}, []string{"0.0", "-1.5", "2.25", "3.0", "4.0", "1.0000000031710769e-30"}},
		"double":           {"float64", []int{2}, []string{"0.1", "-1e+300"}},
		"half":             {"float16", []int{2}, []string{"1.5", "-65504.0"}},
		"count":            {"int64", []int{}, []string{"9007199254740992.0"}},
		"pixels":           {"uint8", []int{2, 1}, []string{"0.0", "255.0"}},
		"mask":             {"bool", []int{3}, []string{"1.0", "0.0", "1.0"}},
		"empty":            {"float32", []int{0, 4}, []string{}},
		"odd \"name\" <é>": {"int8", []int{1}, []string{"-128.0"}},
	}
	metadata := map[string]string{"preset": "catfaces <&> é"} // one: it writes several in any order
	folder := t.TempDir()
	ours := write(t, tensors, metadata)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "ours.safetensors"), ours, 0o666))
	text, err := json.Marshal(map[string]any{"tensors": expected, "metadata": metadata})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "expected.json"), text, 0o666))
	enginetest.RunPython(t, python, "../../scripts/interchange/safetensors_check.py", folder)
	theirs, err := os.ReadFile(filepath.Join(folder, "theirs.safetensors"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(ours, theirs), "have %q, want %q", theirs, ours)
}
