package simd

// Transpose writes the transpose of a matrix:
//
//	dst[c·ds + r] = src[r·ss + c]        0 ≤ r < rows, 0 ≤ c < columns
//
// in whole blocks of i.Lanes() rows and columns at a time, and what is left one by one.
func (i ISA) Transpose(rows, columns int, src []float32, ss int, dst []float32, ds int) {
	lanes := i.Lanes()
	if i == Go || rows < lanes || columns < lanes {
		transposeGo(0, rows, 0, columns, src, ss, dst, ds)
		return
	}
	blocks := columns / lanes
	r := 0
	for ; r+lanes <= rows; r += lanes {
		if i == AVX512 {
			transposeAVX512(blocks, &src[r*ss], ss, &dst[r], ds)
		} else {
			transposeAVX2(blocks, &src[r*ss], ss, &dst[r], ds)
		}
	}
	transposeGo(0, r, blocks*lanes, columns, src, ss, dst, ds)
	transposeGo(r, rows, 0, columns, src, ss, dst, ds)
}

func transposeGo(r0, r1, c0, c1 int, src []float32, ss int, dst []float32, ds int) {
	if c0 == c1 {
		return
	}
	for r := r0; r < r1; r++ {
		for c, v := range src[r*ss+c0 : r*ss+c1] {
			dst[(c0+c)*ds+r] = v
		}
	}
}

// CopyRows copies n rows of i.Panel() elements: dst[l·ds+j] = src[l·ss+j].
func (i ISA) CopyRows(n int, src []float32, ss int, dst []float32, ds int) {
	width := i.Panel()
	if n == 0 {
		return
	}
	_, _ = src[(n-1)*ss+width-1], dst[(n-1)*ds+width-1]
	switch i {
	case AVX512:
		copyRowsAVX512(n, &src[0], ss, &dst[0], ds)
	case AVX2:
		copyRowsAVX2(n, &src[0], ss, &dst[0], ds)
	default:
		for l := range n {
			copy(dst[l*ds:l*ds+width], src[l*ss:])
		}
	}
}

// PackColumns copies the first w elements, at most i.Lanes(), of n rows to rows without gaps:
// dst[l·w+j] = src[l·ss+j].
func (i ISA) PackColumns(n int, src []float32, ss int, dst []float32, w int) {
	if n == 0 {
		return
	}
	_, _ = src[(n-1)*ss+w-1], dst[n*w-1]
	switch {
	case i == AVX512:
		packColumnsAVX512(n, &src[0], ss, &dst[0], w)
	case i == AVX2 && w >= 4:
		packColumnsAVX2(n, &src[0], ss, &dst[0], w)
	default:
		for l := range n {
			copy(dst[l*w:l*w+w], src[l*ss:])
		}
	}
}
