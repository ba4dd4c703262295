package watchdog_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/presets"
	"ganlib/variants"
	_ "ganlib/variants/all"
	"ganlib/watchdog"
)

// TestHealthy trains every preset for 200 steps, at features 8 and as small as it can be otherwise: nothing is
// raised. GANLIB_TEST_SEEDS is how many seeds are tried at the preset's own size instead, an hour of work for 5.
func TestHealthy(t *testing.T) {
	seeds, full := 1, false
	if n := os.Getenv("GANLIB_TEST_SEEDS"); n != "" {
		var err error
		seeds, err = strconv.Atoi(n)
		require.NoError(t, err)
		full = true
	}
	for _, name := range config.Presets() {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				t.Parallel()
				c, err := config.Preset(name)
				require.NoError(t, err)
				c.FeaturesCritic, c.FeaturesGen, c.NumEpochs, c.Seed = 8, 8, 1000, uint64(seed)
				info, err := config.Describe(name)
				require.NoError(t, err)
				switch {
				case full:
				case info.Networks == config.NetCatFaces:
					c.ImageSize, c.BatchSize = 16, 8
				case info.Networks == config.NetKeras:
					c.BatchSize = 8
				}
				events := watched(t, c, sampleSet(t, c, info), 200)
				assert.Empty(t, events)
			})
		}
	}
}

// watched trains on dev for so many steps and returns the events.
func watched(t *testing.T, c config.Config, set func(device.Device) (variants.Samples, error), steps int64) (events []watchdog.Event) {
	dev := device.NewCPU(1)
	defer dev.Close()
	nets, err := presets.Networks(dev, c)
	require.NoError(t, err)
	v, err := presets.Variant(nets, c)
	require.NoError(t, err)
	data, err := set(dev)
	require.NoError(t, err)
	w := watchdog.New(watchdog.Options{Every: 1, SampleEvery: 20, Lambda: c.LambdaGP, Clip: c.ClipValue, Report: func(e watchdog.Event) error {
		events = append(events, e)
		return nil
	}})
	tr, err := variants.NewTrainer(v, data, presets.Trainer(c, steps), w.Hook())
	require.NoError(t, err)
	require.NoError(t, w.Start(tr))
	require.NoError(t, tr.Run(context.Background()))
	return events
}

// sampleSet returns a preset's data, with discs for MNIST's digits.
func sampleSet(t *testing.T, c config.Config, info config.Info) func(device.Device) (variants.Samples, error) {
	if info.Source == config.DataMNIST {
		set, err := datasets.NewSet("discs", 28, 28, 1, discs(512, 28))
		require.NoError(t, err)
		return func(dev device.Device) (variants.Samples, error) { return variants.Images(dev, set, -1, 1) }
	}
	if info.Source == config.DataFolder {
		c.DataName, c.DataSize = "CatFaces", 256 // drawn
		c.Preset = "catfaces"
		if info.Networks == config.NetDCGAN16 {
			c.Preset = "dcgan16"
		}
	}
	d, err := presets.OpenData(t.Context(), c, presets.DataOptions{})
	require.NoError(t, err)
	return d.Samples
}

// discs draws n images of a bright disc on black, of random place and size.
func discs(n, side int) []byte {
	random := device.Random{Seed: 5, Stream: 2}
	pix := make([]byte, n*side*side)
	for i := range n {
		x, y, r := 8+12*random.Uniform(3*i), 8+12*random.Uniform(3*i+1), 3+5*random.Uniform(3*i+2)
		for j := range side * side {
			dx, dy := float32(j%side)-x, float32(j/side)-y
			if dx*dx+dy*dy < r*r {
				pix[i*side*side+j] = 255
			}
		}
	}
	return pix
}
