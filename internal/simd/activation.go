package simd

import "unsafe"

// LeakyReLU computes y = x where x > 0 and y = slope·x elsewhere, NaN included. y is as long as x and
// may be x.
func (i ISA) LeakyReLU(y, x []float32, slope float32) {
	y = y[:len(x)]
	switch i {
	case AVX512:
		leakyReLUAVX512(len(x), unsafe.SliceData(y), unsafe.SliceData(x), slope)
	case AVX2:
		leakyReLUAVX2(len(x), unsafe.SliceData(y), unsafe.SliceData(x), slope)
	default:
		for j, v := range x {
			y[j] = leaky(v, v, slope)
		}
	}
}

// LeakyReLUMask computes dst = v where x > 0 and dst = slope·v elsewhere. All are as long as x; dst may
// be x or v.
func (i ISA) LeakyReLUMask(dst, x, v []float32, slope float32) {
	dst, v = dst[:len(x)], v[:len(x)]
	switch i {
	case AVX512:
		leakyReLUMaskAVX512(len(x), unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(v), slope)
	case AVX2:
		leakyReLUMaskAVX2(len(x), unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(v), slope)
	default:
		for j, sign := range x {
			dst[j] = leaky(sign, v[j], slope)
		}
	}
}

func leaky(x, v, slope float32) float32 {
	if x > 0 {
		return v
	}
	return slope * v
}

// BiasLeakyReLU adds b to each of rows rows of y and applies LeakyReLU to them, in one pass:
//
//	y[r·stride + j] ← leaky(y[r·stride + j] + b[j])        0 ≤ r < rows, 0 ≤ j < len(b)
//
// Slope 1 adds the bias alone.
func (i ISA) BiasLeakyReLU(rows int, y []float32, stride int, b []float32, slope float32) {
	width := len(b)
	if rows == 0 || width == 0 {
		return
	}
	_ = y[(rows-1)*stride+width-1]
	if i == Go {
		for r := range rows {
			row := y[r*stride:][:width]
			for j, bias := range b {
				v := row[j] + bias
				row[j] = leaky(v, v, slope)
			}
		}
		return
	}
	if width == stride && width < narrow {
		// Narrow rows go together, so that vectors are full.
		var pattern [narrow * 16]float32
		together := min(len(pattern)/width/16*16, rows)
		row := together * width
		for done := copy(pattern[:row], b); done < row; {
			done += copy(pattern[done:row], pattern[:done])
		}
		i.biasLeakyReLU(rows/together, row, y, row, pattern[:], slope)
		y, rows, width, b = y[rows/together*row:], 1, rows%together*width, pattern[:]
		if width == 0 {
			return
		}
	}
	i.biasLeakyReLU(rows, width, y, stride, b, slope)
}

// narrow is the width below which rows that touch are worked on together.
const narrow = 64

func (i ISA) biasLeakyReLU(rows, width int, y []float32, stride int, b []float32, slope float32) {
	if i == AVX512 {
		biasLeakyReLUAVX512(rows, width, &y[0], stride, &b[0], slope)
	} else {
		biasLeakyReLUAVX2(rows, width, &y[0], stride, &b[0], slope)
	}
}
