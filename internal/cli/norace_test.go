//go:build !race

package cli

// raceEnabled tells tests of memory that the race detector takes some too.
const raceEnabled = false
