//go:build !amd64 || noasm

package simd

// hasAssembly says whether this build has assembly at all.
const hasAssembly = false
