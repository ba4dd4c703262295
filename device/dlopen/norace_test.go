//go:build !race

package dlopen_test

const raceDetector = false
