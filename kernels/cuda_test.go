package kernels_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/ptx"
	"ganlib/kernels"
)

// TestPTXIsFresh needs no compiler: sources, headers and PTX must be those of the manifest.
func TestPTXIsFresh(t *testing.T) { assert.NoError(t, ptx.Check(os.DirFS("."))) }

// Bounds of the equivalence tests: the root mean square of the difference over that of the values.
const (
	fromWide = 2e-6 // from the reference in float64
	fromCPU  = 4e-6 // from the CPU's results in float32
)

// cudaCase is an operation on random arguments, built on one device after the other: a test of it
// compares every result with the reference's in float64, and with the CPU's.
type cudaCase struct {
	name  string
	build func(t testing.TB, dev device.Device) step
}

// equivalent runs the cases on every GPU that there is.
func equivalent(t *testing.T, cases []cudaCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
				wide, narrow, have := resultsOf(t, device.NewCPU64(1), c), resultsOf(t, device.NewCPU(1), c), resultsOf(t, dev, c)
				for i := range have {
					assert.LessOrEqual(t, distance(have[i], wide[i]), fromWide, "result %d, from float64", i)
					assert.LessOrEqual(t, distance(have[i], narrow[i]), fromCPU, "result %d, from the CPU", i)
				}
			})
		})
	}
}

// resultsOf runs a case and returns its results. Inputs must come out as they went in.
func resultsOf(t testing.TB, dev device.Device, c cudaCase) (results [][]float64) {
	t.Helper()
	s := c.build(t, dev)
	var before [][]float64
	for _, x := range s.inputs {
		before = append(before, valuesOf(x))
	}
	require.NoError(t, s.run())
	require.NoError(t, dev.Sync())
	for i, x := range s.inputs {
		assert.Equal(t, bitsOf(before[i]), bitsOf(valuesOf(x)), "input %d has changed", i)
	}
	for i, x := range s.results {
		checkOperand(t, fmt.Sprint("result ", i), x)
		results = append(results, valuesOf(x))
	}
	return results
}

// mutantFails has a case fail on a GPU whose kernels were changed: the emulator must refuse them, or some result lie further
// than bound from what is wanted.
func mutantFails(t *testing.T, dev device.Device, c cudaCase, want [][]float64, bound float64) {
	t.Helper()
	s := c.build(t, dev)
	err := errors.Join(s.run(), dev.Sync())
	for i := 0; err == nil && i < len(want); i++ {
		if distance(valuesOf(s.results[i]), want[i]) > bound {
			err = errors.New("wrong results")
		}
	}
	assert.Error(t, err)
}

// distance returns the root mean square of a−b over that of b; infinity if a NaN or an infinity stands
// on one side only.
func distance(a, b []float64) float64 {
	var difference, size float64
	for i := range a {
		if math.IsNaN(a[i]) != math.IsNaN(b[i]) || math.IsInf(a[i], 0) && a[i] != b[i] {
			return math.Inf(1)
		}
		if math.IsNaN(a[i]) || math.IsInf(b[i], 0) {
			continue
		}
		difference += (a[i] - b[i]) * (a[i] - b[i])
		size += b[i] * b[i]
	}
	if difference == 0 {
		return 0
	}
	return math.Sqrt(difference / size)
}

// oddLengths are numbers of elements that fill no block: one, a warp and one more, and several blocks.
var oddLengths = []int{1, 33, 1023, 5001}

func TestLeakyReLUOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, n := range oddLengths {
		shape := device.Shape{n}
		cases = append(cases, cudaCase{"forward", func(t testing.TB, dev device.Device) step {
			y, x := tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(n, 2)...)
			return step{func() error { return kernels.LeakyReLU(y, x, 0.2) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}}, cudaCase{"mask", func(t testing.TB, dev device.Device) step {
			dst, x, v := tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(n, 2)...), tensorOn(t, dev, shape, wave(n, 3)...)
			return step{func() error { return kernels.LeakyReLUMask(dst, x, v, 0.2) }, []*device.Tensor{dst}, []*device.Tensor{x, v}}
		}})
	}
	equivalent(t, cases)
}
