//go:build !amd64 || noasm

package simd

// noAssembly is the panic of assembly functions in builds that have none: an ISA was used that the
// machine lacks.
const noAssembly = "simd: this build has no assembly"
