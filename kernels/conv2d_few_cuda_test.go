package kernels_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// fewShapes are convolutions from few channels to many that fill no block.
var fewShapes = []convShape{
	{"k4 s2 p1, colours", 3, 18, 14, 3, 64, kernels.Square(4, 2, 1)},
	{"k4 s2 p1, odd size", 2, 15, 9, 3, 132, kernels.Square(4, 2, 1)},
	{"k4 s2 p1, grey", 2, 28, 28, 1, 32, kernels.Square(4, 2, 1)},
	{"k4 s2 p1, two channels", 2, 9, 12, 2, 20, kernels.Square(4, 2, 1)},
	{"k4 s2 p1, four channels", 2, 10, 8, 4, 68, kernels.Square(4, 2, 1)},
	{"k3 s1 p1", 2, 11, 7, 3, 36, kernels.Square(3, 1, 1)},
	{"k3 s1 p0", 1, 9, 13, 2, 64, kernels.Square(3, 1, 0)},
	{"k3 s2 p1", 2, 12, 9, 4, 48, kernels.Square(3, 2, 1)},
	{"k5 s3 p2", 2, 13, 11, 3, 24, kernels.Square(5, 3, 2)},
	{"k5 s3 p1, four channels", 2, 17, 10, 4, 16, kernels.Square(5, 3, 1)},
	{"k3 s3", 1, 14, 11, 1, 40, kernels.Square(3, 3, 0)},
	{"k5 s2 same", 2, 14, 13, 1, 64, kernels.Same(5, 2, 14, 13)},
	{"k2 s3, pixels that no tap reaches", 2, 10, 7, 3, 16, kernels.Square(2, 3, 1)},
	{"k7 s1 p3", 1, 12, 10, 4, 16, kernels.Square(7, 1, 3)},
	{"1×1 s2", 3, 9, 8, 3, 64, kernels.Square(1, 2, 0)},
	{"border out of reach", 2, 9, 9, 3, 16, kernels.Square(4, 2, 0)},
	{"sides all different", 2, 6, 5, 3, 20, kernels.Window{KernelH: 2, KernelW: 3, StrideH: 3, StrideW: 1, Top: 1, Bottom: 2, Left: 0, Right: 3}},
	{"stride longer than kernel and image", 2, 3, 8, 2, 16, kernels.Window{KernelH: 2, KernelW: 1, StrideH: 5, StrideW: 4}},
	{"kernel longer than image", 2, 2, 3, 2, 16, kernels.Square(5, 1, 2)},
	{"windows of zeros only", 2, 1, 2, 2, 16, kernels.Square(2, 1, 4)},
}

func TestFewChannelsOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, s := range fewShapes {
		cases = append(cases, s.passes())
	}
	equivalent(t, cases)
}

// TestFewChannelsStayInFloat32OnGPU has their convolutions in a precision of tensor cores.
func TestFewChannelsStayInFloat32OnGPU(t *testing.T) {
	c := fewShapes[0].passes()
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		want := resultsOf(t, dev, c)
		inPrecision(t, dev, device.TF32)
		for i, have := range resultsOf(t, dev, c) {
			assert.Equal(t, bitsOf(want[i]), bitsOf(have), "result %d", i)
		}
	})
}

// TestLongFewChannelsOnGPU has gradients of weights in many slices, in few, and in one.
func TestLongFewChannelsOnGPU(t *testing.T) {
	for _, n := range []int{132, 3, 1} {
		kernels.FewProcessors(t, n)
		t.Run(fmt.Sprintf("%d processors", n), func(t *testing.T) {
			equivalent(t, []cudaCase{convShape{"", 5, 33, 30, 3, 36, kernels.Square(4, 2, 1)}.passes()})
		})
	}
}

// TestFewChannelsMutants leaves out each barrier: the emulator, or the results, must show it.
func TestFewChannelsMutants(t *testing.T) {
	t.Skip()
	enginetest.Emulated(t) // or this is no place for it
	for _, s := range []convShape{
		{"of 64", 2, 16, 16, 4, 64, kernels.Square(4, 2, 1)}, // kernels of 64 columns, 64×32, 16
		{"of 48", 2, 16, 16, 3, 32, kernels.Square(4, 2, 1)}, // 32, 32×48, 12
	} {
		c := s.passes()
		want := resultsOf(t, device.NewCPU64(1), c)
		for _, m := range kernels.FewChannelsMutants(t) {
			if strings.Contains(m.Name, " bra") {
				continue
			}
			t.Run(s.name+"/"+m.String(), func(t *testing.T) {
				kernels.UseFewChannels(t, m)
				dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{Threads: 1}), 0)
				require.NoError(t, err)
				defer dev.Close()
				x := c.build(t, dev)
				err = errors.Join(x.run(), dev.Sync())
				for i := 0; err == nil && i < len(want); i++ {
					if distance(valuesOf(x.results[i]), want[i]) > fromWide {
						err = errors.New("wrong results")
					}
				}
				assert.Error(t, err)
			})
		}
	}
}
