package drivertest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/driver"
)

func launch(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	scale := kernel(t, c, "scale")
	for _, n := range []int{1, 31, 256, 257, 5000} {
		x := numbers(n)
		in, out := upload(t, c, x), upload(t, c, make([]float32, n+1))
		require.NoError(t, c.Launch(&driver.Launch{
			Kernel: scale, Grid: [3]int{(n + 255) / 256, 1, 1}, Block: [3]int{256, 1, 1},
			// What stands above a parameter of four bytes is nothing to it.
			Args: []uint64{uint64(out), uint64(in), 0xdead<<32 | uint64(math.Float32bits(-0.3)), 0xbeef<<32 | uint64(n)},
		}))
		require.NoError(t, c.Sync())
		got := download(t, c, out, n+1)
		for i := range x {
			require.Equal(t, -0.3*x[i], got[i], "%d of %d", i, n)
		}
		assert.Zero(t, got[n], "the number after %d", n)
	}
}

func modules(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	m, err := c.Load(Kernels)
	require.NoError(t, err)
	other, err := c.Load(Kernels)
	require.NoError(t, err)
	a, err := m.Kernel("scale")
	require.NoError(t, err)
	again, err := m.Kernel("scale")
	require.NoError(t, err)
	elsewhere, err := other.Kernel("scale")
	require.NoError(t, err)
	assert.True(t, a == again, "an entry is one kernel")
	assert.False(t, a == elsewhere, "the same entry of two modules is two kernels")

	_, err = m.Kernel("missing")
	var e *driver.Error
	if assert.ErrorAs(t, err, &e) {
		assert.Equal(t, driver.NotFound, e.Result)
	}
	for _, ptx := range []string{broken, "this is no PTX"} {
		_, err = c.Load(ptx)
		require.ErrorIs(t, err, driver.ErrBadImage, "%q", ptx)
		assert.NotErrorIs(t, err, driver.ErrLost)
	}
	works(t, c)
}

// sharedMemory asks for more than the 48 KiB that there are without asking, and for too much.
func sharedMemory(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	mirror := kernel(t, c, "mirror")
	try := func(n int) error {
		x := numbers(n)
		in, out := upload(t, c, x), upload(t, c, make([]float32, n))
		err := c.Launch(&driver.Launch{
			Kernel: mirror, Grid: [3]int{1, 1, 1}, Block: [3]int{96, 1, 1}, Shared: 4 * n,
			Args: []uint64{uint64(out), uint64(in), uint64(n)},
		})
		if err != nil {
			return err
		}
		got := download(t, c, out, n)
		for i := range x {
			require.Equal(t, x[n-1-i], got[i], "%d of %d", i, n)
		}
		return nil
	}
	for _, n := range []int{1, 95, 97, 48 << 8} {
		require.NoError(t, try(n))
	}
	most := c.Properties().Shared
	if most > 48<<10 {
		require.Error(t, try(48<<8+1), "more than 48 KiB without asking")
		require.NoError(t, mirror.MaxShared(most))
		require.NoError(t, try(most/4))
	}
	require.Error(t, mirror.MaxShared(most+1))
	require.Error(t, try(most/4+1))
	works(t, c)
}

func badLaunches(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	scale := kernel(t, c, "scale")
	x := upload(t, c, numbers(8))
	one := [3]int{1, 1, 1}
	for _, l := range []driver.Launch{
		{Kernel: scale, Grid: one, Block: [3]int{2048, 1, 1}},
		{Kernel: scale, Grid: one, Block: [3]int{64, 64, 1}},
		{Kernel: scale, Grid: one, Block: [3]int{0, 1, 1}},
		{Kernel: scale, Grid: one, Block: [3]int{-1, 1, 1}},
		{Kernel: scale, Grid: [3]int{1, 0, 1}, Block: one},
		{Kernel: scale, Grid: [3]int{1, 1, 1 << 20}, Block: one},
		{Kernel: scale, Grid: one, Block: one, Shared: -1},
		{Kernel: nil, Grid: one, Block: one},
	} {
		l.Args = []uint64{uint64(x), uint64(x), 0, 8}
		err := c.Launch(&l)
		if assert.Error(t, err, "grid %v, block %v, %d bytes shared", l.Grid, l.Block, l.Shared) {
			assert.NotErrorIs(t, err, driver.ErrLost)
		}
	}
	require.NoError(t, c.Sync())
	assert.Equal(t, numbers(8), download(t, c, x, 8), "nothing was launched")
	works(t, c)
}
