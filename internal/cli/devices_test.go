package cli

import (
	"image"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
)

func TestDevices(t *testing.T) {
	o := succeed(t, "devices")
	assert.Regexp(t, `(?m)^cpu +cpu \(\w+ engine, \d+ threads?\)$`, o.out)
	if gpus, err := device.CUDADriver().Devices(); err != nil {
		assert.Regexp(t, `(?m)^cuda +none: `+err.Error()[:10], o.out)
	} else {
		assert.Contains(t, o.out, gpus[0].Name)
	}
	assert.Equal(t, exitUsage, run(t, "devices", "all").code)
}

// TestEmulatedGPU trains and samples through the commands on an emulated GPU, and as a graph and without one
// in the same way.
func TestEmulatedGPU(t *testing.T) {
	enginetest.Emulated(t)
	t.Chdir(t.TempDir())
	train := []string{"train", "--preset", "dcgan16", "--device", "ptxsim", "--steps", "3", "--set", "DATA_SIZE=16", "--set", "BATCH_SIZE=4",
		"--set", "FEATURES_CRITIC=4", "--set", "FEATURES_GEN=4"}
	o := succeed(t, train...)
	assert.Contains(t, o.errout, "Device: ptxsim (")
	succeed(t, append(train, "--no-graph")...)
	_, graph := newest(t, "trains/train0")
	_, single := newest(t, "trains/train1")
	assert.Equal(t, graph, single)

	for _, name := range []string{"cpu", "ptxsim"} {
		succeed(t, "sample", "--path", "trains/train0", "--device", name, "--n", "4", "--out", name+".png")
	}
	a, b := decodePNG(t, "cpu.png"), decodePNG(t, "ptxsim.png")
	require.Equal(t, a.Bounds(), b.Bounds())
	assert.LessOrEqual(t, furthest(a, b), 1, "of 255")
}

// furthest returns the largest difference between two pictures' channels, of 255.
func furthest(a, b image.Image) (most int) {
	size := a.Bounds()
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			r, g, bl, _ := a.At(x, y).RGBA()
			r2, g2, bl2, _ := b.At(x, y).RGBA()
			for _, d := range []int{int(r>>8) - int(r2>>8), int(g>>8) - int(g2>>8), int(bl>>8) - int(bl2>>8)} {
				most = max(most, d, -d)
			}
		}
	}
	return most
}
