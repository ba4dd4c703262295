package cli

import (
	"math"
	"runtime"
	"runtime/debug"
)

// memoryLimit lets the garbage collector keep the process within the memory that a run is planned to
// take. It would otherwise wait until there is as much garbage as data, of images that were decoded and
// files that were written.
type memoryLimit struct{ held bool }

// hold begins with what the run adds to the process.
func (l *memoryLimit) hold(planned int64) { l.set(goHas() + planned) }

// set begins with what Go's memory may come to. A limit that the user has set in GOMEMLIMIT stays.
func (l *memoryLimit) set(bytes int64) {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	debug.SetMemoryLimit(bytes)
	l.held = true
}

// goHas is what the limit counts, whether it has been used or not.
func goHas() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}

func (l *memoryLimit) release() {
	if l.held {
		debug.SetMemoryLimit(math.MaxInt64)
	}
}
