package simd

import (
	"math"
	"unsafe"
)

// The optimisers' steps. Every operation is rounded to float32 in the order in which it is written:
// conversions in the twins keep compilers from fusing, and the assembly neither fuses nor
// approximates. Slices are as long as param.

// AdamStep is the numbers of one step of Adam.
type AdamStep struct{ Keep1, Take1, Keep2, Take2, Rate, Root, Eps float32 }

// Adam computes, element by element,
//
//	m = keep1·m + take1·grad
//	v = keep2·v + (take2·grad)·grad
//	param = param − (rate·m) / (√v/root + eps)
func (i ISA) Adam(param, grad, m, v []float32, s AdamStep) {
	n := len(param)
	grad, m, v = grad[:n], m[:n], v[:n]
	c := [7]float32{s.Keep1, s.Take1, s.Keep2, s.Take2, s.Rate, s.Root, s.Eps}
	switch i {
	case AVX512:
		adamAVX512(n, unsafe.SliceData(param), unsafe.SliceData(grad), unsafe.SliceData(m), unsafe.SliceData(v), &c)
	case AVX2:
		adamAVX2(n, unsafe.SliceData(param), unsafe.SliceData(grad), unsafe.SliceData(m), unsafe.SliceData(v), &c)
	default:
		for j, g := range grad {
			m[j] = float32(s.Keep1*m[j]) + float32(s.Take1*g)
			v[j] = float32(s.Keep2*v[j]) + float32(s.Take2*g*g)
			param[j] -= s.Rate * m[j] / (root(v[j])/s.Root + s.Eps)
		}
	}
}

// root returns the square root of x, correctly rounded.
func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// RMSPropStep is the numbers of one step of RMSProp.
type RMSPropStep struct{ Keep, Take, Rate, Inside, Outside float32 }

// RMSProp computes, element by element,
//
//	s = keep·s + (take·grad)·grad
//	param = param − (rate·grad) / (√(s + inside) + outside)
func (i ISA) RMSProp(param, grad, s []float32, step RMSPropStep) {
	n := len(param)
	grad, s = grad[:n], s[:n]
	c := [5]float32{step.Keep, step.Take, step.Rate, step.Inside, step.Outside}
	switch i {
	case AVX512:
		rmsPropAVX512(n, unsafe.SliceData(param), unsafe.SliceData(grad), unsafe.SliceData(s), &c)
	case AVX2:
		rmsPropAVX2(n, unsafe.SliceData(param), unsafe.SliceData(grad), unsafe.SliceData(s), &c)
	default:
		for j, g := range grad {
			s[j] = float32(step.Keep*s[j]) + float32(step.Take*g*g)
			param[j] -= step.Rate * g / (root(s[j]+step.Inside) + step.Outside)
		}
	}
}

// SGD computes param = param − rate·grad.
func (i ISA) SGD(param, grad []float32, rate float32) {
	n := len(param)
	grad = grad[:n]
	switch i {
	case AVX512:
		sgdAVX512(n, unsafe.SliceData(param), unsafe.SliceData(grad), rate)
	case AVX2:
		sgdAVX2(n, unsafe.SliceData(param), unsafe.SliceData(grad), rate)
	default:
		for j, g := range grad {
			param[j] -= float32(rate * g)
		}
	}
}

// Momentum computes, element by element,
//
//	b = momentum·b + grad
//	param = param − rate·b
func (i ISA) Momentum(param, grad, b []float32, rate, momentum float32) {
	n := len(param)
	grad, b = grad[:n], b[:n]
	switch i {
	case AVX512:
		sgdMomentumAVX512(n, unsafe.SliceData(param), unsafe.SliceData(grad), unsafe.SliceData(b), rate, momentum)
	case AVX2:
		sgdMomentumAVX2(n, unsafe.SliceData(param), unsafe.SliceData(grad), unsafe.SliceData(b), rate, momentum)
	default:
		for j, g := range grad {
			b[j] = float32(momentum*b[j]) + g
			param[j] -= float32(rate * b[j])
		}
	}
}

// Nesterov is Momentum with another step, param = param − rate·(grad + momentum·b).
func (i ISA) Nesterov(param, grad, b []float32, rate, momentum float32) {
	n := len(param)
	grad, b = grad[:n], b[:n]
	switch i {
	case AVX512:
		sgdNesterovAVX512(n, unsafe.SliceData(param), unsafe.SliceData(grad), unsafe.SliceData(b), rate, momentum)
	case AVX2:
		sgdNesterovAVX2(n, unsafe.SliceData(param), unsafe.SliceData(grad), unsafe.SliceData(b), rate, momentum)
	default:
		for j, g := range grad {
			b[j] = float32(momentum*b[j]) + g
			param[j] -= float32(rate * (g + float32(momentum*b[j])))
		}
	}
}
