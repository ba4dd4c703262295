//go:build race

package conformance_test

// raceDetector says that the tests run under the race detector, where long trainings take a shorter
// form.
const raceDetector = true
