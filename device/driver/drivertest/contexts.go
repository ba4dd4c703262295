package drivertest

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/driver"
)

// goroutines takes turns at a context, from threads that have never seen it.
func goroutines(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	const n, workers, turns = 300, 8, 20
	one, sum := upload(t, c, ones(n)), upload(t, c, make([]float32, n))
	add := kernel(t, c, "add")
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for range turns {
				mu.Lock()
				err := c.Launch(&driver.Launch{
					Kernel: add, Grid: [3]int{3, 1, 1}, Block: [3]int{128, 1, 1},
					Args: []uint64{uint64(sum), uint64(one), n},
				})
				if a, failed := c.Alloc(1000); assert.NoError(t, failed) {
					assert.NoError(t, c.Free(a))
				}
				mu.Unlock()
				if !assert.NoError(t, err) {
					return
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	for _, v := range download(t, c, sum, n) {
		require.Equal(t, float32(workers*turns), v)
	}

	// A capture that wanders between threads.
	inThread := func(work func() error) {
		failed := make(chan error)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			failed <- work()
		}()
		require.NoError(t, <-failed)
	}
	var g driver.Graph
	inThread(c.Capture)
	inThread(func() error {
		return c.Launch(&driver.Launch{
			Kernel: add, Grid: [3]int{3, 1, 1}, Block: [3]int{128, 1, 1},
			Args: []uint64{uint64(sum), uint64(one), n},
		})
	})
	inThread(func() (err error) { g, err = c.EndCapture(); return err })
	inThread(func() error { return g.Launch() })
	assert.Equal(t, float32(workers*turns+1), download(t, c, sum, n)[0])
}

// twoContexts are open at once; the one must not take the other's device away.
func twoContexts(t *testing.T, drv driver.Driver) {
	a, err := drv.Open(0)
	require.NoError(t, err)
	b := open(t, drv)
	works(t, a)
	works(t, b)
	x := upload(t, b, numbers(100))
	require.NoError(t, a.Close())
	assert.Equal(t, numbers(100), download(t, b, x, 100))
	works(t, b)
}

func closing(t *testing.T, drv driver.Driver) {
	c, err := drv.Open(0)
	require.NoError(t, err)
	k := kernel(t, c, "scale")
	x := upload(t, c, numbers(8))
	l := driver.Launch{Kernel: k, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{uint64(x), uint64(x), 0, 8}}
	require.NoError(t, c.Capture())
	require.NoError(t, c.Launch(&l))
	g, err := c.EndCapture()
	require.NoError(t, err)
	e, err := c.Event()
	require.NoError(t, err)
	require.NoError(t, g.Launch())
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())

	assert.Error(t, c.Launch(&l))
	assert.Error(t, g.Launch())
	assert.Error(t, e.Record())
	assert.Error(t, c.Sync())
	assert.Error(t, c.Download(make([]byte, 8), x))
	_, err = c.Alloc(8)
	assert.Error(t, err)
	_, err = c.Load(Kernels)
	assert.Error(t, err)
	assert.NoError(t, g.Close())
	assert.NoError(t, e.Close())

	c, err = drv.Open(0) // in the middle of a capture
	require.NoError(t, err)
	require.NoError(t, c.Capture())
	require.NoError(t, c.Close())
	works(t, open(t, drv))
}

// leaks counts what a context holds, where it says so, and compares the free memory of the device before and
// after contexts that leave their memory to Close.
func leaks(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	if counted, ok := c.(interface{ Live() int }); ok {
		before := counted.Live()
		works(t, c)
		assert.Equal(t, before, counted.Live())
		upload(t, c, ones(3))
		assert.Equal(t, before+1, counted.Live())
	}
	before, _, err := c.Memory()
	require.NoError(t, err)
	for range 4 {
		other, err := drv.Open(0)
		require.NoError(t, err)
		works(t, other)
		_, err = other.Alloc(large)
		require.NoError(t, err)
		require.NoError(t, other.Close())
	}
	after, _, err := c.Memory()
	require.NoError(t, err)
	assert.Greater(t, after+large, before, "free memory")
}

// illegalAddress writes to memory that is none. The context is lost, and says so from then on.
func illegalAddress(t *testing.T, drv driver.Driver) {
	c, err := drv.Open(0)
	require.NoError(t, err)
	scale := kernel(t, c, "scale")
	x := upload(t, c, numbers(8))
	err = c.Launch(&driver.Launch{Kernel: scale, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{256, uint64(x), 0, 8}})
	if err == nil {
		err = c.Sync()
	}
	require.ErrorIs(t, err, driver.ErrLost)
	var e *driver.Error
	if assert.ErrorAs(t, err, &e) {
		assert.Equal(t, driver.IllegalAddress, e.Result)
	}
	assert.ErrorIs(t, c.Sync(), driver.ErrLost)
	assert.ErrorIs(t, c.Download(make([]byte, 8), x), driver.ErrLost)
	assert.ErrorIs(t, c.Launch(&driver.Launch{Kernel: scale, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{uint64(x), uint64(x), 0, 8}}), driver.ErrLost)
	_, err = c.Alloc(8)
	assert.ErrorIs(t, err, driver.ErrLost)
	assert.NoError(t, c.Close())
}
