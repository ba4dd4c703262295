package onnx_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/formats/onnx"
	"ganlib/internal/enginetest"
	"ganlib/layers"
)

// runtimeCase is a model with inputs and what ganlib makes of them, in files of its folder.
type runtimeCase struct {
	Name    string   `json:"name"`
	Model   string   `json:"model"`
	Batches []int    `json:"batches"`
	Inputs  []string `json:"inputs"`  // little-endian float32, planar
	Outputs []string `json:"outputs"` // of the same form
}

// TestRuntime has onnx check the model of every layer, and of both networks of every preset, and
// onnxruntime run it. scripts/interchange/onnx.sh installs both.
func TestRuntime(t *testing.T) {
	python := enginetest.Python(t, "onnx", "onnx", "onnxruntime", "numpy")
	folder := t.TempDir()
	var cases []runtimeCase
	add := func(name string, net *layers.Network, o onnx.Options) {
		c := runtimeCase{Name: name, Model: strconv.Itoa(len(cases)) + ".onnx"}
		_, data := exported(t, net, o)
		write := func(name string, data []byte) {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), data, 0o666))
		}
		write(c.Model, data)
		for _, n := range []int{1, 7} {
			x := noise(n, net.Input())
			in, out := c.Model+strconv.Itoa(n)+".in", c.Model+strconv.Itoa(n)+".out"
			write(in, bytesOf(x))
			write(out, bytesOf(forward(t, net, n, x)))
			c.Batches, c.Inputs, c.Outputs = append(c.Batches, n), append(c.Inputs, in), append(c.Outputs, out)
		}
		cases = append(cases, c)
	}
	for name, c := range layerCases {
		add(name, network(t, "net", c.input, c.list...), onnx.Options{})
	}
	for name, c := range presetCases(t) {
		for _, net := range networksOf(t, c) {
			add(name+" "+net.Name(), net, onnx.Options{Input: "x", Output: "y", Metadata: map[string]string{"preset": c.Preset}})
		}
	}
	list, err := json.Marshal(cases)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "cases.json"), list, 0o666))
	enginetest.RunPython(t, python, "../../scripts/interchange/onnx_check.py", folder)
}
