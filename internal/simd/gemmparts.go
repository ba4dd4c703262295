package simd

// PartsRows returns the tallest tile of [ISA.GemmParts] of the given width.
func (i ISA) PartsRows(width int) int {
	switch {
	case i != AVX2:
		return MaxRows
	case width > i.Lanes():
		return 6
	}
	return 12
}

// GemmParts is [ISA.Gemm] of a sum in parts, whose terms lie ap elements of a and bp of b apart:
//
//	C[r][j] = Σ_p Σ_l a[p·ap + r·rs + l·ks] · b[p·bp + l·bs + j]        0 ≤ p < parts, 0 ≤ l < k
//
// rows is at most i.PartsRows(width); parts and k are at least 1. The sum is taken in order, with fused
// multiply-adds. If apart is set, each part's sum is added to C by itself: so a long sum rounds less.
func (i ISA) GemmParts(parts, ap, bp int, apart bool, rows, width, k int, a *float32, rs, ks int, b *float32, bs int, c *Tile, offset int, mask uint32, add bool) {
	height, each := 0, 0
	if add {
		height = rows
	}
	if apart {
		each = 1
	}
	vectors := width / i.Lanes()
	tile := hidden(c)
	switch i {
	case AVX512:
		gemmParts512[vectors-1][rows-1](parts, 4*(ap-k*ks), 4*(bp-k*bs), each, k, a, rs, ks, b, bs, tile, 4*offset, mask, height)
	case AVX2:
		gemmParts256[vectors-1][rows-1](parts, 4*(ap-k*ks), 4*(bp-k*bs), each, k, a, rs, ks, b, bs, tile, 4*offset, mask, height)
	default:
		gemmPartsGo(parts, ap, bp, apart, rows, width, k, a, rs, ks, b, bs, c, offset, mask, add)
	}
}

// gemmPartsGo is the twin of the kernels of sums in parts.
func gemmPartsGo(parts, ap, bp int, apart bool, rows, width, k int, a *float32, rs, ks int, b *float32, bs int, c *Tile, offset int, mask uint32, add bool) {
	for r := range rows {
		for j := range width {
			if mask>>j&1 == 0 {
				continue
			}
			at, sum, add := element(c[r], offset+j), float32(0), add
			for p := range parts {
				for l := range k {
					sum += *element(a, p*ap+r*rs+l*ks) * *element(b, p*bp+l*bs+j)
				}
				if !apart && p < parts-1 {
					continue
				}
				if add {
					sum += *at
				}
				*at, sum, add = sum, 0, true
			}
		}
	}
}

type gemmPartsKernel = func(parts, ap, bp, apart, k int, a *float32, rs, ks int, b *float32, bs int, c *[14]*float32, offset int, mask uint32, add int)

var gemmParts512 = [2][]gemmPartsKernel{
	{
		gemmParts1x1AVX512, gemmParts2x1AVX512, gemmParts3x1AVX512, gemmParts4x1AVX512,
		gemmParts5x1AVX512, gemmParts6x1AVX512, gemmParts7x1AVX512, gemmParts8x1AVX512,
		gemmParts9x1AVX512, gemmParts10x1AVX512, gemmParts11x1AVX512, gemmParts12x1AVX512,
		gemmParts13x1AVX512, gemmParts14x1AVX512,
	},
	{
		gemmParts1x2AVX512, gemmParts2x2AVX512, gemmParts3x2AVX512, gemmParts4x2AVX512,
		gemmParts5x2AVX512, gemmParts6x2AVX512, gemmParts7x2AVX512, gemmParts8x2AVX512,
		gemmParts9x2AVX512, gemmParts10x2AVX512, gemmParts11x2AVX512, gemmParts12x2AVX512,
		gemmParts13x2AVX512, gemmParts14x2AVX512,
	},
}

var gemmParts256 = [2][]gemmPartsKernel{
	{
		gemmParts1x1AVX2, gemmParts2x1AVX2, gemmParts3x1AVX2, gemmParts4x1AVX2,
		gemmParts5x1AVX2, gemmParts6x1AVX2, gemmParts7x1AVX2, gemmParts8x1AVX2,
		gemmParts9x1AVX2, gemmParts10x1AVX2, gemmParts11x1AVX2, gemmParts12x1AVX2,
	},
	{
		gemmParts1x2AVX2, gemmParts2x2AVX2, gemmParts3x2AVX2, gemmParts4x2AVX2,
		gemmParts5x2AVX2, gemmParts6x2AVX2,
	},
}
