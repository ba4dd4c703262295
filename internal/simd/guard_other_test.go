//go:build !linux

package simd_test

import "testing"

// guarded returns plain slices where pages cannot be protected.
func guarded(_ testing.TB, n int) (atEnd, atStart []float32) {
	return make([]float32, n), make([]float32, n)
}
