package simd

// PeakFlops is the number of floating-point operations in one round of Peak.
func (i ISA) PeakFlops() int { return 2 * 4 * 12 * i.Lanes() }

// Peak does n rounds of independent multiply-adds in registers, the fastest that the processor can
// compute.
func (i ISA) Peak(n int) {
	switch i {
	case AVX512:
		peakAVX512(n)
	case AVX2:
		peakAVX2(n)
	}
}
