package layers

import (
	"ganlib/device"
	"ganlib/kernels"
)

// A head is an affine layer of one output, as the last one of a critic is.
func (l *Linear) head(*device.Tensor) bool { return l.Out == 1 }

func (l *Conv2D) head(x *device.Tensor) bool {
	g, s := l.Window, x.Shape()
	return l.Out == 1 && g.KernelH == s[1] && g.KernelW == s[2] && g.Top == 0 && g.Left == 0 && g.Bottom == 0 && g.Right == 0
}

func (l *ConvTranspose2D) head(*device.Tensor) bool { return false }

// headBackward is backward of a head in one operation. It is not ok if it is none, or if the device has no such operation.
func (a *affine) headBackward(op operator, ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (dx *device.Tensor, ok bool, err error) {
	n := s.X.Shape()[0]
	if want.Params.Empty() || !op.head(s.X) || !kernels.FusesHead(dy, n) {
		return nil, false, nil
	}
	var r kernels.HeadRows
	r.Lo, r.Hi = want.Params.bounds(n)
	if !want.Input.Empty() {
		r.InputLo, r.InputHi = want.Input.bounds(n)
		dx = s.NewGradient(ws, s.X.Shape().Sample().Batch(r.InputHi-r.InputLo))
	}
	return dx, true, kernels.HeadBackward(dx, a.weight.Grad, a.bias.Grad, s.X, dy, a.weight.Value, r)
}
