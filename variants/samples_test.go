package variants_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/variants"
)

// ramps returns images of 1×4 pixels whose values rise from left to right.
func ramps(t *testing.T, dev device.Device, n int, lo, hi float64) variants.Samples {
	var pix []byte
	for i := range n {
		pix = append(pix, byte(4*i), byte(4*i+1), byte(4*i+2), byte(4*i+3))
	}
	set, err := datasets.NewSet("ramps", 1, 4, 1, pix)
	require.NoError(t, err)
	data, err := variants.Images(dev, set, lo, hi)
	require.NoError(t, err)
	assert.Equal(t, set.Fingerprint, data.Fingerprint())
	assert.Equal(t, n, data.Len())
	assert.Equal(t, device.Shape{1, 4, 1}, data.Shape())
	return data
}

func TestImages(t *testing.T) {
	dev := device.NewCPU(1)
	dst, err := dev.New(device.Shape{2, 1, 4, 1})
	require.NoError(t, err)
	for _, scale := range [][2]float64{{-1, 1}, {0, 1}} {
		data := ramps(t, dev, 64, scale[0], scale[1])
		require.NoError(t, data.Gather(dst, device.Permutation{N: 64, Identity: true}, 62, nil))
		values, err := dst.Float32s()
		require.NoError(t, err)
		for i, v := range values {
			assert.InDelta(t, scale[0]+(scale[1]-scale[0])*float64(248+i)/255, v, 1e-6)
		}
		assert.Equal(t, float32(1), values[7], "255 is the upper bound itself")
	}
}

// Half of the images are mirrored, others in each step; reused batches are mirrored once.
func TestFlip(t *testing.T) {
	train := func(c variants.Config) []step {
		dev := device.NewCPU(1)
		r := newRecorder(t, dev, device.Shape{1, 4, 1}, 3)
		tr, err := variants.NewTrainer(r, ramps(t, dev, 60, 0, 255), c)
		require.NoError(t, err)
		run(t, tr)
		return r.made
	}
	flipped := func(s step) (flips []bool) {
		for i := 0; i < len(s.real); i += 4 {
			row := slices.Clone(s.real[i : i+4])
			mirrored := row[0] > row[3]
			if mirrored {
				slices.Reverse(row)
			}
			assert.True(t, slices.IsSorted(row), "%v", row)
			flips = append(flips, mirrored)
		}
		return flips
	}
	c := variants.Config{Batch: 60, Epochs: 1, Flip: true}
	steps := train(c)
	first, second := flipped(steps[0]), flipped(steps[1])
	count := 0
	for _, f := range first {
		if f {
			count++
		}
	}
	assert.InDelta(t, 30, count, 12)
	assert.NotEqual(t, first, second)

	c.ReuseBatch = true
	steps = train(c)
	assert.Equal(t, steps[0].real, steps[2].real)
	assert.Equal(t, first, flipped(steps[0]))

	c.Flip = false
	assert.NotContains(t, flipped(train(c)[0]), true)
}

func TestPoints(t *testing.T) {
	dev := device.NewCPU(1)
	data, err := variants.Points(dev, []float32{1, 2, 3, 4, 5, 6}, 2)
	require.NoError(t, err)
	assert.Equal(t, 3, data.Len())
	assert.Equal(t, device.Shape{2}, data.Shape())
	dst, err := dev.New(device.Shape{2, 2})
	require.NoError(t, err)
	require.NoError(t, data.Gather(dst, device.Permutation{N: 3, Identity: true}, 1, nil))
	values, err := dst.Float32s()
	require.NoError(t, err)
	assert.Equal(t, []float32{3, 4, 5, 6}, values)

	other, err := variants.Points(dev, []float32{1, 2, 3, 4, 5, 6}, 3)
	require.NoError(t, err)
	assert.NotEqual(t, data.Fingerprint(), other.Fingerprint(), "the length counts")
	again, err := variants.Points(device.NewMeta(), []float32{1, 2, 3, 4, 5, 6}, 2)
	require.NoError(t, err, "a plan")
	assert.Equal(t, data.Fingerprint(), again.Fingerprint())

	for _, bad := range []struct {
		values []float32
		length int
	}{{nil, 2}, {[]float32{1, 2, 3}, 2}, {[]float32{1}, 0}, {[]float32{1}, -1}} {
		_, err := variants.Points(dev, bad.values, bad.length)
		assert.ErrorContains(t, err, "variants: points")
	}
}

// Data on another device than the networks are an error of the first step.
func TestDataElsewhere(t *testing.T) {
	r := newRecorder(t, device.NewCPU(1), device.Shape{1}, 1)
	tr, err := variants.NewTrainer(&thrower{r}, numbers(t, device.NewCPU(1), 4), variants.Config{Batch: 2, Epochs: 1})
	require.NoError(t, err)
	assert.ErrorContains(t, tr.Step(), "is on device")
}

// thrower returns its source's errors instead of failing the test.
type thrower struct{ *recorder }

func (r *thrower) CriticStep(s *variants.Step) error {
	return s.Real(r.drawn(s.N, r.nets.Critic.Input()))
}
