package layers_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/layers"
)

// TestBatchNormBuffers follows the running statistics over batches that are easy to check: channel 0
// is 0, 2, 4, 6 (mean 3, variance 5, unbiased 20/3), channel 1 constant.
func TestBatchNormBuffers(t *testing.T) {
	for _, biased := range []bool{false, true} {
		for _, input := range []device.Shape{{2}, {1, 1, 2}} {
			dev := device.NewCPU64(1)
			net := newNet(t, dev, input, &layers.BatchNorm{Features: 2, Eps: 1e-5, Momentum: 0.25, Biased: biased})
			x, err := dev.New(input.Batch(4))
			require.NoError(t, err)
			require.NoError(t, x.CopyFrom([]float32{0, 8, 2, 8, 4, 8, 6, 8}))
			mean, variance, count := net.Buffers()[0].Value, net.Buffers()[1].Value, net.Buffers()[2].Value
			assert.Equal(t, []float64{0, 0}, device.Data[float64](mean))
			assert.Equal(t, []float64{1, 1}, device.Data[float64](variance))
			assert.Equal(t, []float64{0}, device.Data[float64](count))

			batch := 20.0 / 3
			if biased {
				batch = 5
			}
			ws := device.NewWorkspace(dev)
			var tr layers.Trace
			wantMean, wantVar := [2]float64{}, [2]float64{1, 1}
			for step := range 3 {
				_, err := net.Forward(&tr, ws, x, layers.Train)
				require.NoError(t, err)
				for i, to := range [][2]float64{{3, batch}, {8, 0}} {
					wantMean[i] = 0.75*wantMean[i] + 0.25*to[0]
					wantVar[i] = 0.75*wantVar[i] + 0.25*to[1]
				}
				assert.InDeltaSlice(t, wantMean[:], device.Data[float64](mean), 1e-15)
				assert.InDeltaSlice(t, wantVar[:], device.Data[float64](variance), 1e-15)
				assert.Equal(t, []float64{float64(step + 1)}, device.Data[float64](count))
			}

			y, err := net.Forward(&tr, ws, x, layers.Eval)
			require.NoError(t, err)
			for i, v := range device.Data[float64](x) {
				c := i % 2
				assert.InDelta(t, (v-wantMean[c])/math.Sqrt(wantVar[c]+1e-5), device.Data[float64](y)[i], 1e-14, "evaluation takes running values")
			}
			assert.Equal(t, []float64{3}, device.Data[float64](count), "evaluation moves nothing")
			assert.InDeltaSlice(t, wantVar[:], device.Data[float64](variance), 1e-15)

			one, err := net.Forward(&tr, ws, ws.Rows(x, 1, 2), layers.Eval)
			require.NoError(t, err)
			assert.Equal(t, device.Data[float64](y)[2:4], device.Data[float64](one), "a sample does not depend on its batch")
		}
	}
}

// TestInitResetsBuffers checks that Init starts averages again.
func TestInitResetsBuffers(t *testing.T) {
	dev := device.NewCPU(1)
	net := newNet(t, dev, device.Shape{3}, &layers.BatchNorm{Features: 3, Eps: 1e-5, Momentum: 1})
	var tr layers.Trace
	_, err := net.Forward(&tr, device.NewWorkspace(dev), normal(t, dev, device.Shape{4, 3}, 1), layers.Train)
	require.NoError(t, err)
	require.NoError(t, net.Init("pytorch", 1))
	for i, want := range [][]float32{{0, 0, 0}, {1, 1, 1}, {0}} {
		got, err := net.Buffers()[i].Torch()
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

// TestBatchNormRows asks for the gradients of a part of a batch whose samples depend on each other.
func TestBatchNormRows(t *testing.T) {
	dev := device.NewCPU(1)
	net := newNet(t, dev, device.Shape{3}, &layers.BatchNorm{Features: 3, Eps: 1e-5, Momentum: 0.1})
	ws := device.NewWorkspace(dev)
	x, dy := normal(t, dev, device.Shape{4, 3}, 1), normal(t, dev, device.Shape{4, 3}, 2)
	for _, mode := range []layers.Mode{layers.Train, layers.Eval} {
		var tr layers.Trace
		_, err := net.Forward(&tr, ws, x, mode)
		require.NoError(t, err)
		_, err = tr.Backward(dy, layers.Want{Input: layers.From(0), Params: layers.First(4)})
		assert.NoError(t, err, "all rows, given by number")
		for _, want := range []layers.Want{{Input: layers.From(1), Params: layers.All}, {Input: layers.All, Params: layers.First(2)}} {
			_, err = tr.Backward(dy, want)
			if mode == layers.Eval {
				assert.NoError(t, err, "in evaluation mode samples are apart")
			} else {
				assert.ErrorContains(t, err, "of a batch whose samples are mixed: want all or none")
			}
		}
	}
}
