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

// hold begins with what the run adds to the process. A limit that the user has set in GOMEMLIMIT stays.
func (l *memoryLimit) hold(planned int64) {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetMemoryLimit(int64(m.Sys-m.HeapReleased) + planned)
	l.held = true
}

func (l *memoryLimit) release() {
	if l.held {
		debug.SetMemoryLimit(math.MaxInt64)
	}
}
