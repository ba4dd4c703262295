//go:build !race

package conv

const largest = 1 << 40 // no limit
