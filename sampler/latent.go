package sampler

import (
	"fmt"
	"math"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
)

// Of is [New] for the generator of a run that is described by c: its noise is that of Z_DIST.
func Of(c config.Config, generator, critic *layers.Network) *Sampler {
	s := New(generator, critic)
	s.config, s.uniform = c, c.ZDist == "uniform"
	return s
}

// Noise returns the latent vectors of samples first to first+n−1 of a seed, in the order (N,Z): those
// that [Sampler.Sample] makes its samples from.
func (s *Sampler) Noise(seed uint64, first, n int) ([]float32, error) {
	if err := checkCount(first, n); err != nil {
		return nil, err
	}
	length := s.generator.Input().Len()
	return s.inBatches(n, length, func(ws *device.Workspace, at int, out []float32) error {
		z, err := s.noise(ws, seed, first+at, len(out)/length)
		if err != nil {
			return err
		}
		if err := z.CopyTo(out); err != nil {
			return fmt.Errorf("sampler: noise: %w", err)
		}
		return nil
	})
}

// Generate returns the samples of latent vectors in the order (N,Z), one a vector, in the order
// (N,H,W,C). A length that is no positive multiple of Z is an error.
func (s *Sampler) Generate(z []float32) ([]float32, error) {
	width := s.generator.Input().Len()
	if len(z) == 0 || len(z)%width != 0 {
		return nil, fmt.Errorf("sampler: latent vectors of %d numbers: want a positive multiple of %d", len(z), width)
	}
	return s.inBatches(len(z)/width, s.Shape().Len(), func(ws *device.Workspace, at int, out []float32) error {
		count := len(out) / s.Shape().Len()
		x := ws.New(s.generator.Input().Batch(count))
		if err := x.CopyFrom(z[at*width : (at+count)*width]); err != nil {
			return fmt.Errorf("sampler: latent vectors: %w", err)
		}
		return s.forward(ws, x, out)
	})
}

// Uniform reports whether latent numbers are uniform in [−1,1) instead of normal.
func (s *Sampler) Uniform() bool { return s.uniform }

// Lerp writes (1−t)·a + t·b to dst; all three have one length. Between normal vectors its middle is
// shorter than they are: [Slerp] is for them.
func Lerp(dst, a, b []float32, t float64) {
	for i := range dst {
		dst[i] = float32((1-t)*float64(a[i]) + t*float64(b[i]))
	}
}

// Slerp writes the point at t in [0,1] of the great circle from a to b to dst, all three of one length:
//
//	(sin((1−t)·ω)·a + sin(t·ω)·b) / sin ω,   cos ω = ⟨a,b⟩ / (‖a‖·‖b‖)
//
// so that points between two normal vectors are about as long as they are (White 2016, "Sampling
// Generative Networks", https://arxiv.org/abs/1609.04468, section 2.1). Vectors on one line, which have
// no such circle, are interpolated by [Lerp]; t of 0 and 1 give a and b exactly.
func Slerp(dst, a, b []float32, t float64) {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	omega := math.Acos(max(-1, min(1, ab/math.Sqrt(aa*bb))))
	sin := math.Sin(omega)
	if t == 0 || t == 1 || !(sin > 1e-6) { // also when a norm is zero and ω not a number
		Lerp(dst, a, b, t)
		return
	}
	wa, wb := math.Sin((1-t)*omega)/sin, math.Sin(t*omega)/sin
	for i := range dst {
		dst[i] = float32(wa*float64(a[i]) + wb*float64(b[i]))
	}
}

// Truncate maps latent numbers in place into [−limit,limit], monotonically and so that their
// distribution is that of numbers drawn again until they lie there (Brock et al. 2019, "Large Scale GAN
// Training", https://arxiv.org/abs/1809.11096, section 3.1): typical samples gain, variety loses.
//
//	normal:  z → √2·erf⁻¹(erf(z/√2)·erf(limit/√2))
//	uniform: z → z·limit, for a limit below 1
//
// A limit of 0 or less, or an infinite one, changes nothing.
func Truncate(z []float32, limit float64, uniform bool) {
	if !(limit > 0) || math.IsInf(limit, 1) {
		return
	}
	inside := math.Erf(limit / math.Sqrt2)
	for i, v := range z {
		x := float64(v)
		if uniform {
			x *= min(limit, 1)
		} else {
			x = math.Sqrt2 * math.Erfinv(math.Erf(x/math.Sqrt2)*inside)
		}
		z[i] = float32(max(-limit, min(limit, x))) // rounding, and ±1's inverse, stay inside
	}
}
