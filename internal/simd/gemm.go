package simd

import "unsafe"

// MaxRows is the largest height of a product kernel's tile.
const MaxRows = 14

// Tile is where a product kernel writes: row r of the tile begins at Rows[r] and the kernel's offset.
type Tile = [MaxRows]*float32

// Rows returns the tallest tile of the product kernels, which is also the fastest.
func (i ISA) Rows() int {
	if i == AVX2 {
		return 6
	}
	return MaxRows
}

// Panel returns the widest tile of the product kernels, two vectors. Half of it is a width too.
func (i ISA) Panel() int { return 2 * i.Lanes() }

// Gemm computes a tile of a matrix product, C = A·B or, if add is set, C += A·B:
//
//	C[r][j] = Σ_l a[r·rs + l·ks] · b[l·bs + j]        0 ≤ r < rows, 0 ≤ l < k, bit j of mask set
//
// where C[r][j] is the element offset+j after *c[r]. rows is at most i.Rows(), width is i.Panel() or
// half of it; columns whose bit in mask is clear are neither read nor written in C, but b has them.
// The sum over l is taken in order, with fused multiply-adds.
func (i ISA) Gemm(rows, width, k int, a *float32, rs, ks int, b *float32, bs int, c *Tile, offset int, mask uint32, add bool) {
	height, vectors := 0, 0 // not GemmAhead, since for small tiles every instruction counts
	if add {
		height = rows
	}
	tile := hidden(c)
	switch {
	case i == AVX512:
		if width > 16 {
			vectors = 1
		}
		gemm512[vectors][rows-1](k, a, rs, ks, b, bs, tile, 4*offset, mask, height, nil, 0, 0)
	case i == AVX2:
		if width > 8 {
			vectors = 1
		}
		gemm256[vectors][rows-1](k, a, rs, ks, b, bs, tile, 4*offset, mask, height, nil, 0, 0)
	default:
		gemmGo(rows, width, k, a, rs, ks, b, bs, c, offset, mask, add)
	}
}

// Ahead is memory that will be needed soon: N pieces of 32 elements, or 128 bytes, at P, P+Stride, ….
// P must be a valid pointer if N is not zero; what lies at the others is never read.
type Ahead struct {
	P         *float32
	Stride, N int
}

// GemmAhead is [ISA.Gemm] that asks for memory while it computes, so that it comes to the second-level
// cache: two pieces for every four terms of the sum, at most.
func (i ISA) GemmAhead(rows, width, k int, a *float32, rs, ks int, b *float32, bs int, c *Tile, offset int, mask uint32, add bool, ahead Ahead) {
	height := 0
	if add {
		height = rows
	}
	ns := 4 * ahead.Stride
	end := uintptr(unsafe.Pointer(ahead.P)) + uintptr(ns*ahead.N)
	vectors := width / i.Lanes()
	tile := hidden(c)
	switch i {
	case AVX512:
		gemm512[vectors-1][rows-1](k, a, rs, ks, b, bs, tile, 4*offset, mask, height, ahead.P, ns, end)
	case AVX2:
		gemm256[vectors-1][rows-1](k, a, rs, ks, b, bs, tile, 4*offset, mask, height, ahead.P, ns, end)
	default:
		gemmGo(rows, width, k, a, rs, ks, b, bs, c, offset, mask, add)
	}
}

// hidden hides from the compiler where a tile goes, since through a table it cannot see that no kernel
// keeps it: so tiles may lie on the stack.
func hidden(c *Tile) *Tile {
	p := uintptr(unsafe.Pointer(c))
	return *(**Tile)(unsafe.Pointer(&p))
}

// Mask returns the mask of the first n columns of a panel.
func Mask(n int) uint32 { return uint32(1<<n - 1) }

type gemmKernel = func(k int, a *float32, rs, ks int, b *float32, bs int, c *[14]*float32, offset int, mask uint32, add int, next *float32, ns int, end uintptr)

var gemm512 = [2][14]gemmKernel{
	{
		gemm1x1AVX512, gemm2x1AVX512, gemm3x1AVX512, gemm4x1AVX512, gemm5x1AVX512, gemm6x1AVX512, gemm7x1AVX512,
		gemm8x1AVX512, gemm9x1AVX512, gemm10x1AVX512, gemm11x1AVX512, gemm12x1AVX512, gemm13x1AVX512, gemm14x1AVX512,
	},
	{
		gemm1x2AVX512, gemm2x2AVX512, gemm3x2AVX512, gemm4x2AVX512, gemm5x2AVX512, gemm6x2AVX512, gemm7x2AVX512,
		gemm8x2AVX512, gemm9x2AVX512, gemm10x2AVX512, gemm11x2AVX512, gemm12x2AVX512, gemm13x2AVX512, gemm14x2AVX512,
	},
}

var gemm256 = [2][6]gemmKernel{
	{gemm1x1AVX2, gemm2x1AVX2, gemm3x1AVX2, gemm4x1AVX2, gemm5x1AVX2, gemm6x1AVX2},
	{gemm1x2AVX2, gemm2x2AVX2, gemm3x2AVX2, gemm4x2AVX2, gemm5x2AVX2, gemm6x2AVX2},
}

// gemmGo is the twin of the product kernels. Plain Go does not promise fused multiply-adds: sums
// differ in their last digits.
func gemmGo(rows, width, k int, a *float32, rs, ks int, b *float32, bs int, c *Tile, offset int, mask uint32, add bool) {
	gemmPartsGo(1, 0, 0, false, rows, width, k, a, rs, ks, b, bs, c, offset, mask, add)
}
