//go:build !race

package enginetest

// raceDetector says that the tests run under the race detector, which slows the emulator ten times down.
const raceDetector = false
