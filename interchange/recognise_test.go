package interchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/formats/torchfile"
	"ganlib/interchange"
)

// TestRecognise tells every system by its networks, in any size.
func TestRecognise(t *testing.T) {
	for name, c := range every(t) {
		m := open(t, makeRun(t, c))
		preset, err := interchange.Recognise(interchange.FromTorch(torchOf(t, m, interchange.Both)))
		if c.ImageSize == 0 {
			assert.ErrorIs(t, err, interchange.ErrNoGenerator, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, c.Preset, preset, name)

		alone, err := interchange.Recognise(interchange.FromTorch(torchOf(t, m, interchange.Generator)))
		require.NoError(t, err, name)
		if c.Preset == "mnist-mlp-bce" { // whose generator is that of another
			preset = "mnist-mlp-wgangp"
		}
		assert.Equal(t, preset, alone, name)
		plain, err := config.Preset(alone)
		require.NoError(t, err)
		_, err = interchange.Fit(interchange.FromTorch(torchOf(t, m, interchange.Generator)), plain)
		assert.NoError(t, err, name)
	}
}

// What is no generator is an error that says how near it came.
func TestRecogniseNothing(t *testing.T) {
	m := open(t, makeRun(t, small(t, "catfaces")))
	root := without("gen.1.1.bias")(torchOf(t, m, interchange.Generator))
	_, err := interchange.Recognise(interchange.FromTorch(root))
	assert.ErrorIs(t, err, interchange.ErrNoGenerator)
	assert.ErrorContains(t, err, `any preset: no such generator in the file: catfaces: state_dict: no tensor "gen.1.1.bias"`)

	other := torchfile.NewDict().Set("weight", torchfile.NewFloat32([]int{1}, []float32{1}))
	_, err = interchange.Recognise(interchange.FromTorch(other))
	assert.ErrorIs(t, err, interchange.ErrNoGenerator)
	assert.ErrorContains(t, err, "no tensors of such names")
	_, err = interchange.Recognise(interchange.FromTorch(nil))
	assert.ErrorIs(t, err, interchange.ErrNoGenerator)
}
