package conformance_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/losses"
)

// goldenNetwork builds the network that a list of layers describes and loads its parameters and
// buffers, which the case names <prefix>param.<i>.… and <prefix>buffer.<i>.….
func goldenNetwork(r *goldenRun, prefix string, input device.Shape, specs []json.RawMessage) (*layers.Network, error) {
	var list []layers.Layer
	for i, spec := range specs {
		built, err := goldenLayers(spec)
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", i, err)
		}
		for _, l := range built {
			list = append(list, layers.Named{Name: fmt.Sprintf("param.%d", i), Layer: l})
		}
	}
	net, err := layers.NewNetwork(r.dev, "golden", input, list...)
	if err != nil {
		return nil, err
	}
	if err := net.Init("pytorch", 1); err != nil {
		return nil, err
	}
	for _, p := range net.Params() {
		if err := loadGolden(r, p, prefix+p.Name); err != nil {
			return nil, err
		}
	}
	for _, p := range net.Buffers() {
		if p.Role == layers.Count {
			continue // PyTorch's count starts at zero and is no part of the cases
		}
		if err := loadGolden(r, p, prefix+bufferName(p)); err != nil {
			return nil, err
		}
	}
	return net, nil
}

// bufferName is the name of a buffer in the cases.
func bufferName(p *layers.Param) string {
	return "buffer" + strings.TrimPrefix(p.Name, "param")
}

func loadGolden(r *goldenRun, p *layers.Param, name string) error {
	v, err := r.values(name)
	if err != nil {
		return err
	}
	if got, want := fmt.Sprint(v.shape), fmt.Sprint(p.TorchShape()); got != want {
		return fmt.Errorf("%s: shape %s in the case, %s in the network", name, got, want)
	}
	return p.SetTorch(v.values)
}

// goldenLayers returns the layers for one entry of a list.
func goldenLayers(spec json.RawMessage) ([]layers.Layer, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(spec, &kind); err != nil {
		return nil, err
	}
	switch kind.Type {
	case "linear":
		var f struct {
			Type string `json:"type"`
			In   int    `json:"in"`
			Out  int    `json:"out"`
			Bias bool   `json:"bias"`
		}
		err := decodeExact(spec, &f)
		return []layers.Layer{&layers.Linear{In: f.In, Out: f.Out, Bias: f.Bias}}, err
	case "conv2d":
		var f goldenConv
		err := decodeExact(spec, &f)
		return []layers.Layer{&layers.Conv2D{In: f.In, Out: f.Out, Window: f.window(), Bias: f.Bias}}, err
	case "conv_transpose2d":
		var f struct {
			goldenConv
			OutputPadding [2]int `json:"output_padding"`
		}
		err := decodeExact(spec, &f)
		return []layers.Layer{&layers.ConvTranspose2D{In: f.In, Out: f.Out, Window: f.window(), OutputPadding: f.OutputPadding, Bias: f.Bias}}, err
	case "batch_norm":
		var f struct {
			Type     string  `json:"type"`
			Features int     `json:"features"`
			Eps      float64 `json:"eps"`
			Momentum float64 `json:"momentum"`
			Dims     int     `json:"dims"`
		}
		err := decodeExact(spec, &f)
		if err == nil && f.Dims != 2 && f.Dims != 4 {
			err = fmt.Errorf("batch_norm: dims %d: want 2 or 4", f.Dims)
		}
		return []layers.Layer{&layers.BatchNorm{Features: f.Features, Eps: f.Eps, Momentum: f.Momentum}}, err
	case "instance_norm":
		var f struct {
			Type     string  `json:"type"`
			Features int     `json:"features"`
			Eps      float64 `json:"eps"`
			Affine   bool    `json:"affine"`
		}
		err := decodeExact(spec, &f)
		return []layers.Layer{&layers.InstanceNorm{Features: f.Features, Eps: f.Eps, Affine: f.Affine}}, err
	case "layer_norm":
		var f struct {
			goldenShape
			Eps float64 `json:"eps"`
		}
		if err := decodeExact(spec, &f); err != nil {
			return nil, err
		}
		shape, err := f.sample()
		return []layers.Layer{&layers.LayerNorm{Shape: shape, Eps: f.Eps}}, err
	case "reshape":
		var f goldenShape
		if err := decodeExact(spec, &f); err != nil {
			return nil, err
		}
		shape, err := f.sample()
		return []layers.Layer{&layers.Flatten{}, &layers.Reshape{Shape: shape}}, err
	case "leaky_relu":
		var f struct {
			Type  string  `json:"type"`
			Slope float64 `json:"slope"`
		}
		err := decodeExact(spec, &f)
		return []layers.Layer{&layers.LeakyReLU{Slope: f.Slope}}, err
	}
	plain := map[string]layers.Layer{"relu": layers.ReLU(), "tanh": &layers.Tanh{}, "sigmoid": &layers.Sigmoid{}, "flatten": &layers.Flatten{}}
	l, ok := plain[kind.Type]
	if !ok {
		return nil, fmt.Errorf("unknown layer type %q", kind.Type)
	}
	return []layers.Layer{l}, decodeExact(spec, &kind)
}

// goldenConv are the fields of both kinds of convolution.
type goldenConv struct {
	Type    string `json:"type"`
	In      int    `json:"in"`
	Out     int    `json:"out"`
	Kernel  [2]int `json:"kernel"`
	Stride  [2]int `json:"stride"`
	Padding [4]int `json:"padding"` // top, bottom, left, right
	Bias    bool   `json:"bias"`
}

