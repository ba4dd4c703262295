package runner

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/process"
)

// plain returns a preset whose data are drawn by code.
func plain(t *testing.T, preset string) config.Config {
	t.Helper()
	c, err := config.Preset(preset)
	require.NoError(t, err)
	c.DataRoot, c.Device = filepath.Join(t.TempDir(), "none"), "cpu"
	return c
}

func TestMakePlan(t *testing.T) {
	t.Chdir(t.TempDir())
	c := plain(t, "catfaces_1")
	c.DataSize = 1000
	enough := func() (int64, error) { return 8 << 30, nil }
	p, err := MakePlan(t.Context(), Options{Config: c, Steps: 100, available: enough})
	require.NoError(t, err)
	assert.Equal(t, c, p.Config)
	assert.Equal(t, 1000, p.Images)
	assert.Equal(t, 32, p.StepsPerEpoch)
	assert.Equal(t, int64(100), p.TotalSteps)
	assert.Equal(t, 12_658_435, p.Generator.Params)
	assert.Equal(t, 2_765_633, p.Critic.Params)
	assert.Equal(t, int64(4*(12_658_435+2_765_633)), p.ParameterBytes)
	assert.Equal(t, int64(1000*64*64*3), p.DataBytes)
	// Parameters, gradients and Adam's two moments, at least.
	assert.Greater(t, p.TensorBytes, 4*p.ParameterBytes)
	assert.Less(t, p.TensorBytes, int64(4e9), "fits the 4 GB of the tutorial's GPU")
	// About 0.31·10¹² multiply-adds by estimate, at two operations each.
	assert.InEpsilon(t, 0.62e12, p.FlopsPerStep, 0.15)

	p, err = MakePlan(t.Context(), Options{Config: c, available: enough})
	require.NoError(t, err)
	assert.Equal(t, int64(15*32), p.TotalSteps)
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Empty(t, entries, "nothing is written")
}

func TestMemory(t *testing.T) {
	c := plain(t, "catfaces_1")
	c.DataSize = 100
	const available = 1 << 30
	dev := device.NewCPU(2)
	defer dev.Close()
	open := func(batch int) (int64, error) {
		c.BatchSize = batch
		m, err := measure(dev, c, min(batch, 100))
		require.NoError(t, err)
		_, err = MakePlan(t.Context(), Options{Config: c, available: func() (int64, error) { return available, nil }})
		return m.adds(100 * 64 * 64 * 3), err
	}
	_, err := open(100)
	require.ErrorIs(t, err, ErrMemory)
	_, tail, found := strings.Cut(err.Error(), "the largest batch that fits is ")
	require.True(t, found, err)
	largest, convErr := strconv.Atoi(tail)
	require.NoError(t, convErr)
	need, err := open(largest)
	assert.NoError(t, err)
	assert.LessOrEqual(t, need, int64(available))
	need, err = open(largest + 1)
	assert.ErrorIs(t, err, ErrMemory)
	assert.Greater(t, need, int64(available))

	c.BatchSize = 8
	c.GridImages = 1001
	many, err := measure(dev, c, 8)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, many.passing, int64(1001*64*64*(3*4+4)), "the final grid")

	c.BatchSize = 100
	root := filepath.Join(t.TempDir(), "trains")
	_, err = Open(t.Context(), Options{Config: c, Root: root, available: func() (int64, error) { return 1 << 20, nil }})
	require.ErrorIs(t, err, ErrMemory)
	assert.ErrorContains(t, err, "no batch fits")
	assert.NoDirExists(t, root)

	_, err = MakePlan(t.Context(), Options{Config: c, available: func() (int64, error) { return 0, process.ErrUnknown }})
	assert.NoError(t, err, "a machine that does not say")
}

// TestHugeConfigurationsAreRefused asks for as much as the configuration's ranges allow.
func TestHugeConfigurationsAreRefused(t *testing.T) {
	huge := plain(t, "catfaces_1")
	huge.ImageSize, huge.BatchSize, huge.FeaturesGen, huge.FeaturesCritic, huge.ZDim = 1024, 65_536, 4096, 4096, 65_536
	_, err := MakePlan(t.Context(), Options{Config: huge})
	assert.ErrorContains(t, err, "gen.0.0", "more than can be counted")
	huge.FeaturesGen, huge.FeaturesCritic, huge.ZDim = 64, 64, 100
	points := plain(t, "toy-8gaussians")
	points.DataSize = 1<<31 - 1
	for _, c := range []config.Config{huge, points} {
		_, err := MakePlan(t.Context(), Options{Config: c, available: func() (int64, error) { return 8 << 30, nil }})
		assert.ErrorIs(t, err, ErrMemory)
	}
}
