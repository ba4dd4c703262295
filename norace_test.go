//go:build !race

package ganlib_test

// raceDetector is described in race_test.go.
const raceDetector = false
