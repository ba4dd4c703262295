package gemm

import "ganlib/internal/simd"

// Memory is what an operation takes beside its matrices, in floats. What each task borrows for itself
// is not in it.
type Memory struct {
	Packed int   // a matrix in another layout, which is kept with a held tensor
	Shared []int // pieces that all tasks share
}

// HeldMemory returns the memory of [MultiplyHeld]. That of [Multiply] is small.
func HeldMemory(isa simd.ISA, p Product) Memory { return Memory{Packed: PackedLen(isa, p.K, p.N)} }

// DepthMemory returns the memory of [MultiplyDepth].
func DepthMemory(isa simd.ISA, m, n, k int) Memory {
	if parts := depthParts(isa, n, k); parts > 1 {
		return Memory{Shared: []int{parts * m * n}}
	}
	return Memory{}
}

// depthParts returns into how many parts the sum of a product of n columns and k terms is cut.
func depthParts(isa simd.ISA, n, k int) int {
	if cutColumns(isa, n).panels() >= depthColumns {
		return 1
	}
	return min(max(k/partDepth, 1), maxParts)
}
