package kernels

import (
	"math"
	"sync/atomic"

	"ganlib/device"
)

// penaltyParts is the largest number of ranges that PenaltyDirection is cut into.
const penaltyParts = 64

// penaltyDirection works on ranges of norms. Each range leaves its part of the penalty in parts, and
// the range that finishes last adds them up in order, so that timing does not change the sum.
type penaltyDirection[T device.Float, N normOf[T]] struct {
	by                   N
	v, norms, penalty, g []T
	PenaltyOptions
	width int // elements that a norm is taken over
	grain int // norms in a range
	parts [penaltyParts]float64
	left  int32 // ranges that have not finished
}

// normOf computes a norm, and dst = (x/norm)·scale: at most scale, where scale/norm could overflow.
type normOf[T device.Float] interface {
	norm(x []T) float64
	divide(dst, x []T, norm, scale float64)
}

func (k *penaltyDirection[T, N]) Run(lo, hi int) {
	count := float64(len(k.g) / k.width)
	part := 0.0
	for i := lo; i < hi; i++ {
		g, v := k.g[i*k.width:(i+1)*k.width], k.v[i*k.width:(i+1)*k.width]
		norm := k.by.norm(g)
		if k.Eps > 0 {
			norm = math.Hypot(norm, math.Sqrt(k.Eps))
		}
		if k.norms != nil {
			k.norms[i] = T(norm)
		}
		excess := norm - k.Target
		if k.OneSided {
			excess = max(excess, 0)
		}
		part += excess * excess
		if norm == 0 {
			clear(v)
			continue
		}
		k.by.divide(v, g, norm, 2*k.Lambda*excess/count)
	}
	k.parts[lo/k.grain] = part
	if atomic.AddInt32(&k.left, -1) == 0 && k.penalty != nil {
		sum := 0.0
		for _, part := range k.parts {
			sum += part
		}
		k.penalty[0] = T(k.Lambda * sum / count)
	}
}

// plainNorm is normOf for all elements.
type plainNorm[T device.Float] struct{}

// norm returns the Euclidean norm of x. Squares of float32 numbers fit into float64; those of float64
// numbers may not, and are scaled by the largest then.
func (plainNorm[T]) norm(x []T) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	if sum > 0x1p-900 && sum < 0x1p1000 || math.IsNaN(sum) {
		return math.Sqrt(sum)
	}
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(float64(v)))
	}
	if largest == 0 || math.IsInf(largest, 1) {
		return largest
	}
	sum = 0
	for _, v := range x {
		sum += float64(v) / largest * (float64(v) / largest)
	}
	return largest * math.Sqrt(sum)
}

func (plainNorm[T]) divide(dst, x []T, norm, scale float64) {
	for j, v := range x {
		dst[j] = T(scale * (float64(v) / norm))
	}
}
