package kernels

import "ganlib/device"

// Interpolate draws points on the lines between real and generated samples:
//
//	dst_i = α_i·real_i + (1−α_i)·fake_i
//
// real, fake and dst have the same shape (N,…), and alpha holds one number a sample, in shape (N) or
// (N,1,…). α = 1 gives the finite real sample exactly and α = 0 the fake one. dst may be real or
// fake. (Gulrajani et al. 2017, "Improved training of Wasserstein GANs", algorithm 1.)
func Interpolate(dst, real, fake, alpha *device.Tensor) error {
	return interpolateCopy(dst, nil, real, fake, alpha)
}

// InterpolateCopy is [Copy] of fake to copied, which has the same shape, and [Interpolate]: one launch on a GPU. copied is
// none of the other tensors.
func InterpolateCopy(dst, copied, real, fake, alpha *device.Tensor) error {
	if err := sameShape("interpolate", "fake", fake, "copied", copied); err != nil {
		return err
	}
	if onGPU(dst) {
		return interpolateCopy(dst, copied, real, fake, alpha)
	}
	if err := Copy(copied, fake); err != nil {
		return err
	}
	return interpolateCopy(dst, nil, real, fake, alpha)
}

// interpolateCopy is Interpolate, and on a GPU with a copy, unless that is nil.
func interpolateCopy(dst, copied, real, fake, alpha *device.Tensor) error {
	const op = "interpolate"
	if err := sameShape(op, "real", real, "fake", fake); err != nil {
		return err
	}
	if err := sameShape(op, "real", real, "dst", dst); err != nil {
		return err
	}
	n := real.Shape()[0]
	if alpha.Shape()[0] != n || alpha.Len() != n {
		return shapeError(op, "alpha", alpha, "want one number for each of the %d samples in real %v", n, real.Shape())
	}
	engine, err := prepare(op, 3*int64(real.Len()), dst, copied, real, fake, alpha)
	if err != nil {
		return err
	}
	size := real.Shape().RowLen()
	grain := max(elementGrain/size, 1)
	switch engine {
	case engineReference:
		launch(dst, n, grain, interpolate[float32]{device.Data[float32](dst), device.Data[float32](real), device.Data[float32](fake), device.Data[float32](alpha), size})
	case engineFast:
		launch(dst, n, grain, interpolateFast{device.Data[float32](dst), device.Data[float32](real), device.Data[float32](fake), device.Data[float32](alpha), size, isaOf(dst)})
	case engineReference64:
		launch(dst, n, grain, interpolate[float64]{device.Data[float64](dst), device.Data[float64](real), device.Data[float64](fake), device.Data[float64](alpha), size})
	case engineCUDA:
		return thenRound(interpolateCUDA(dst, copied, real, fake, alpha), dst, copied)
	}
	return nil
}