func (f goldenConv) window() kernels.Window {
	return kernels.Window{
		KernelH: f.Kernel[0], KernelW: f.Kernel[1], StrideH: f.Stride[0], StrideW: f.Stride[1],
		Top: f.Padding[0], Bottom: f.Padding[1], Left: f.Padding[2], Right: f.Padding[3],
	}
}

// goldenShape is the shape of a sample in PyTorch's order: [C,H,W] or [F].
type goldenShape struct {
	Type  string `json:"type"`
	Shape []int  `json:"shape"`
}

func (f goldenShape) sample() (device.Shape, error) {
	switch s := f.Shape; len(s) {
	case 1:
		return device.Shape{s[0]}, nil
	case 3:
		return device.Shape{s[1], s[2], s[0]}, nil
	}
	return device.Shape{}, fmt.Errorf("%s: shape %v: want [features] or [C,H,W]", f.Type, f.Shape)
}

// goldenLayer runs all four passes of a network: with s = ⟨v, dx⟩, the second-order outputs are the
// derivatives of s.
func goldenLayer(r *goldenRun) error {
	var f struct {
		goldenHeader
		Layers []json.RawMessage `json:"layers"`
	}
	if err := decodeExact(r.raw, &f); err != nil {
		return err
	}
	x, err := r.input("x")
	if err != nil {
		return err
	}
	dy, err := r.input("dy")
	if err != nil {
		return err
	}
	v, err := r.input("v")
	if err != nil {
		return err
	}
	net, err := goldenNetwork(r, "", x.Shape().Sample(), f.Layers)
	if err != nil {
		return err
	}
	var tr layers.Trace
	y, err := net.Forward(&tr, r.ws, x, layers.Eval) // first: the other mode moves the buffers
	if err != nil {
		return err
	}
	if err := r.compare("y_eval", y); err != nil {
		return err
	}
	y, err = net.Forward(&tr, r.ws, x, layers.Train)
	if err != nil {
		return err
	}
	if err := r.compare("y", y); err != nil {
		return err
	}
	for _, p := range net.Buffers() {
		if p.Role == layers.Count {
			continue
		}
		if err := compareParam(r, p, p.Value, "after."+bufferName(p)); err != nil {
			return err
		}
	}
	if err := net.ZeroGrad(); err != nil {
		return err
	}
	dx, err := tr.Backward(dy, layers.Want{Input: layers.All, Params: layers.All})
	if err != nil {
		return err
	}
	if err := r.compare("dx", dx); err != nil {
		return err
	}
	if err := compareGrads(r, net, "grad"); err != nil {
		return err
	}
	if err := net.ZeroGrad(); err != nil {
		return err
	}
	ydot, err := tr.Tangent(v)
	if err != nil {
		return err
	}
	if err := r.compare("second.ddy", ydot); err != nil {
		return err
	}
	xbar, err := tr.TangentBackward(true)
	if err != nil {
		return err
	}
	if err := r.compare("second.dx", xbar); err != nil {
		return err
	}
	return compareGrads(r, net, "second.grad")
}

// compareGrads compares the gradients of all parameters.
func compareGrads(r *goldenRun, net *layers.Network, prefix string) error {
	for _, p := range net.Params() {
		if err := compareParam(r, p, p.Grad, prefix+strings.TrimPrefix(p.Name, "param")); err != nil {
			return err
		}
	}
	return nil
}

// compareParam compares t, which has p's shape, with the output of that name.
func compareParam(r *goldenRun, p *layers.Param, t *device.Tensor, name string) error {
	values, err := p.TorchOrder(t)
	if err != nil {
		return err
	}
	r.compareValues(name, goldenTensor{p.TorchShape(), values})
	return nil
}

// goldenPenalty computes a gradient penalty and its parameter gradients in five passes.
func goldenPenalty(r *goldenRun) error {
	var f struct {
		goldenHeader
		Layers []json.RawMessage `json:"layers"`
		Lambda float64           `json:"lambda"`
	}
	if err := decodeExact(r.raw, &f); err != nil {
		return err
	}
	var in [3]*device.Tensor
	for i, name := range []string{"real", "fake", "alpha"} {
		t, err := r.input(name)
		if err != nil {
			return err
		}
		in[i] = t
	}
	real, fake, alpha := in[0], in[1], in[2]
	net, err := goldenNetwork(r, "", real.Shape().Sample(), f.Layers)
	if err != nil {
		return err
	}
	x := r.ws.New(real.Shape())
	if err := kernels.Interpolate(x, real, fake, alpha); err != nil {
		return err
	}
	if err := r.compare("interpolated", x); err != nil {
		return err
	}
	var tr layers.Trace
	y, err := net.Forward(&tr, r.ws, x, layers.Train)
	if err != nil {
		return err
	}
	ones := r.ws.New(y.Shape())
	if err := kernels.Fill(ones, 1); err != nil {
		return err
	}
	g, err := tr.Backward(ones, layers.Want{Input: layers.All, Params: layers.None})
	if err != nil {
		return err
	}
	v, norms, penalty := r.ws.New(g.Shape()), r.ws.New(device.Shape{g.Shape()[0]}), r.ws.New(device.Shape{1})
	if err := (losses.GradientPenalty{Lambda: f.Lambda, Target: 1}).Direction(v, norms, penalty, g); err != nil {
		return err
	}
	if err := r.compare("norm", norms); err != nil {
		return err
	}
	if err := r.compare("penalty", penalty); err != nil {
		return err
	}
	if _, err := tr.Tangent(v); err != nil {
		return err
	}
	if err := net.ZeroGrad(); err != nil {
		return err
	}
	if _, err := tr.TangentBackward(false); err != nil {
		return err
	}
	return compareGrads(r, net, "grad")
}
