package simd

import "unsafe"

// SumRows adds the rows of x to sums, in float64:
//
//	sums[j] += Σ_r x[r·stride + j]        0 ≤ r < rows, 0 ≤ j < len(sums)
func (i ISA) SumRows(sums []float64, rows int, x []float32, stride int) {
	width := len(sums)
	if rows == 0 || width == 0 {
		return
	}
	_ = x[(rows-1)*stride+width-1]
	if i != Go && width == stride && width < narrow {
		// Narrow rows go together, so that vectors are full.
		var partial [narrow * 16]float64
		together := i.Lanes()
		if 4*together*width <= len(partial) {
			together *= 4
		}
		if row := together * width; rows >= together {
			i.sumRows(partial[:row], rows/together, x, row)
			for k := 0; k < row; k += width {
				for j := range sums {
					sums[j] += partial[k+j]
				}
			}
			x, rows = x[rows/together*row:], rows%together
		}
		sumRowsGo(sums, rows, x, stride)
		return
	}
	i.sumRows(sums, rows, x, stride)
}

func (i ISA) sumRows(sums []float64, rows int, x []float32, stride int) {
	if i == Go {
		sumRowsGo(sums, rows, x, stride)
		return
	}
	lanes := i.Lanes()
	var block [4 * 16]float64
	for at := 0; at < len(sums); {
		n := len(sums) - at
		switch {
		case n >= 4*lanes && i == AVX512:
			n = 4 * lanes
			sumRows4AVX512(rows, &x[at], stride, n, &block[0])
		case n >= 4*lanes:
			n = 4 * lanes
			sumRows4AVX2(rows, &x[at], stride, n, &block[0])
		case i == AVX512:
			n = min(n, lanes)
			sumRows1AVX512(rows, &x[at], stride, n, &block[0])
		default:
			n = min(n, lanes)
			sumRows1AVX2(rows, &x[at], stride, n, &block[0])
		}
		for j, v := range block[:n] {
			sums[at+j] += v
		}
		at += n
	}
}

func sumRowsGo(sums []float64, rows int, x []float32, stride int) {
	for r := range rows {
		for j, v := range x[r*stride:][:len(sums)] {
			sums[j] += float64(v)
		}
	}
}

// SumSquares returns Σ x², in float64.
func (i ISA) SumSquares(x []float32) float64 {
	var lanes [2 * 8]float64
	switch i {
	case AVX512:
		sumSquaresAVX512(len(x), unsafe.SliceData(x), &lanes[0])
	case AVX2:
		sumSquaresAVX2(len(x), unsafe.SliceData(x), &lanes[0])
	default:
		for _, v := range x {
			lanes[0] += float64(v) * float64(v)
		}
	}
	sum := 0.0
	for _, v := range lanes {
		sum += v
	}
	return sum
}
