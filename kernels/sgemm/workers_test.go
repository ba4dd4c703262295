package sgemm_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/gonum/blas"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels/sgemm"
)

// Any number of callers at a time get what one gets, while GOMAXPROCS changes.
func TestConcurrentCallers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	calls := []call{
		newCall(blas.NoTrans, blas.NoTrans, 130, 120, 110, 1, 0, tight), // shared out
		newCall(blas.Trans, blas.Trans, 130, 120, 110, 0.5, 2, [3]int{1, 1, 1}),
		newCall(blas.NoTrans, blas.Trans, 10, 600, 300, 1, 1, tight),
		newCall(blas.NoTrans, blas.NoTrans, 7, 8, 9, 1, 0, tight), // small
	}
	var want [][]float32
	for _, s := range calls {
		want = append(want, s.on(sgemm.Implementation{}))
	}
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			for n := range 20 {
				which := (i + n) % len(calls)
				assert.Equal(t, want[which], calls[which].on(sgemm.Implementation{}))
			}
		})
	}
	for n := range 20 {
		runtime.GOMAXPROCS(1 + n%4)
		time.Sleep(time.Millisecond)
	}
	group.Wait()
}

// Workers follow GOMAXPROCS, and none stay behind.
func TestWorkersFollowGOMAXPROCS(t *testing.T) {
	needFast(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	s := newCall(blas.NoTrans, blas.NoTrans, 130, 120, 110, 1, 0, tight)
	goroutines := func(procs, want int) int {
		runtime.GOMAXPROCS(procs)
		s.on(sgemm.Implementation{})
		for range 1000 { // workers that are no longer needed take a moment to end
			if runtime.NumGoroutine() == want {
				break
			}
			time.Sleep(time.Millisecond)
		}
		return runtime.NumGoroutine()
	}
	alone := goroutines(1, 2) // the test runner and this
	for _, procs := range []int{4, 2, 3, 1} {
		assert.Equal(t, alone+procs-1, goroutines(procs, alone+procs-1), "%d workers", procs)
	}
}

func TestSgemmDoesNotAllocate(t *testing.T) {
	needFast(t)
	for _, s := range []call{
		newCall(blas.NoTrans, blas.NoTrans, 5, 6, 7, 1, 0, tight),
		newCall(blas.NoTrans, blas.Trans, 5, 6, 7, 0.5, 1, tight),
		newCall(blas.NoTrans, blas.NoTrans, 130, 120, 110, 1, 0, tight),
		newCall(blas.Trans, blas.Trans, 130, 120, 300, 0.5, 0.5, [3]int{3, 3, 3}),
		newCall(blas.NoTrans, blas.Trans, 10, 600, 300, 1, 1, tight),
		newCall(blas.Trans, blas.NoTrans, 30, 40, 9000, 1, 1, tight),
	} {
		assert.Zero(t, enginetest.Allocations(5, func() {
			sgemm.Implementation{}.Sgemm(s.tA, s.tB, s.m, s.n, s.k, s.alpha, s.a, s.lda, s.b, s.ldb, s.beta, s.c, s.ldc)
		}), "%d×%d×%d", s.m, s.n, s.k)
	}
}

// needFast ends a test of what gonum's Sgemm does not do where Sgemm is gonum's: on processors without
// vector engines, and where the environment asks for the reference.
func needFast(t *testing.T) {
	t.Helper()
	if e, _ := device.DefaultEngine(); e == device.EngineReference {
		t.Skip("Sgemm is gonum's own on the reference engine")
	}
}
