package safetensors_test

import (
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/safetensors"
)

// A file of the reference implementation (testdata/make_python.py) is read, and written again byte
// for byte.
func TestReferenceImplementation(t *testing.T) {
	data, err := os.ReadFile("testdata/python.safetensors")
	require.NoError(t, err)
	f, err := read(data)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"format": "np <&>"}, f.Metadata())

	weight, shape, err := f.Float32s("conv.weight")
	require.NoError(t, err)
	assert.Equal(t, []int{2, 3, 2, 2}, shape)
	require.Len(t, weight, 24)
	assert.Equal(t, float32(23.0/8-1), weight[23])
	bias, _, err := f.Float32s("conv.bias")
	require.NoError(t, err)
	assert.True(t, math.IsInf(float64(bias[0]), 1) && math.Signbit(float64(bias[1])) && bias[2] != bias[2])
	assert.Equal(t, float32(math.SmallestNonzeroFloat32), bias[3])
	double, shape, err := f.Float64s("double")
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2}, shape)
	assert.Equal(t, []float64{0.1, -1e300}, double)
	half, _, err := f.Float32s("half")
	require.NoError(t, err)
	assert.Equal(t, []float32{1.5, -65504, 1.0 / (1 << 24)}, half)
	tracked, shape, err := f.Int64s("num_batches_tracked")
	require.NoError(t, err)
	assert.Empty(t, shape)
	assert.Equal(t, []int64{7}, tracked)
	for name, want := range map[string][]int64{"step": {-3, 1<<31 - 1}, "small": {-128, 127}, "pixels": {0, 127, 255}} {
		got, _, err := f.Int64s(name)
		require.NoError(t, err)
		assert.Equal(t, want, got, name)
	}

	var tensors []safetensors.Tensor
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		require.NoError(t, err)
		tensors = append(tensors, x)
	}
	assert.Contains(t, f.Names(), "odd \"name\"\n\\ <é\u2028\x01")
	assert.Equal(t, data, write(t, tensors, f.Metadata()))
}
