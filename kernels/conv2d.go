package kernels

import (
	"ganlib/device"
	"ganlib/internal/conv"
	"ganlib/internal/gemm"
)

// Conv2D computes a two-dimensional convolution (cross-correlation) of the batch x (N,H,W,C) with
// the weights w (O,KH,KW,C):
//
//	y[n,i,j,o] = Σ_{a,b,c} x[n, i·strideH − top + a, j·strideW − left + b, c] · w[o,a,b,c]
//
// where x is zero outside the image; y has shape (N,OH,OW,O) as [Window.Out] gives it. It is also
// the pass towards the input of a transposed convolution.
func Conv2D(y, x, w *device.Tensor, g Window) error { return conv2D(y, x, w, nil, 1, g) }

// Conv2DBias computes y = leaky(Conv2D(x, w) + b), as [Conv2D] and then [AddBiasLeakyReLU] do, while the
// outputs are in the cache. b has shape (O); slope 1 is no activation.
func Conv2DBias(y, x, w, b *device.Tensor, slope float64, g Window) error {
	if b.Len() != y.Shape().Last() {
		return shapeError("conv2d", "b", b, "want (%d) for y %v", y.Shape().Last(), y.Shape())
	}
	return conv2D(y, x, w, b, slope, g)
}

// conv2D is Conv2DBias; b may be nil for nothing but the convolution.
func conv2D(y, x, w, b *device.Tensor, slope float64, g Window) error {
	const op = "conv2d"
	if err := g.check(op, x, y, w); err != nil {
		return err
	}
	engine, err := prepare(op, g.flops(y, w), y, x, w, b)
	if err != nil {
		return err
	}
	switch engine {
	case engineMeta:
		planConv(conv.Engine.ForwardMemory, gemm.ForOutput, x, y, w, g)
	case engineFast:
		e, s := fastConv(x, y, g)
		e.Forward(s, device.Data[float32](y), device.Data[float32](x), gemm.WeightsOf(w), epilogueOf(b, slope))
		countEpilogue(y, b)
		return nil
	case engineCUDA:
		if err := conv2DCUDA(y, x, w, b, slope, g); err != nil {
			return err
		}
		countEpilogue(y, b)
		return nil
	case engineReference:
		convForward(newConv[float32](x, y, w, g))
	case engineReference64:
		convForward(newConv[float64](x, y, w, g))
	}
	if b == nil {
		return nil
	}
	return AddBiasLeakyReLU(y, b, slope)
}

// Conv2DInput computes the adjoint of Conv2D in x: given dy it overwrites dx with
//
//	dx[n,h,v,c] = Σ w[o,a,b,c] · dy[n,i,j,o]   over i·strideH − top + a = h, j·strideW − left + b = v
//
// It is also the forward pass of a transposed convolution, where dy is the small image and dx the
// large one.
func Conv2DInput(dx, dy, w *device.Tensor, g Window) error { return conv2DInput(dx, dy, w, nil, 1, g) }

// Conv2DInputBias computes dx = leaky(Conv2DInput(dy, w) + b), as [Conv2DInput] and then
// [AddBiasLeakyReLU] do, while the numbers are in the cache. b has shape (C); slope 1 is no activation.
func Conv2DInputBias(dx, dy, w, b *device.Tensor, slope float64, g Window) error {
	if b.Len() != dx.Shape().Last() {
		return shapeError("conv2d input", "b", b, "want (%d) for x %v", dx.Shape().Last(), dx.Shape())
	}
	return conv2DInput(dx, dy, w, b, slope, g)
}

// conv2DInput is Conv2DInputBias; b may be nil for nothing but the adjoint.
func conv2DInput(dx, dy, w, b *device.Tensor, slope float64, g Window) error {
	const op = "conv2d input"
	if err := g.check(op, dx, dy, w); err != nil {
		return err
	}
	engine, err := prepare(op, g.flops(dy, w), dx, dy, w, b)
	if err != nil {
		return err
	}
	switch engine {
	case engineMeta:
		planConv(conv.Engine.InputMemory, gemm.ForInput, dx, dy, w, g)
	case engineFast:
		e, s := fastConv(dx, dy, g)
		e.Input(s, device.Data[float32](dx), device.Data[float32](dy), gemm.WeightsOf(w), epilogueOf(b, slope))
		countEpilogue(dx, b)
		return nil
	case engineCUDA:
		if err := conv2DInputCUDA(dx, dy, w, b, slope, g); err != nil {
			return err
		}
		countEpilogue(dx, b)
		return nil
	case engineReference:
		convInput(newConv[float32](dx, dy, w, g))
	case engineReference64:
		convInput(newConv[float64](dx, dy, w, g))
	}
	if b == nil {
		return nil
	}
	return AddBiasLeakyReLU(dx, b, slope)
}

// Conv2DWeight adds to dw the gradient of ⟨dy, Conv2D(x, w)⟩ in w:
//
//	dw[o,a,b,c] += Σ_{n,i,j} dy[n,i,j,o] · x[n, i·strideH − top + a, j·strideW − left + b, c]
//
// For a transposed convolution x and dy change roles.
func Conv2DWeight(dw, x, dy *device.Tensor, g Window) error {
	const op = "conv2d weight"
	if err := g.check(op, x, dy, dw); err != nil {
		return err
	}
	engine, err := prepare(op, g.flops(dy, dw), dw, x, dy)
	if err != nil {
		return err
	}
	switch engine {
	case engineMeta:
		planConv(conv.Engine.WeightMemory, 0, x, dy, dw, g)
	case engineFast:
		e, s := fastConv(x, dy, g)
		e.Weight(s, device.Data[float32](dw), device.Data[float32](x), device.Data[float32](dy))
	case engineCUDA:
		return thenRound(conv2DWeightCUDA(dw, x, dy, g), dw)
	case engineReference:
		convWeight(newConv[float32](x, dy, dw, g))
	case engineReference64:
		convWeight(newConv[float64](x, dy, dw, g))
	}
	return nil
}
