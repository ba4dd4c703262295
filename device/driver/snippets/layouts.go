package snippets

import "fmt"

// operandLayout is how an operand of wgmma lies in shared memory: numbers along k ("K-major") or along rows of a and
// columns of b next to each other, with a swizzle of so many bytes, or none.
type operandLayout struct {
	majorMN bool
	swizzle int // 0, 32, 64 or 128 bytes
}

func (o operandLayout) String() string {
	major := "k"
	if o.majorMN {
		major = "mn"
	}
	return fmt.Sprintf("%s%d", major, o.swizzle)
}

// place returns where number (mn, k) of a matrix of bytes wide numbers lies, and the steps of its descriptor: the
// canonical layouts of the PTX manual, "Asynchronous Warpgroup Level Canonical Layouts", in CuTe's notation
//
//	K-major   none  ((8,m),(T,2)):((1T,SBO),(1,LBO))     else  ((8,m),(T,2k)):((WT,SBO),(1,T))
//	MN-major  none  ((T,1,m),(8,k)):((1,T,SBO),(1T,LBO)) else  ((T,W,m),(8,k)):((1,T,LBO),(WT,SBO))
//
// with T numbers in 16 bytes and W times 16 bytes swizzled by Swizzle<log₂W,4,3>. Here rows·depth is the matrix.
func (o operandLayout) place(bytes, rows, depth int) (at func(mn, k int) int, leading, stride int) {
	t, w := 16/bytes, max(o.swizzle/16, 1)
	swizzled := func(byteAt int) int { return byteAt ^ byteAt>>3&((w-1)<<4) }
	switch {
	case !o.majorMN && w == 1:
		leading, stride = rows*16, 128
		at = func(mn, k int) int { return mn%8*16 + mn/8*stride + k%t*bytes + k/t*leading }
	case !o.majorMN:
		leading, stride = 16, 8*w*16 // leading is not looked at, and 16 is what the manual says of it
		at = func(mn, k int) int { return swizzled(mn%8*w*16 + mn/8*stride + k*bytes) }
	case w == 1:
		leading, stride = 128, depth/8*128
		at = func(mn, k int) int { return mn%t*bytes + mn/t*stride + k%8*16 + k/8*leading }
	default:
		stride = 8 * w * 16
		leading = depth / 8 * stride
		at = func(mn, k int) int {
			return swizzled(mn%t*bytes + mn/t%w*16 + mn/(t*w)*leading + k%8*w*16 + k/8*stride)
		}
	}
	return at, leading, stride
}

// depth is the k that the matrix in shared memory has, of which an instruction multiplies some.
func (o operandLayout) depth(bytes int) int {
	switch {
	case o.majorMN:
		return 64 / bytes * 2
	case o.swizzle == 0:
		return 32 / bytes
	}
	return o.swizzle / bytes
}
