package enginetest

import (
	"runtime"
	"testing"
)

// Allocations returns how many allocations a run of f makes once everything is in place: the least of
// several measurements, since the Go runtime allocates when it starts a thread, whenever that is.
func Allocations(runs int, f func()) float64 {
	least := testing.AllocsPerRun(runs, f)
	for range 9 {
		if least == 0 {
			break
		}
		least = min(least, testing.AllocsPerRun(runs, f))
	}
	return least
}

// AllocatesAtMost fails the test if a call of f takes more than limit bytes from the heap, what is free again
// by its end included. Nothing else may run meanwhile.
func AllocatesAtMost(t testing.TB, limit int, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > uint64(limit) {
		t.Fatalf("%d bytes allocated: want at most %d", taken, limit)
	}
}
