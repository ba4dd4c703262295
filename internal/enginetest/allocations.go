package enginetest

import "testing"

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
