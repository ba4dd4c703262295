package runner

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/device/driver/faultdriver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
)

// gpuRun is faultRun on an emulated GPU.
func gpuRun(t *testing.T) config.Config {
	t.Helper()
	c := faultRun(t)
	c.Device = "ptxsim"
	return c
}

// newest returns the newest checkpoint of a run.
func newest(t *testing.T, run string) (name string, data []byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(run, "model", "*.safetensors"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	name = names[len(names)-1]
	data, err = os.ReadFile(name)
	require.NoError(t, err)
	return filepath.Base(name), data
}

// onGPU opens a run of gpuRun, or one that goes on, on a driver.
func onGPU(t *testing.T, drv driver.Driver, o Options) (*Runner, error) {
	t.Helper()
	o.open = func(device.Options) (device.Device, error) { return device.OpenCUDA(drv, 0) }
	return Open(t.Context(), o)
}

// TestLostGPU loses the device at several moments of a run, all over it: the last checkpoint is there, the error
// says what has happened, and a run that goes on from it ends in the same bytes.
func TestLostGPU(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	drv := faultdriver.New(ptxsim.New(ptxsim.Options{}), nil)
	whole, err := onGPU(t, drv, Options{Config: gpuRun(t), Root: t.TempDir()})
	require.NoError(t, err)
	begins := len(drv.Calls())
	require.NoError(t, whole.Run(t.Context()))
	require.NoError(t, whole.Close())
	calls := drv.Calls()
	last, want := newest(t, whole.Folder())

	tries := 4
	if _, every := os.LookupEnv(everyFault); every {
		tries = 60 // an emulator takes seconds for each
	}
	t.Logf("%d calls while it trains, of which %d are tried", len(calls)-begins, tries)
	for i := range tries {
		at := calls[begins+1+i*(len(calls)-begins-1)/tries]
		t.Run(fmt.Sprintf("%d %s", at.N, at.Method), func(t *testing.T) {
			t.Parallel()
			var console bytes.Buffer
			drv := faultdriver.New(ptxsim.New(ptxsim.Options{}), faultdriver.At(at.N, driver.LaunchFailed))
			r, err := onGPU(t, drv, Options{Config: gpuRun(t), Root: t.TempDir(), Console: &console})
			require.NoError(t, err)
			err = r.Run(t.Context())
			require.ErrorIs(t, err, device.ErrLost)
			assert.ErrorContains(t, err, "CUDA_ERROR_LAUNCH_FAILED")
			assert.Contains(t, console.String(), "The GPU is lost. Go on from the last checkpoint with --resume "+r.Folder())
			saved := r.saved
			require.NoError(t, r.Close())
			if saved >= 0 {
				assert.Contains(t, checkpointSteps(t, r.Folder()), saved)
			}
			again, err := Open(t.Context(), Options{Resume: r.Folder()})
			require.NoError(t, err)
			require.NoError(t, again.Run(t.Context()))
			require.NoError(t, again.Close())
			name, have := newest(t, r.Folder())
			assert.Equal(t, last, name)
			assert.True(t, bytes.Equal(want, have))
		})
	}
}

// TestGPUFailsAtTheStart is an error, and leaves no run.
func TestGPUFailsAtTheStart(t *testing.T) {
	enginetest.Emulated(t)
	for _, result := range []driver.Result{driver.LaunchFailed, driver.OutOfMemory} {
		root := t.TempDir()
		_, err := onGPU(t, faultdriver.New(ptxsim.New(ptxsim.Options{}), faultdriver.At(20, result)), Options{Config: gpuRun(t), Root: root})
		var refused *driver.Error
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, result, refused.Result)
		assert.Empty(t, treeOf(t, root))
	}
}

// TestGPUMemoryIsChecked plans a training that no card of a GiB holds.
func TestGPUMemoryIsChecked(t *testing.T) {
	enginetest.Emulated(t)
	c := plain(t, "catfaces")
	c.BatchSize, c.Device, c.DataSize = 4096, "ptxsim", 5000
	_, err := MakePlan(t.Context(), Options{Config: c})
	require.ErrorIs(t, err, ErrMemory)
	assert.Regexp(t, `BATCH_SIZE 4096 takes [0-9.]+ GB, and 1\.1 GB are available; the largest part is .+; the largest batch that fits is \d+`, err.Error())
}

// TestStepsDoNotWaitForTheGPU: nothing is brought from the GPU, and nobody waits for it, in a step whose statistics
// are not read. Those of a logged step are two small copies: the losses, and the norms that the watchdog took.
func TestStepsDoNotWaitForTheGPU(t *testing.T) {
	enginetest.Emulated(t)
	c := gpuRun(t)
	c.LogEvery, c.SampleEvery, c.CheckpointEvery, c.ExportEvery = config.EverySteps(100), config.Every{}, config.Every{}, config.Every{}
	drv := faultdriver.New(ptxsim.New(ptxsim.Options{}), nil)
	var waits []int // of each step, of which an epoch has three: the first and the last are logged
	seen := 0
	r, err := onGPU(t, drv, Options{Config: c, Root: t.TempDir(), Hooks: each(func(int64) error {
		n := 0
		for _, call := range drv.Calls()[seen:] {
			seen++
			if call.Method == "Download" || strings.HasSuffix(call.Method, "Sync") {
				n++
			}
		}
		waits = append(waits, n)
		return nil
	})})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	require.Len(t, waits, 6)
	assert.Equal(t, []int{0, 2, 2, 0}, waits[1:5])
}
