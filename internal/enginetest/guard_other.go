//go:build !linux

package enginetest

import "testing"

// Guarded returns plain slices where pages cannot be protected.
func Guarded(_ testing.TB, n int) (atEnd, atStart []float32) {
	return make([]float32, n), make([]float32, n)
}
