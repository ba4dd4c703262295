package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

func TestPeaksOnGPU(t *testing.T) {
	tiny := kernels.PeakSize{Bytes: 16 * 1500, Rounds: 3, Launches: 1, Runs: 1}
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		dev.SetGraphs(false)
		p, err := kernels.MeasurePeaks(dev, tiny)
		require.NoError(t, err)
		assert.Positive(t, p.Memory)
		assert.Positive(t, p.Launch)
		assert.GreaterOrEqual(t, p.Events, 0.0)
		for in := device.Float32; in <= device.BFloat16; in++ {
			assert.Equal(t, in == device.Float32 || dev.Properties().Major >= 8, p.Flops(in) > 0, in)
		}
		assert.False(t, dev.SetGraphs(true), "graphs are as they were")
		_, err = kernels.MeasurePeaks(dev, kernels.PeakSize{})
		assert.ErrorContains(t, err, "want at least 16 bytes")
	})
}
