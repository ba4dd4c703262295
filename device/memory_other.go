//go:build !linux

package device

func advise[T Float]([]T) {}
