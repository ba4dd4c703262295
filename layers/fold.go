package layers

import (
	"fmt"
	"math"

	"ganlib/device"
)

// Folded returns a network of its own that computes what n does in evaluation mode, up to rounding, in
// fewer passes over memory: batch norms become part of the linear layers and convolutions right before
// them,
//
//	w' = w·γ/√(σ²+eps)      b' = (b−μ)·γ/√(σ²+eps) + β
//
// computed in float64 and rounded to float32, where μ and σ² are the running averages. It is meant for
// drawing samples from a generator that is not trained any more. Layers without parameters belong to both
// networks. Layers with parameters that are not of this package are an error.
func (n *Network) Folded() (*Network, error) {
	var list []Layer
	var folds []fold
	for i := 0; i < len(n.layers); i++ {
		f := fold{from: n.layers[i]}
		if i+1 < len(n.layers) {
			f.norm, _ = n.layers[i+1].(*BatchNorm)
		}
		if affineOf(f.from) == nil {
			f.norm = nil
		}
		if f.to = copyOf(f.from, f.norm != nil); f.to == nil {
			return nil, fmt.Errorf("layers: network %s: layer %d %q: %v: cannot fold a network with parameters of other packages' layers", n.name, i, n.names[i], f.from)
		}
		list, folds = append(list, Named{n.names[i], f.to}), append(folds, f)
		if f.norm != nil {
			i++
		}
	}
	folded, err := NewNetwork(n.dev, n.name, n.Input(), list...)
	if err != nil {
		return nil, err
	}
	if _, ok := n.dev.(*device.Meta); ok {
		return folded, nil // there are no values
	}
	for _, f := range folds {
		if err := f.copy(); err != nil {
			return nil, fmt.Errorf("layers: network %s: fold %v: %w", n.name, f.from, err)
		}
	}
	return folded, nil
}

// affineOf returns the weights and bias of a layer y = A(x) + b, nil for others.
func affineOf(l Layer) *affine {
	switch l := l.(type) {
	case *Linear:
		return &l.affine
	case *Conv2D:
		return &l.affine
	case *ConvTranspose2D:
		return &l.affine
	}
	return nil
}

// copyOf returns a layer with the settings of l and no values yet, with a bias if that is asked for; l
// itself if it has no parameters, nil for a layer that is not known.
func copyOf(l Layer, bias bool) Layer {
	switch l := l.(type) {
	case *Linear:
		return &Linear{In: l.In, Out: l.Out, Bias: l.Bias || bias}
	case *Conv2D:
		return &Conv2D{In: l.In, Out: l.Out, Window: l.Window, Bias: l.Bias || bias}
	case *ConvTranspose2D:
		return &ConvTranspose2D{In: l.In, Out: l.Out, Window: l.Window, OutputPadding: l.OutputPadding, Bias: l.Bias || bias}
	case *BatchNorm:
		return &BatchNorm{Features: l.Features, Eps: l.Eps, Momentum: l.Momentum, Biased: l.Biased}
	case *InstanceNorm:
		return &InstanceNorm{Features: l.Features, Eps: l.Eps, Affine: l.Affine}
	case *LayerNorm:
		return &LayerNorm{Shape: l.Shape, PerChannel: l.PerChannel, Eps: l.Eps}
	case Parametric:
		return nil
	}
	return l
}

// fold is a layer of the folded network and what it comes from.
type fold struct {
	from, to Layer
	norm     *BatchNorm // behind from, or nil
}

// copy gives the layer its values.
func (f fold) copy() error {
	if f.norm != nil {
		return f.fold()
	}
	from, ok := f.from.(Parametric)
	if !ok {
		return nil
	}
	to := f.to.(Parametric).Params()
	for i, p := range from.Params() {
		values, err := p.Value.Float32s()
		if err != nil {
			return err
		}
		if err := to[i].Value.CopyFrom(values); err != nil {
			return err
		}
	}
	return nil
}

// fold gives the layer the values that stand for those of both.
func (f fold) fold() error {
	from, to := affineOf(f.from), affineOf(f.to)
	var stats [4][]float32
	for i, t := range []*device.Tensor{f.norm.scale.Value, f.norm.shift.Value, f.norm.mean.Value, f.norm.variance.Value} {
		var err error
		if stats[i], err = t.Float32s(); err != nil {
			return err
		}
	}
	weight, err := from.weight.Value.Float32s()
	if err != nil {
		return err
	}
	channels := f.norm.Features
	bias := make([]float32, channels)
	if from.bias.Value != nil {
		if bias, err = from.bias.Value.Float32s(); err != nil {
			return err
		}
	}
	scale := make([]float64, channels)
	for c := range scale {
		scale[c] = float64(stats[0][c]) / math.Sqrt(float64(stats[3][c])+f.norm.Eps)
		bias[c] = float32((float64(bias[c])-float64(stats[2][c]))*scale[c] + float64(stats[1][c]))
	}
	_, transposed := f.from.(*ConvTranspose2D) // output channels come last
	for i, w := range weight {
		c := i / (len(weight) / channels)
		if transposed {
			c = i % channels
		}
		weight[i] = float32(float64(w) * scale[c])
	}
	if err := to.weight.Value.CopyFrom(weight); err != nil {
		return err
	}
	return to.bias.Value.CopyFrom(bias)
}
