//go:build !noasm

package simd

// hasAssembly says whether this build has assembly at all.
const hasAssembly = true
