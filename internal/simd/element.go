package simd

import "unsafe"

// element returns the element i after *p, as the kernels' addresses do.
func element(p *float32, i int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*i))
}

// element64 is element for float64.
func element64(p *float64, i int) *float64 {
	return (*float64)(unsafe.Add(unsafe.Pointer(p), 8*i))
}
