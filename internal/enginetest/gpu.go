package enginetest

import (
	"sync"
	"testing"

	"ganlib/device"
	"ganlib/device/ptxsim"
)

// EachGPU runs test in a subtest on the emulated GPU, "ptxsim", and on a real one, "cuda", which is
// skipped in the open where there is none.
func EachGPU(t *testing.T, test func(t *testing.T, dev *device.CUDA)) {
	t.Run("ptxsim", func(t *testing.T) { test(t, Emulated(t)) })
	t.Run("cuda", func(t *testing.T) { test(t, GPU(t)) })
}

// Emulated returns an emulated GPU, for the time of the test. Under the race detector, which has the
// emulator's own tests to look at, it ends the test.
func Emulated(t testing.TB) *device.CUDA {
	t.Helper()
	if raceDetector {
		t.Skip("an emulated GPU is too slow under the race detector")
	}
	dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

// GPU returns the first real GPU, and ends the test if there is none. All tests of a process share it, since
// opening one takes a while.
func GPU(t testing.TB) *device.CUDA {
	t.Helper()
	dev, err := openGPU()
	settle(t, "cuda", err)
	graphs := dev.SetGraphs(true)
	t.Cleanup(func() { dev.SetGraphs(graphs) })
	return dev
}

var openGPU = sync.OnceValues(func() (*device.CUDA, error) { return device.OpenCUDA(device.CUDADriver(), 0) })
