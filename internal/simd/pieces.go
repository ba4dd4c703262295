package simd

// MaxPiece is the longest piece that CopyPieces takes.
const MaxPiece = 16

// CopyPieces copies n pieces of w elements, at most MaxPiece: dst[p·ds+j] = src[p·ss+j]. Pieces are
// written in order.
func (i ISA) CopyPieces(n, w int, src []float32, ss int, dst []float32, ds int) {
	if n == 0 {
		return
	}
	_, _ = src[(n-1)*ss+w-1], dst[(n-1)*ds+w-1]
	switch i {
	case AVX512:
		copyPiecesAVX512(n, w, &src[0], ss, &dst[0], ds)
	case AVX2:
		copyPiecesAVX2(n, w, &src[0], ss, &dst[0], ds)
	default:
		for p := range n {
			copy(dst[p*ds:p*ds+w], src[p*ss:])
		}
	}
}
