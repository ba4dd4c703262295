package keras_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/keras"
	"ganlib/formats/npz"
	"ganlib/layers"
	"ganlib/presets"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return data
}

func read(data []byte) (*keras.Weights, error) {
	return keras.Read(bytes.NewReader(data), int64(len(data)))
}

// networks builds the preset's networks at the fixtures' sizes.
func networks(t testing.TB) map[string]*layers.Network {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: "keras-wgan", Sets: []string{"Z_DIM=5", "FEATURES_GEN=2", "FEATURES_CRITIC=2"}})
	require.NoError(t, err)
	dev := device.NewCPU(1)
	t.Cleanup(func() { dev.Close() })
	nets, err := presets.Networks(dev, c)
	require.NoError(t, err)
	return map[string]*layers.Network{"generator": nets.Generator, "critic": nets.Critic}
}

// load gives net the weights, each once, and requires that all but the counts are there.
func load(t testing.TB, net *layers.Network, tensors []keras.Tensor) {
	t.Helper()
	seen := map[string]bool{}
	for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
		for _, p := range params {
			i := slices.IndexFunc(tensors, func(x keras.Tensor) bool { return x.Name == p.Name })
			if p.Role == layers.Count {
				continue
			}
			require.GreaterOrEqual(t, i, 0, p.Name)
			require.Equal(t, p.TorchShape(), tensors[i].Shape, p.Name)
			values, err := tensors[i].Values()
			require.NoError(t, err)
			require.NoError(t, p.SetTorch(values))
			seen[p.Name] = true
		}
	}
	require.Len(t, tensors, len(seen))
}

// kerasFiles are networks in each form that Keras saves and saved.
var kerasFiles = []string{
	"generator_model.h5", "generator_legacy.h5", "generator.weights.h5", "generator_keras2.h5",
	"critic_model.h5", "critic_legacy.h5", "critic.weights.h5", "critic_keras2.h5", "critic_latest.h5",
}

func TestWGAN(t *testing.T) {
	for _, file := range kerasFiles {
		t.Run(file, func(t *testing.T) { agrees(t, "testdata", file) })
	}
}

