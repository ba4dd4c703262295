package simd

// Pause tells the processor that the caller waits for another: it takes some tens of nanoseconds and
// leaves a core's other hyperthread more room.
func Pause() {
	if hasAssembly {
		pause()
	}
}
