package cudrv_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/cudrv"
	"ganlib/device/driver"
	"ganlib/device/driver/drivertest"
	"ganlib/internal/enginetest"
)

func TestName(t *testing.T) { assert.Equal(t, "cu", cudrv.New().Name()) }

func BenchmarkLaunch(b *testing.B) {
	needGPU(b)
	c, l := launched(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Launch(l); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, c.Sync())
}

// launched returns a context of the first device, and a launch in it that touches nothing.
func launched(t testing.TB) (driver.Context, *driver.Launch) {
	c, err := cudrv.New().Open(0)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	m, err := c.Load(drivertest.Kernels)
	require.NoError(t, err)
	k, err := m.Kernel("scale")
	require.NoError(t, err)
	return c, &driver.Launch{Kernel: k, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: make([]uint64, 4)}
}

// With the tag emulated the device is ptxsim's. The suite ends with a lost device, so nothing may come after it.
func TestGPU(t *testing.T) {
	list := needGPU(t)
	t.Run("a launch does not allocate", func(t *testing.T) {
		if strings.Contains(list[0].Name, "ptxsim") {
			t.Skip("the emulator does")
		}
		c, l := launched(t)
		assert.Zero(t, enginetest.Allocations(100, func() { assert.NoError(t, c.Launch(l)) }))
		require.NoError(t, c.Sync())
	})
	drivertest.Run(t, cudrv.New())
}

func needGPU(t testing.TB) []driver.Properties {
	t.Helper()
	list, err := cudrv.New().Devices()
	enginetest.NeedTool(t, "cuda", err)
	return list
}