// agrees loads a file of a folder into the preset's network, which must compute what Keras computed.
func agrees(t *testing.T, folder, file string) {
	data, err := os.ReadFile(filepath.Join(folder, file))
	require.NoError(t, err)
	w, err := read(data)
	require.NoError(t, err)
	tensors, err := w.WGAN()
	require.NoError(t, err)
	name := file[:strings.IndexAny(file, "_.")]
	net := networks(t)[name]
	load(t, net, tensors)

	archive, err := os.ReadFile(filepath.Join(folder, name+".npz"))
	require.NoError(t, err)
	f, err := npz.Read(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	floats := func(name string) []float32 {
		a, err := f.Array(name)
		require.NoError(t, err)
		values, err := a.Float32s()
		require.NoError(t, err)
		return values
	}
	ws := device.NewWorkspace(net.Device())
	x := ws.New(net.Input().Batch(3)) // Keras has channels last too
	require.NoError(t, x.CopyFrom(floats("x")))
	var tr layers.Trace
	y, err := net.Forward(&tr, ws, x, layers.Eval)
	require.NoError(t, err)
	got, err := y.Float32s()
	require.NoError(t, err)
	want := floats("y")
	require.Len(t, got, len(want))
	for i := range want {
		require.InDelta(t, want[i], got[i], 1e-5*max(1, math.Abs(float64(want[i]))), "number %d", i)
	}
}

func TestDatasets(t *testing.T) {
	w, err := read(fixture(t, "storage.h5"))
	require.NoError(t, err)
	want := map[string]struct {
		kind   string
		shape  []int
		values []float64
		err    string
	}{
		"a/big":        {"int64", []int{2}, []float64{1, -2}, ""},
		"a/half":       {"float16", []int{2}, []float64{1, 0.5}, ""},
		"a/i4":         {"int32", []int{2}, []float64{1, 100}, ""},
		"a/u4":         {"uint32", []int{2}, []float64{1, 100}, ""},
		"a/u8":         {"uint64", []int{2}, []float64{1, 100}, ""},
		"a/u1":         {"uint8", []int{2}, []float64{1, 100}, ""},
		"a/i2":         {"other", []int{2}, nil, `keras: dataset "a/i2": its elements are of a type that is not read`},
		"a/compact":    {"float32", []int{3}, []float64{1, 2, 3}, ""},
		"a/none":       {"float32", []int{0}, []float64{}, ""},
		"a/empty":      {"float32", []int{0, 3}, []float64{}, ""},
		"b/same":       {"float16", []int{2}, []float64{1, 0.5}, ""},
		"a/scalar":     {"float64", []int{}, []float64{2.5}, ""},
		"a/chunked":    {"float32", []int{8, 8}, nil, `keras: dataset "a/chunked": its elements are in chunks, which are not read`},
		"a/compressed": {"float32", []int{8, 8}, nil, `keras: dataset "a/compressed": it is compressed, which is not read`},
		"a/text":       {"other", []int{}, nil, `keras: dataset "a/text": its elements are of a type that is not read`},
		"a/unwritten":  {"float32", []int{3}, nil, `keras: dataset "a/unwritten": its elements were never written`},
	}
	for _, d := range w.Datasets() {
		c, ok := want[d.Path]
		require.True(t, ok, d.Path)
		delete(want, d.Path)
		assert.Equal(t, c.kind, d.Type, d.Path)
		assert.Equal(t, c.shape, d.Shape, d.Path)
		values, err := d.Float64s()
		if c.err != "" {
			assert.EqualError(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, c.values, values)
	}
	assert.Empty(t, want)
	_, err = w.WGAN()
	assert.ErrorIs(t, err, keras.ErrNotWGAN)
}

func TestReadErrors(t *testing.T) {
	good := fixture(t, "critic_keras2.h5")
	change := func(at int, b ...byte) []byte {
		data := slices.Clone(good)
		copy(data[at:], b)
		return data
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":        {nil, "not an HDF5 file"},
		"short":        {good[:8], "not an HDF5 file"},
		"another":      {[]byte("PK\x03\x04 a zip archive"), "not an HDF5 file"},
		"cut":          {good[:60], "unexpected EOF"},
		"half":         {good[:len(good)/2], "unexpected EOF"},
		"version":      {change(8, 9), "superblock of version 9"},
		"addresses":    {change(13, 4), "addresses of 4 bytes"},
		"root":         {change(64, 0xff, 0xff, 0xff, 0xff), "unexpected EOF"},
		"root nowhere": {change(64, 255, 255, 255, 255, 255, 255, 255, 255), "unexpected EOF"},
		"loop":         {fixture(t, "loop.h5"), `group "a/loop": it is a part of itself`},
		"dense":        {fixture(t, "dense.h5"), "dense storage, which is not read"},
	} {
		w, err := read(c.data)
		require.ErrorContains(t, err, c.want, name)
		assert.ErrorContains(t, err, "keras: read: ")
		assert.Nil(t, w)
	}
	// Whatever end a file loses, it is an error or all that is left is sound.
	for n := range len(good) {
		if w, err := read(good[:n]); err == nil {
			for _, d := range w.Datasets() {
				_, err := d.Float64s()
				require.NoError(t, err)
			}
		}
	}
}

func TestNotWGAN(t *testing.T) {
	// A critic of which the dense layer got another name, so that it sorts among others: still the same.
	data := bytes.ReplaceAll(fixture(t, "critic_keras2.h5"), []byte("conv2d_1"), []byte("conv2d:1"))
	w, err := read(data)
	require.NoError(t, err)
	_, err = w.WGAN()
	assert.NoError(t, err)
	data = bytes.ReplaceAll(data, []byte("kernel"), []byte("colonel")[:6])
	w, err = read(data)
	require.NoError(t, err)
	_, err = w.WGAN()
	require.ErrorIs(t, err, keras.ErrNotWGAN)
	assert.ErrorContains(t, err, "neither Dense, Conv2D nor BatchNormalization")
}
