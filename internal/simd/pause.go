package simd

// Pause tells the processor that the caller waits for another: it takes some tens of nanoseconds and
// leaves a core's other hyperthread more room.
func Pause() {
	if hasAssembly {
		pause()
	}
}

// Processor returns the number of the processor that the caller runs on, as Linux counts them, or -1 in
// builds without assembly.
func Processor() int {
	if !hasAssembly {
		return -1
	}
	return int(processor() & 0xfff) // above it stands the memory node
}
