package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
)

// losing is a driver whose device is lost after a number of launches and graphs.
type losing struct {
	driver.Driver
	left int
}

func (d *losing) Open(n int) (driver.Context, error) {
	ctx, err := d.Driver.Open(n)
	return &losingContext{ctx, d}, err
}

// count returns the error of a lost device when it is time.
func (d *losing) count() error {
	if d.left--; d.left < 0 {
		return &driver.Error{Call: "cuLaunchKernel", Result: driver.LaunchFailed}
	}
	return nil
}

type losingContext struct {
	driver.Context
	d *losing
}

func (c *losingContext) Launch(l *driver.Launch) error {
	if err := c.d.count(); err != nil {
		return err
	}
	return c.Context.Launch(l)
}

func (c *losingContext) Download(dst []byte, src driver.Address) error {
	if c.d.left < 0 { // and it stays lost
		return c.d.count()
	}
	return c.Context.Download(dst, src)
}

func (c *losingContext) EndCapture() (driver.Graph, error) {
	g, err := c.Context.EndCapture()
	return losingGraph{g, c.d}, err
}

type losingGraph struct {
	driver.Graph
	d *losing
}

func (g losingGraph) Launch() error {
	if err := g.d.count(); err != nil {
		return err
	}
	return g.Graph.Launch()
}

// gpuRun is a training of eight steps with a checkpoint every second one, on an emulated GPU.
func gpuRun(t *testing.T) config.Config {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: "toy-8gaussians", Sets: []string{"BATCH_SIZE=16", "FEATURES_CRITIC=32", "FEATURES_GEN=32", "DATA_SIZE=64", "NUM_EPOCHS=2", "CHECKPOINT_EVERY=2", "DEVICE=ptxsim"}})
	require.NoError(t, err)
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

// TestLostGPU loses the device at several moments of a run: the last checkpoint is there, the error says
// what has happened, and a run that goes on from it ends in the same bytes.
func TestLostGPU(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	whole, err := Open(t.Context(), Options{Config: gpuRun(t), Root: t.TempDir()})
	require.NoError(t, err)
	require.NoError(t, whole.Run(t.Context()))
	require.NoError(t, whole.Close())
	last, want := newest(t, whole.Folder())

	const setup = 800 // launches until the second checkpoint is written, about
	for _, after := range []int{setup, setup + 20, setup + 40} {
		drv := &losing{ptxsim.New(ptxsim.Options{}), after}
		var console bytes.Buffer
		r, err := Open(t.Context(), Options{Config: gpuRun(t), Root: t.TempDir(), Console: &console, open: func(device.Options) (device.Device, error) { return device.OpenCUDA(drv, 0) }})
		require.NoError(t, err)
		err = r.Run(t.Context())
		require.ErrorIs(t, err, device.ErrLost)
		assert.ErrorContains(t, err, "CUDA_ERROR_LAUNCH_FAILED")
		assert.Contains(t, console.String(), "The GPU is lost. Go on from the last checkpoint with --resume "+r.Folder())
		require.NoError(t, r.Close())
		at, _ := newest(t, r.Folder())
		assert.Less(t, at, last)

		again, err := Open(t.Context(), Options{Resume: r.Folder()})
		require.NoError(t, err)
		require.NoError(t, again.Run(t.Context()))
		require.NoError(t, again.Close())
		name, have := newest(t, r.Folder())
		assert.Equal(t, last, name)
		assert.True(t, bytes.Equal(want, have), "lost after %d launches, at %s", after, at)
	}
}

// TestGPUMemoryIsChecked plans a training that no card of a GiB holds.
func TestGPUMemoryIsChecked(t *testing.T) {
	enginetest.Emulated(t)
	c := plain(t, "catfaces")
	c.BatchSize, c.Device, c.DataSize = 4096, "ptxsim", 5000
	_, err := MakePlan(t.Context(), Options{Config: c})
	require.ErrorIs(t, err, ErrMemory)
	assert.Regexp(t, `BATCH_SIZE 4096 takes [0-9.]+ GB, .* and 1\.1 GB are available; the largest batch that fits is \d+`, err.Error())
}
