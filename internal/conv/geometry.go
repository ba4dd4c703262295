package conv

import (
	"ganlib/device"
	"ganlib/internal/simd"
)

// Geometry is one convolution: images of H×W pixels and C channels, outputs of OH×OW positions and O
// channels, a kernel of KH×KW taps.
type Geometry struct {
	N, H, W, C int
	OH, OW, O  int
	KH, KW     int
	SH, SW     int // strides
	Top, Left  int // zeros before the first row and column
}

// positions is the number of output positions in the batch.
func (g Geometry) positions() int { return g.N * g.OH * g.OW }

// patch is the number of taps and channels that an output sums over.
func (g Geometry) patch() int { return g.KH * g.KW * g.C }

// Engine is what computes.
type Engine struct {
	Pool   *device.Pool
	ISA    simd.ISA
	Halves bool // what [simd.Halves] says
}

// ceilDiv is a/b, rounded up, for positive numbers.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// floorDiv is a/b, rounded down.
func floorDiv(a, b int) int {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}
