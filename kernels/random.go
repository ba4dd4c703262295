package kernels

import (
	"ganlib/device"
	"ganlib/internal/simd"
)

// Uniform fills dst with uniform random numbers: element i is lo + (hi−lo)·u_i, where u_i in [0,1) is
// r's element i. [0,1) and [−1,1) come out exactly; with other bounds rounding can give hi itself.
func Uniform(dst *device.Tensor, lo, hi float64, r device.Random) error {
	return draw("uniform", dst, r, false, lo, hi-lo)
}

// Normal fills dst with normal random numbers: element i is mean + std·n_i, where n_i is r's normal
// element i, of mean 0 and variance 1. Every engine takes the same steps in float64, so that the
// numbers are the same, to the last bit of float32 where compilers do not fuse products and sums.
func Normal(dst *device.Tensor, mean, std float64, r device.Random) error {
	return draw("normal", dst, r, true, mean, std)
}

// draw fills dst with offset + scale times the elements of r.
func draw(op string, dst *device.Tensor, r device.Random, normal bool, offset, scale float64) error {
	engine, err := prepare(op, 2*int64(dst.Len()), dst)
	if err != nil {
		return err
	}
	// A task works on blocks of four elements, as the generator does.
	blocks, grain := (dst.Len()+3)/4, elementGrain/16
	switch engine {
	case engineReference:
		launch(dst, blocks, grain, random[float32]{device.Data[float32](dst), r, normal, float32(offset), float32(scale)})
	case engineFast:
		launch(dst, blocks, grain, randomFast{device.Data[float32](dst), simd.Sequence(r), normal, float32(offset), float32(scale), isaOf(dst)})
	case engineReference64:
		launch(dst, blocks, grain, random[float64]{device.Data[float64](dst), r, normal, offset, scale})
	case engineCUDA:
		return thenRound(randomCUDA(dst, r, normal, offset, scale), dst)
	}
	return nil
}
