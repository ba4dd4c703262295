package sampler_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/presets"
	"ganlib/sampler"
)

// walker returns a sampler of an untrained generator.
func walker(t *testing.T, dist string) *sampler.Sampler {
	t.Helper()
	c, err := config.Preset("mnist-mlp-bce")
	require.NoError(t, err)
	c.FeaturesGen, c.FeaturesCritic, c.ZDim, c.ZDist = 4, 4, 40, dist
	dev := device.NewCPU(1)
	t.Cleanup(func() { dev.Close() })
	nets, err := presets.Networks(dev, c)
	require.NoError(t, err)
	return sampler.Of(c, nets.Generator, nil)
}

func length(z []float32) float64 {
	sum := 0.0
	for _, v := range z {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

func TestWalk(t *testing.T) {
	for _, dist := range []string{config.Normal, config.Uniform} {
		s := walker(t, dist)
		keys, err := s.Noise(7, 3, 4)
		require.NoError(t, err)
		key := func(i int) []float32 { return keys[40*i : 40*(i+1)] }
		for _, linear := range []bool{false, true} {
			for _, loop := range []bool{false, true} {
				p := sampler.Path{Seed: 7, First: 3, Keys: 4, Between: 5, Loop: loop, Linear: linear}
				want := 16
				if loop {
					want = 20
				}
				assert.Equal(t, want, p.Points())
				z, err := s.Walk(p)
				require.NoError(t, err)
				require.Len(t, z, want*40)
				at := func(i int) []float32 { return z[40*i : 40*(i+1)] }
				for i := range 4 {
					assert.Equal(t, key(i), at(5*i), "the path goes through the samples")
				}
				// All steps are small, that from the end of a loop to its beginning too.
				steps := want - 1
				if loop {
					steps = want
				}
				for i := range steps {
					d := make([]float32, 40)
					for k := range d {
						d[k] = at((i + 1) % want)[k] - at(i)[k]
					}
					assert.Less(t, length(d), 5.0)
					assert.Positive(t, length(d))
				}
				if dist == config.Normal && !linear {
					assert.Greater(t, length(at(2)), min(length(key(0)), length(key(1)))-1e-3, "a great circle does not come nearer to 0")
				} else {
					assert.Less(t, length(at(2)), max(length(key(0)), length(key(1))))
				}
				samples, err := s.Generate(z)
				require.NoError(t, err)
				assert.Len(t, samples, want*28*28)
			}
		}
	}
	s := walker(t, config.Normal)
	z, err := s.Walk(sampler.Path{Keys: 3, Between: 2, Linear: true, Truncate: 0.5})
	require.NoError(t, err)
	for _, v := range z {
		require.LessOrEqual(t, math.Abs(float64(v)), 0.5)
	}
	for _, p := range []sampler.Path{{Keys: 1, Between: 1}, {Keys: 2}, {Keys: math.MaxInt, Between: 2}, {Keys: 2, Between: math.MaxInt}} {
		_, err := s.Walk(p)
		assert.ErrorContains(t, err, "want at least 2 and 1")
	}
	_, err = s.Walk(sampler.Path{Keys: 2, Between: 1, First: -1})
	assert.Error(t, err)
}
