package layers

import (
	"fmt"
	"slices"

	"ganlib/device"
)

// Role says what a parameter is for; initialisers and exports go by it.
type Role int

const (
	Weight  Role = iota // of a linear layer or a convolution
	Bias                // of a linear layer or a convolution
	Scale               // γ of a normalisation
	Shift               // β of a normalisation
	Average             // running mean or variance: a buffer, not trained
	Count               // number of batches in a running average: a buffer, one number
)

// Buffer reports whether the optimiser leaves the parameter alone.
func (r Role) Buffer() bool { return r >= Average }

// Kind is the kind of layer a parameter belongs to, as initialisers distinguish them.
type Kind int

const (
	LinearKind Kind = iota
	ConvKind        // convolutions, transposed ones too
	BatchNormKind
	NormKind // other normalisations
)

// Param is a parameter or buffer of a network. Its values lie inside one allocation that all
// parameters of the network share.
type Param struct {
	Name          string       // as in a PyTorch state dict: "disc.2.0.weight"
	Shape         device.Shape // channels last, as kernels take it
	Planar        bool         // PyTorch has the last dimension before the two that precede it
	Role          Role
	Kind          Kind
	FanIn, FanOut int     // numbers that one output sums over, and that one input goes to
	Start         float64 // initial value of a buffer
	Value         *device.Tensor
	Grad          *device.Tensor // nil for buffers
}

// TorchShape returns the shape that PyTorch gives the parameter: (O,I,H,W) for a convolution whose
// Shape is (O,H,W,I), (I,O,H,W) for a transposed one of Shape (I,H,W,O), (C,H,W) for a layer norm of
// Shape (H,W,C), () for a count.
func (p *Param) TorchShape() []int {
	if p.Role == Count {
		return []int{}
	}
	s := p.Shape
	switch {
	case p.Planar && s.Rank() == 4:
		return []int{s[0], s[3], s[1], s[2]}
	case p.Planar:
		return []int{s[2], s[0], s[1]}
	}
	return append([]int(nil), s[:s.Rank()]...)
}

// Torch returns the values in PyTorch's order.
func (p *Param) Torch() ([]float32, error) { return p.AppendTorchOrder(nil, p.Value) }

// SetTorch overwrites the values with numbers in PyTorch's order.
func (p *Param) SetTorch(values []float32) error { return p.setOrder(p.Value, values) }

// TorchOrder returns in PyTorch's order the values of t, which has one number for each of p's: its
// gradient or an optimiser's state.
func (p *Param) TorchOrder(t *device.Tensor) ([]float32, error) { return p.AppendTorchOrder(nil, t) }

// AppendTorchOrder appends to dst what TorchOrder returns.
func (p *Param) AppendTorchOrder(dst []float32, t *device.Tensor) ([]float32, error) {
	values := device.Data[float32](t)
	if values == nil { // they lie elsewhere, or are wider
		var err error
		if values, err = t.Float32s(); err != nil {
			return nil, fmt.Errorf("layers: parameter %s: %w", p.Name, err)
		}
	}
	if !p.Planar {
		return append(dst, values...), nil
	}
	dst = slices.Grow(dst, len(values))[:len(dst)+len(values)]
	out := dst[len(dst)-len(values):]
	p.eachPair(func(internal, torch int) { out[torch] = values[internal] })
	return dst, nil
}

// SetTorchOrder is the inverse of TorchOrder.
func (p *Param) SetTorchOrder(t *device.Tensor, values []float32) error { return p.setOrder(t, values) }

func (p *Param) setOrder(t *device.Tensor, values []float32) error {
	if len(values) != p.Shape.Len() {
		return fmt.Errorf("layers: parameter %s %v: have %d numbers, want %d", p.Name, p.TorchShape(), len(values), p.Shape.Len())
	}
	in := values
	if p.Planar {
		in = make([]float32, len(values))
		p.eachPair(func(internal, torch int) { in[internal] = values[torch] })
	}
	if err := t.CopyFrom(in); err != nil {
		return fmt.Errorf("layers: parameter %s: %w", p.Name, err)
	}
	return nil
}

// eachPair visits every index of a planar parameter in both orders.
func (p *Param) eachPair(visit func(internal, torch int)) {
	channels := p.Shape.Last()
	outer, area := 1, p.Shape.Len()/channels
	if p.Shape.Rank() == 4 {
		outer = p.Shape[0]
		area /= outer
	}
	for o := range outer {
		for a := range area {
			for c := range channels {
				visit((o*area+a)*channels+c, (o*channels+c)*area+a)
			}
		}
	}
}
