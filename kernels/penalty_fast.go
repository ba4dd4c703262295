package kernels

import (
	"math"

	"ganlib/internal/simd"
)

// fastNorm is normOf on vectors.
type fastNorm struct{ isa simd.ISA }

func (n fastNorm) norm(x []float32) float64 { return math.Sqrt(n.isa.SumSquares(x)) }

func (n fastNorm) divide(dst, x []float32, norm, scale float64) {
	n.isa.Direction(dst, x, norm, scale)
}
