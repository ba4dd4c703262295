package interchange_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/formats/torchfile"
	"ganlib/interchange"
	"ganlib/layers"
)

// tolerance of images and values beside PyTorch's: float32 sums of up to 16,384 products in another order.
const tolerance = 1e-5

// TestFixtures imports every .pth and .pth.tar of testdata/fixtures, or of the folder GANLIB_FIXTURES, and
// compares with X.expected.safetensors beside it; see the README there.
func TestFixtures(t *testing.T) {
	folder := filepath.Join("..", "testdata", "fixtures")
	if other := os.Getenv("GANLIB_FIXTURES"); other != "" {
		folder = other
	}
	checkFixtures(t, folder)
}

func checkFixtures(t *testing.T, folder string) {
	folder, err := filepath.Abs(folder)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(folder, "*.pth*"))
	require.NoError(t, err)
	require.NotEmpty(t, files, folder)
	for _, path := range files {
		name := filepath.Base(path)
		stem, ok := strings.CutSuffix(strings.TrimSuffix(name, ".tar"), ".pth")
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			expected := filepath.Join(folder, stem+".expected.safetensors")
			if _, err := os.Stat(expected); err != nil {
				checkRefused(t, path)
				return
			}
			checkFixture(t, path, openSafetensors(t, expected))
		})
	}
}

func openSafetensors(t *testing.T, path string) *safetensors.File {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := safetensors.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	return f
}

// readTorch reads a file as a program does that imports it.
func readTorch(path string) (*torchfile.File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return torchfile.Read(bytes.NewReader(data), int64(len(data)))
}

// importTorch makes a run of a file of PyTorch.
func importTorch(path, run string) (*interchange.Import, error) {
	f, err := readTorch(path)
	if err != nil {
		return nil, err
	}
	c, err := config.Preset("catfaces")
	if err != nil {
		return nil, err
	}
	im, err := interchange.Fit(interchange.FromTorch(f.Root()), c)
	if err != nil {
		return nil, err
	}
	return im, im.WriteRun(run)
}

// checkRefused is about a file without expected numbers: it must be refused, and nothing made of it.
func checkRefused(t *testing.T, path string) {
	folder := t.TempDir()
	t.Chdir(folder)
	_, err := importTorch(path, filepath.Join(folder, "run"))
	require.Error(t, err)
	t.Log(err)
	entries, readErr := os.ReadDir(folder)
	require.NoError(t, readErr)
	assert.Empty(t, entries, "no file made")
	if strings.HasPrefix(filepath.Base(path), "malicious") {
		var refused *torchfile.RefusedError
		require.ErrorAs(t, err, &refused)
		assert.ErrorContains(t, err, refused.Name)
	}
}

func checkFixture(t *testing.T, path string, want *safetensors.File) {
	if _, ok := want.Info("image"); !ok {
		checkTensors(t, path, want)
		return
	}
	run := filepath.Join(t.TempDir(), "run")
	_, err := importTorch(path, run)
	require.NoError(t, err)
	m, err := interchange.Open(run)
	require.NoError(t, err)
	defer m.Close()
	z, _, err := want.Float32s("z")
	require.NoError(t, err)
	image, shape, err := want.Float32s("image")
	require.NoError(t, err)
	assert.Equal(t, []int{m.Config.ChannelsImg, m.Config.ImageSize, m.Config.ImageSize}, shape[1:])
	got := planar(generate(t, m.Networks.Generator, z, shape[0]), shape)
	assert.InDeltaSlice(t, widened(image), widened(got), tolerance)

	// What is exported comes back the same.
	var out bytes.Buffer
	_, err = m.WriteTorch(&out, interchange.Both)
	require.NoError(t, err)
	again := filepath.Join(t.TempDir(), "again.pth")
	require.NoError(t, os.WriteFile(again, out.Bytes(), 0o666))
	second := filepath.Join(t.TempDir(), "run")
	_, err = importTorch(again, second)
	require.NoError(t, err)
	n, err := interchange.Open(second)
	require.NoError(t, err)
	defer n.Close()
	assert.Equal(t, m.Config, n.Config)
	a, err := os.ReadFile(m.Path)
	require.NoError(t, err)
	b, err := os.ReadFile(n.Path)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(a, b), "the checkpoints differ")
}

// checkTensors compares a file's tensors by name, since they are no generator's.
func checkTensors(t *testing.T, path string, want *safetensors.File) {
	f, err := readTorch(path)
	require.NoError(t, err)
	got := map[string]interchange.Tensor{}
	for _, d := range interchange.FromTorch(f.Root()).Dicts {
		for name, x := range d.Tensors {
			got[name] = x
		}
	}
	for _, name := range want.Names() {
		x, ok := got[name]
		require.True(t, ok, name)
		values, err := x.Values()
		require.NoError(t, err)
		numbers, shape, err := want.Float32s(name)
		require.NoError(t, err)
		assert.InDeltaSlice(t, widened(numbers), widened(values), tolerance, name)
		if len(numbers) > 1 { // a scalar is a list of one there
			assert.Equal(t, shape, x.Shape, name)
		}
	}
	assert.Len(t, got, len(want.Names()))
}

// generate runs a network in evaluation mode on n samples in PyTorch's order; the result is channels last.
func generate(t *testing.T, net *layers.Network, z []float32, n int) []float32 {
	t.Helper()
	ws := device.NewWorkspace(net.Device())
	x := ws.New(net.Input().Batch(n))
	require.NoError(t, x.CopyFrom(z))
	var tr layers.Trace
	y, err := net.Forward(&tr, ws, x, layers.Eval)
	require.NoError(t, err)
	out, err := y.Float32s()
	require.NoError(t, err)
	return out
}

// planar puts samples (N,H,W,C) into PyTorch's order, of the given shape (N,C,H,W).
func planar(x []float32, shape []int) []float32 {
	if len(shape) != 4 {
		return x
	}
	n, c, h, w := shape[0], shape[1], shape[2], shape[3]
	out := make([]float32, 0, len(x))
	for i := range n {
		for k := range c {
			for p := range h * w {
				out = append(out, x[(i*h*w+p)*c+k])
			}
		}
	}
	return out
}

func widened(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

func ExampleFit() {
	f, err := readTorch("../testdata/fixtures/adam.pth.tar")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := config.Preset("catfaces")
	if err != nil {
		fmt.Println(err)
		return
	}
	im, err := interchange.Fit(interchange.FromTorch(f.Root()), c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("generator:", im.Generator, "z", im.Config.ZDim, "size", im.Config.ImageSize, "features", im.Config.FeaturesGen)
	fmt.Println("optimiser:", im.Generator.Optimizer.Rule, "after", im.Generator.Optimizer.Steps, "steps, rate", im.Config.LearningRate)
	fmt.Println("critic:", im.Critic)
	// Output:
	// generator: state_dict z 8 size 16 features 2
	// optimiser: adam after 3 steps, rate 0.0003
	// critic: nothing
}
