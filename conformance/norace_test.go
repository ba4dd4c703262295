//go:build !race

package conformance_test

// raceDetector is described in race_test.go.
const raceDetector = false
