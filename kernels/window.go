package kernels

import (
	"fmt"

	"ganlib/device"
)

// Window is the geometry of a convolution: how the kernel steps over the image. Dilation is 1.
type Window struct {
	KernelH, KernelW int
	StrideH, StrideW int
	Top, Bottom      int // rows of zeros around the image
	Left, Right      int // columns of zeros
}

// Square returns the window of a k×k kernel with one stride and one padding for all sides.
func Square(kernel, stride, padding int) Window {
	return Window{kernel, kernel, stride, stride, padding, padding, padding, padding}
}

// Same returns the window of a k×k kernel with TensorFlow's 'same' padding for an h×w image: the
// output has ⌈h/stride⌉×⌈w/stride⌉ positions, and the odd zero goes to the bottom and to the right.
func Same(kernel, stride, h, w int) Window {
	before := func(in int) (int, int) {
		out := (in + stride - 1) / stride
		total := max((out-1)*stride+kernel-in, 0)
		return total / 2, total - total/2
	}
	top, bottom := before(h)
	left, right := before(w)
	return Window{kernel, kernel, stride, stride, top, bottom, left, right}
}

// Out returns the size of the output of a convolution over an h×w image:
//
//	out = ⌊(in + padding before + padding after − kernel) / stride⌋ + 1
//
// Sizes below 1 mean that the kernel does not fit.
func (g Window) Out(h, w int) (oh, ow int) {
	span := func(in, before, after, kernel, stride int) int {
		if in+before+after < kernel {
			return 0
		}
		return (in+before+after-kernel)/stride + 1
	}
	return span(h, g.Top, g.Bottom, g.KernelH, g.StrideH), span(w, g.Left, g.Right, g.KernelW, g.StrideW)
}

// Validate reports a kernel or stride below 1 or a negative padding.
func (g Window) Validate() error {
	if g.KernelH < 1 || g.KernelW < 1 || g.StrideH < 1 || g.StrideW < 1 {
		return fmt.Errorf("kernel %d×%d, stride %d×%d: want at least 1", g.KernelH, g.KernelW, g.StrideH, g.StrideW)
	}
	if min(g.Top, g.Bottom, g.Left, g.Right) < 0 {
		return fmt.Errorf("padding %d,%d,%d,%d: want at least 0", g.Top, g.Bottom, g.Left, g.Right)
	}
	return nil
}

// check verifies the shapes that the three passes of a convolution share: image x (N,H,W,C), output
// y (N,OH,OW,O), weight w (O,KH,KW,C).
func (g Window) check(op string, x, y, w *device.Tensor) error {
	if err := g.Validate(); err != nil {
		return fmt.Errorf("kernels: %s: %w", op, err)
	}
	xs, ys, ws := x.Shape(), y.Shape(), w.Shape()
	if xs.Rank() != 4 {
		return shapeError(op, "x", x, "want an image batch (N,H,W,C)")
	}
	if ws.Rank() != 4 || ws[1] != g.KernelH || ws[2] != g.KernelW {
		return shapeError(op, "weight", w, "want (O,%d,%d,%d) for x %v", g.KernelH, g.KernelW, xs[3], xs)
	}
	if ws[3] != xs[3] {
		return shapeError(op, "weight", w, "want %d input channels, as in x %v", xs[3], xs)
	}
	oh, ow := g.Out(xs[1], xs[2])
	if want := (device.Shape{xs[0], oh, ow, ws[0]}); oh < 1 || ow < 1 || ys != want {
		return shapeError(op, "y", y, "want %v for x %v and weight %v", want, xs, ws)
	}
	return nil
}

// flops counts the operations of one pass, taps on the padding included.
func (g Window) flops(y, w *device.Tensor) int64 {
	return 2 * int64(y.Shape().Len()) * int64(w.Shape().RowLen())
}
