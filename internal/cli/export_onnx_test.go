package cli

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/npz"
	"ganlib/formats/onnx"
)

func TestExportONNX(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	o := succeed(t, "export", "--path", folder, "--out", "g.onnx")
	assert.Regexp(t, `^g\.onnx: onnx, generator of step \d+ from `, o.out)
	succeed(t, "export", "--path", folder, "--network", "critic", "--format", "onnx", "--out", "critic.file")

	data, err := os.ReadFile("g.onnx")
	require.NoError(t, err)
	m, err := onnx.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	assert.Equal(t, "z", m.Graph.Inputs[0].Name)
	assert.Equal(t, "image", m.Graph.Outputs[0].Name)
	for key, want := range map[string]string{
		"preset": "catfaces", "variant": "wgan-gp", "network": "generator", "output_range": "[-1,1]", "layout": "NCHW",
		"config.IMAGE_SIZE": "16", "z_distribution": "normal, mean 0, standard deviation 1",
	} {
		assert.Equal(t, want, m.Metadata[key], key)
	}
	assert.Contains(t, m.Metadata["ganlib_version"], "ganlib")
	assert.NotEmpty(t, m.Metadata["generator_steps"])
	assert.NotContains(t, m.Metadata, "config.DATA_ROOT", "a model that travels does not say where the data were")

	// The weights are those of the other formats.
	succeed(t, "export", "--path", folder, "--out", "g.npz")
	archive, err := os.ReadFile("g.npz")
	require.NoError(t, err)
	f, err := npz.Read(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	for _, tensor := range m.Graph.Initializers {
		a, err := f.Array(tensor.Name)
		require.NoError(t, err)
		assert.Equal(t, a.Data, tensor.Raw, tensor.Name)
	}

	o = succeed(t, "inspect", "g.onnx")
	for _, want := range []string{
		`^g\.onnx: ONNX, IR version 8, opset 17, \d+\.\d kB\n`,
		`(?m)^\[inputs\] +z float \(N,8,1,1\)$`,
		`(?m)^\[outputs\] +image float \(N,3,16,16\)$`,
		`(?m)^\[nodes\] +2 BatchNormalization, 3 ConvTranspose, 2 Relu and 1 Tanh$`,
		`(?m)^gen\.0\.0\.weight +float +\(8,16,4,4\) +-0\.\d+ +0\.\d+ +0$`,
		`12 tensors, [\d,]+ elements, 0 not finite\n$`,
	} {
		assert.Regexp(t, want, o.out)
	}

	// The critic takes images of the data's range, and is told by its name what it is.
	require.NoError(t, os.Rename("critic.file", "critic.onnx"))
	o = succeed(t, "inspect", "critic.onnx")
	assert.Regexp(t, `(?m)^\[inputs\] +image float \(N,3,16,16\)$`, o.out)
	assert.Regexp(t, `(?m)^\[outputs\] +score float \(N,1\)$`, o.out)
	assert.Regexp(t, `(?m)^input_range +\[-1,1\]$`, o.out)

	o = run(t, "export", "--path", folder, "--network", "both", "--out", "x.onnx")
	assert.Equal(t, exitUsage, o.code)
	assert.NoFileExists(t, "x.onnx")
	require.NoError(t, os.WriteFile("cut.onnx", data[:len(data)/2], 0o666))
	o = run(t, "inspect", "cut.onnx")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "inspect cut.onnx: onnx: read: ")
}

func TestExportNPZ(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	succeed(t, "export", "--path", folder, "--out", "both.npz", "--network", "both")
	succeed(t, "export", "--path", folder, "--out", "both.safetensors", "--network", "both")
	data, err := os.ReadFile("both.npz")
	require.NoError(t, err)
	f, err := npz.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	assert.Contains(t, f.Names(), "generator.gen.0.0.weight")
	assert.Contains(t, f.Names(), "critic.disc.0.bias")
	assert.Contains(t, f.Comment(), `"preset":"catfaces"`)
	count, err := f.Array("generator.gen.0.1.num_batches_tracked")
	require.NoError(t, err)
	assert.Equal(t, npz.Int64, count.DType)
	assert.Empty(t, count.Shape)

	// What comes back, through a run that was imported, is what went out.
	for _, file := range []string{"both.npz", "both.safetensors"} {
		out := "run-" + file
		succeed(t, "import", file, "--preset", "catfaces", "--out", out)
		succeed(t, "export", "--path", out, "--out", "again-"+file, "--network", "both", "--format", "safetensors")
	}
	a, err := os.ReadFile("again-both.npz")
	require.NoError(t, err)
	b, err := os.ReadFile("again-both.safetensors")
	require.NoError(t, err)
	assert.Equal(t, b, a)

	o := succeed(t, "inspect", "both.npz")
	assert.Regexp(t, `(?m)^preset +catfaces$`, o.out)
	assert.Regexp(t, `(?m)^generator\.gen\.0\.1\.num_batches_tracked +<i8 +\(\) +\d+ +\d+ +0$`, o.out)
	assert.Regexp(t, `(?m)^critic\.disc\.0\.weight +<f4 +\(\d+,3,4,4\) +-0\.\d+ +0\.\d+ +0$`, o.out)

	var lone bytes.Buffer
	require.NoError(t, npz.WriteArray(&lone, npz.Array{DType: "<U1", Shape: []int{2}, Data: []byte("a\x00\x00\x00b\x00\x00\x00")}))
	require.NoError(t, os.WriteFile("lone.npy", lone.Bytes(), 0o666))
	o = succeed(t, "inspect", "lone.npy")
	assert.Regexp(t, `(?m)^array +<U1 +\(2\) +- +- +0$`, o.out)
	assert.Equal(t, exitFailure, run(t, "import", "lone.npy", "--out", "nothing").code)
	assert.NoDirExists(t, "nothing")
}
