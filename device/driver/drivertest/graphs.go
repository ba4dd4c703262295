package drivertest

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/driver"
)

// graphs compares a graph of two dependent launches with the launches themselves.
func graphs(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	const n = 1000
	x := upload(t, c, numbers(n))
	middle := upload(t, c, make([]float32, n))
	plain, replayed := upload(t, c, make([]float32, n)), upload(t, c, make([]float32, n))
	scale, add := kernel(t, c, "scale"), kernel(t, c, "add")
	step := func(to driver.Address) {
		args := []uint64{uint64(middle), uint64(x), uint64(math.Float32bits(0.1)), n}
		l := driver.Launch{Kernel: scale, Grid: [3]int{4, 1, 1}, Block: [3]int{256, 1, 1}, Args: args}
		require.NoError(t, c.Launch(&l))
		args[0], args[1], args[2] = uint64(to), uint64(middle), n
		l = driver.Launch{Kernel: add, Grid: [3]int{8, 1, 1}, Block: [3]int{128, 1, 1}, Args: args[:3]}
		require.NoError(t, c.Launch(&l))
		clear(args) // nothing is kept of a launch
		l = driver.Launch{}
	}
	require.NoError(t, c.Capture())
	step(replayed)
	g, err := c.EndCapture()
	require.NoError(t, err)
	assert.Equal(t, make([]float32, n), download(t, c, replayed, n), "a capture does nothing")

	for i := range 5 {
		step(plain)
		require.NoError(t, g.Launch())
		require.Equal(t, bits(download(t, c, plain, n)), bits(download(t, c, replayed, n)), "replay %d", i)
		require.NoError(t, c.Upload(x, encode(numbers(n + i)[i:]))) // a graph reads memory as it is
	}

	require.NoError(t, c.Capture())
	empty, err := c.EndCapture()
	require.NoError(t, err)
	require.NoError(t, empty.Launch())
	require.NoError(t, empty.Close())

	require.NoError(t, g.Launch())
	require.NoError(t, g.Close()) // while it may be running
	step(plain)
	assert.Equal(t, bits(download(t, c, plain, n)), bits(download(t, c, replayed, n)), "the replay that was closed")
	require.NoError(t, g.Close())
	assert.Error(t, g.Launch(), "a closed graph")
	works(t, c)
}

func failedCapture(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	scale := kernel(t, c, "scale")
	x := upload(t, c, numbers(8))
	good := driver.Launch{Kernel: scale, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{uint64(x), uint64(x), 0, 8}}
	bad := good
	bad.Block[0] = 2048

	_, err := c.EndCapture()
	require.Error(t, err, "nothing is captured")
	for what, spoil := range map[string]func() error{
		"a bad launch":   func() error { return c.Launch(&bad) },
		"an allocation":  func() error { _, err := c.Alloc(100); return err },
		"a copy":         func() error { return c.Upload(x, pattern(32)) },
		"waiting":        func() error { return c.Sync() },
		"a capture more": func() error { return c.Capture() },
	} {
		require.NoError(t, c.Capture(), what)
		require.NoError(t, c.Launch(&good), what)
		require.Error(t, spoil(), what)
		_, err := c.EndCapture()
		require.Error(t, err, what)
		assert.NotErrorIs(t, err, driver.ErrLost, what)
		assert.Equal(t, numbers(8), download(t, c, x, 8), "%s: nothing was launched", what)
		works(t, c)
	}
	require.NoError(t, c.Capture())
	require.NoError(t, c.Launch(&good))
	g, err := c.EndCapture()
	require.NoError(t, err, "the next capture is a good one")
	require.NoError(t, g.Launch())
	assert.Equal(t, make([]float32, 8), abs(download(t, c, x, 8)))
	require.NoError(t, g.Close())
}

func events(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	start, err := c.Event()
	require.NoError(t, err)
	end, err := c.Event()
	require.NoError(t, err)
	for range 3 {
		began := time.Now()
		require.NoError(t, start.Record())
		works(t, c)
		require.NoError(t, end.Record())
		took, err := end.Since(start)
		require.NoError(t, err)
		assert.Positive(t, took)
		// The device's clock is not the host's, and good to half a microsecond.
		assert.LessOrEqual(t, took, time.Since(began)+time.Millisecond)
	}
	require.NoError(t, start.Close())
	require.NoError(t, start.Close())
	require.NoError(t, end.Close())
}
