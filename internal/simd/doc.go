// Package simd holds the vector kernels of the fast CPU engine: assembly for AVX-512 and for AVX2 with
// FMA, and for each kernel a twin in plain Go that says what it computes.
//
// An [ISA] is one of the three; its methods run a kernel on that instruction set, and the caller must
// know that the machine has it. Every kernel reads and writes exactly the elements that its twin does,
// so that slices may end at the edge of mapped memory. Sums may be taken in another order than the
// twin's, in lanes side by side, but always in the same one: the same input gives the same bytes.
//
// The assembly is written by the program in _asm, a module of its own:
//
//go:generate go run -C _asm . -out ..
package simd
