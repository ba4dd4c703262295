package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// TestTickets runs what last blocks finish under the emulator's search for data races between blocks, twice:
// tickets must be zero again, and the results the same.
func TestTickets(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{GlobalRace: true}), 0)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, dev.Close()) })
	var cases []cudaCase
	for _, c := range []normCase{
		{"norm in pieces", device.Shape{3, 4, 4, 72}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
		{"norm in slices", device.Shape{2, 41, 43, 3}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
		{"norm", device.Shape{5, 2, 3, 37}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	} {
		for _, pass := range normPassesOf(c) {
			cases = append(cases, cudaCase{c.name + "/" + pass.name, pass.build})
		}
	}
	for _, shape := range []device.Shape{{1501, 12}, {1501, 3}, {700, 68}} {
		cases = append(cases, cudaCase{"bias", func(t testing.TB, dev device.Device) step {
			db, dy := tensorOn(t, dev, device.Shape{shape[1]}), tensorOn(t, dev, shape, wave(shape.Len(), 1)...)
			return step{func() error { return kernels.BiasGrad(db, dy) }, []*device.Tensor{db}, []*device.Tensor{dy}}
		}})
	}
	for _, shape := range []device.Shape{{300, 2}, {70, 30}, {5, 300}, {3, 2100}} {
		cases = append(cases, cudaCase{"penalty", func(t testing.TB, dev device.Device) step {
			g, v := tensorOn(t, dev, shape, wave(shape.Len(), 1)...), tensorOn(t, dev, shape)
			penalty := tensorOn(t, dev, device.Shape{1})
			return step{func() error {
				return kernels.PenaltyDirection(v, nil, penalty, g, kernels.PenaltyOptions{Lambda: 10, Target: 1})
			}, []*device.Tensor{v, penalty}, []*device.Tensor{g}}
		}})
	}
	for _, size := range [][3]int{{65, 67, 700}, {68, 72, 1400}, {300, 3, 600}, {1, 70, 2000}, {2, 1, 33000}} {
		cases = append(cases, eachTrans(size[0], size[1], size[2], 0)...)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			first, want := resultsOf(t, dev, c), resultsOf(t, device.NewCPU64(1), c)
			for i := range first {
				assert.LessOrEqual(t, distance(first[i], want[i]), fromWide, "result %d", i)
			}
			assert.Equal(t, first, resultsOf(t, dev, c), "again")
		})
	}
}
