//go:build race

package conv

// largest is how many products a pass of the tests takes at most: the race detector makes each slow.
const largest = 1 << 18
