//go:build race

package runner_test

// race is set under the race detector, which makes training too slow for the long tests.
const race = true
