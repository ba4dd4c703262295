package main

import (
	"fmt"

	"ganlib/device"
	"ganlib/layers"
)

// averagePool halves an image by averaging squares of 2×2 pixels: a layer of a program's own. It is
// linear, so its tangent is the layer itself, and it has no curvature. It runs on the CPU, where
// device.Data gives the numbers.
type averagePool struct{}

func (*averagePool) String() string { return "averagePool" }

// Output implements layers.Layer.
func (l *averagePool) Output(in device.Shape) (device.Shape, error) {
	if in.Rank() != 3 || in[0]%2 != 0 || in[1]%2 != 0 {
		return device.Shape{}, fmt.Errorf("%v: input %v: want an image of even height and width", l, in)
	}
	return device.Shape{in[0] / 2, in[1] / 2, in[2]}, nil
}

// Forward implements layers.Layer.
func (l *averagePool) Forward(ws *device.Workspace, _ *layers.Saved, x *device.Tensor, _ layers.Mode) (*device.Tensor, error) {
	s := x.Shape()
	y := ws.New(device.Shape{s[0], s[1] / 2, s[2] / 2, s[3]})
	if y.Err() != nil {
		return nil, y.Err()
	}
	to, from := device.Data[float32](y), device.Data[float32](x)
	clear(to)
	eachPixel(s, func(small, large int) { to[small] += from[large] / 4 })
	return y, nil
}

// Backward implements layers.Layer: every pixel of a square gets a quarter of the gradient.
func (l *averagePool) Backward(ws *device.Workspace, s *layers.Saved, dy *device.Tensor, want layers.Want) (*device.Tensor, error) {
	if want.Input.Empty() {
		return nil, nil
	}
	dy = want.Input.Of(ws, dy)
	shape := s.X.Shape()
	shape[0] = dy.Shape()[0]
	dx := ws.New(shape)
	if dx.Err() != nil {
		return nil, dx.Err()
	}
	to, from := device.Data[float32](dx), device.Data[float32](dy)
	eachPixel(shape, func(small, large int) { to[large] = from[small] / 4 })
	return dx, nil
}

// Tangent implements layers.TangentLayer, which the gradient penalty asks for.
func (l *averagePool) Tangent(ws *device.Workspace, s *layers.Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.Forward(ws, s, xdot, s.Mode)
}

// TangentBackward implements layers.TangentLayer.
func (l *averagePool) TangentBackward(ws *device.Workspace, s *layers.Saved, ybar *device.Tensor, want layers.Want) (*device.Tensor, error) {
	if ybar == nil {
		return nil, nil
	}
	return l.Backward(ws, s, ybar, want)
}

// eachPixel visits every number of a batch of shape (N,H,W,C) with its place in the halved batch.
func eachPixel(s device.Shape, visit func(small, large int)) {
	for n := range s[0] {
		for y := range s[1] {
			for x := range s[2] {
				for c := range s[3] {
					small := ((n*(s[1]/2)+y/2)*(s[2]/2)+x/2)*s[3] + c
					visit(small, ((n*s[1]+y)*s[2]+x)*s[3]+c)
				}
			}
		}
	}
}
