package device_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
)

// marks counts how often each index was worked on, and notes the ranges.
type marks struct {
	counts []atomic.Int32
	mu     sync.Mutex
	ranges map[[2]int]bool
}

func newMarks(n int) *marks {
	return &marks{counts: make([]atomic.Int32, n), ranges: map[[2]int]bool{}}
}

func (m *marks) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		m.counts[i].Add(1)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ranges[[2]int{lo, hi}] = true
}

// each returns an error unless every index was visited the given number of times.
func (m *marks) each(times int32) error {
	for i := range m.counts {
		if n := m.counts[i].Load(); n != times {
			return fmt.Errorf("index %d of %d was visited %d times, want %d", i, len(m.counts), n, times)
		}
	}
	return nil
}

func TestPoolCoversRanges(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		pool := device.NewPool(threads)
		defer pool.Close()
		assert.Equal(t, threads, pool.Threads())
		for _, n := range []int{0, 1, 2, 7, 64, 1001} {
			for _, grain := range []int{-1, 0, 1, 3, 64, 2000} {
				m := newMarks(n)
				pool.For(n, grain, m)
				assert.NoError(t, m.each(1))
				want := map[[2]int]bool{} // the same for every number of threads
				for lo := 0; lo < n; lo += max(grain, 1) {
					want[[2]int{lo, min(lo+max(grain, 1), n)}] = true
				}
				assert.Equal(t, want, m.ranges, "%d threads, %d indices, grain %d", threads, n, grain)
			}
		}
	}
}

// task makes a function a task.
type task func(lo, hi int)

func (f task) Run(lo, hi int) { f(lo, hi) }

func TestPoolNests(t *testing.T) {
	pool := device.NewPool(3)
	defer pool.Close()
	m := newMarks(30)
	pool.For(30, 1, task(func(outer, _ int) {
		pool.For(20, 3, task(func(lo, hi int) {
			pool.For(hi-lo, 1, task(func(int, int) { m.Run(outer, outer+1) }))
		}))
	}))
	assert.NoError(t, m.each(20))
}

func TestPoolSharedByCallers(t *testing.T) {
	pool := device.NewPool(3)
	defer pool.Close()
	var group sync.WaitGroup
	all := make([]*marks, 8)
	for i := range all {
		all[i] = newMarks(100)
		group.Go(func() {
			for range 50 {
				pool.For(100, 7, all[i])
			}
		})
	}
	group.Wait()
	for _, m := range all {
		assert.NoError(t, m.each(50))
	}
}

func TestPoolClosed(t *testing.T) {
	pool := device.NewPool(4)
	pool.Close()
	pool.Close()
	m := newMarks(100)
	pool.For(100, 3, m)
	assert.NoError(t, m.each(1))
}

func TestPoolDoesNotAllocate(t *testing.T) {
	pool := device.NewPool(3)
	defer pool.Close()
	var sum atomic.Int64
	var add device.Task = task(func(lo, hi int) { sum.Add(int64(hi - lo)) })
	assert.Zero(t, testing.AllocsPerRun(200, func() { pool.For(64, 1, add) }))
	assert.EqualValues(t, 201*64, sum.Load())
}
