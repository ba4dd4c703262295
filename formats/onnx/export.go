package onnx

import (
	"errors"
	"fmt"
	"maps"
	"unicode/utf8"

	"ganlib/device"
	"ganlib/layers"
)

// ErrLayer is wrapped by the error for a layer that [Export] does not know: one of a program's own.
var ErrLayer = errors.New("no ONNX operation for this layer")

// Metadata keys that [Export] fills in.
const (
	KeyNetwork     = "network"      // the network's name
	KeyOutputRange = "output_range" // "[-1,1]", "[0,1]", "[0,inf)" or "(-inf,inf)", by the last activation
	KeyLayout      = "layout"       // the order of images' dimensions, "NCHW", where there are images
)

// BatchDim is the name of the free first dimension of input and output.
const BatchDim = "N"

// Options change what a model is called and says. The zero value is valid.
type Options struct {
	Input, Output   string            // names of input and output; "": "input" and "output"
	Metadata        map[string]string // beside the keys of [Export]; they replace these
	ProducerVersion string            // of the program that exports
	Doc             string            // a text for people
}

// Export describes what net does in evaluation mode.
//
// The input is (N,F) for a network on vectors and (N,C,H,W) for one on images or on (1,1,Z) noise, so
// that noise is (N,Z,1,1) as PyTorch has it. The output has the same form, except that a single number a
// sample is always (N,1). N is free. Values are float32.
//
// The layers are translated one by one, without folding: tools that run models do that. Layers that are
// not of package layers give [ErrLayer]. The model refers to net's parameters, which are read when it is
// written.
func Export(net *layers.Network, o Options) (*Model, error) {
	m, err := export(net, o)
	if err != nil {
		return nil, fmt.Errorf("onnx: export network %s: %w", net.Name(), err)
	}
	return m, nil
}

func export(net *layers.Network, o Options) (*Model, error) {
	if o.Input == "" {
		o.Input = "input"
	}
	if o.Output == "" {
		o.Output = "output"
	}
	t := &translator{graph: Graph{Name: net.Name()}, value: o.Input, shape: net.Input()}
	list := net.Layers()
	for i, l := range list {
		t.layer = i
		out, err := l.Output(t.shape)
		if err == nil {
			err = t.translate(l, out)
		}
		if err != nil {
			return nil, fmt.Errorf("layer %d: %v: %w", i, l, err)
		}
		t.shape = out
	}
	t.finish(o.Output)
	t.graph.Inputs = []Value{{Name: o.Input, Type: Float, Dims: dims(net.Input())}}
	t.graph.Outputs = []Value{{Name: o.Output, Type: Float, Dims: dims(t.shape)}}
	m := &Model{
		IRVersion: IRVersion, Producer: "ganlib", ProducerVersion: o.ProducerVersion, Doc: o.Doc,
		Opsets: map[string]int64{"": Opset}, Graph: t.graph,
		Metadata: map[string]string{KeyNetwork: net.Name(), KeyOutputRange: outputRange(list)},
	}
	if net.Input().Rank() == 3 || t.shape.Rank() == 3 {
		m.Metadata[KeyLayout] = "NCHW"
	}
	maps.Copy(m.Metadata, o.Metadata)
	return m, m.check()
}

// dims returns the dimensions of a batch of samples: planar, with N free.
func dims(s device.Shape) []Dim {
	list := []Dim{{Param: BatchDim}}
	if s.Rank() == 3 {
		return append(list, Dim{Size: int64(s[2])}, Dim{Size: int64(s[0])}, Dim{Size: int64(s[1])})
	}
	return append(list, Dim{Size: int64(s.Len())})
}

// outputRange returns the values that the last activation gives.
func outputRange(list []layers.Layer) string {
	for i := len(list) - 1; i >= 0; i-- {
		switch l := list[i].(type) {
		case *layers.Flatten, *layers.Reshape: // values stay
			continue
		case *layers.Tanh:
			return "[-1,1]"
		case *layers.Sigmoid:
			return "[0,1]"
		case *layers.LeakyReLU:
			if l.Slope == 0 {
				return "[0,inf)"
			}
		}
		break
	}
	return "(-inf,inf)"
}

// check verifies that every name of a value is given once and that texts are UTF-8.
func (m *Model) check() error {
	given := map[string]bool{}
	give := func(name string) error {
		switch {
		case !utf8.ValidString(name) || name == "":
			return fmt.Errorf("name %q: want text in UTF-8", name)
		case given[name]:
			return fmt.Errorf("name %q is used for two values: choose another name for input or output", name)
		}
		given[name] = true
		return nil
	}
	var err error
	for _, v := range m.Graph.Inputs {
		err = errors.Join(err, give(v.Name))
	}
	for _, t := range m.Graph.Initializers {
		err = errors.Join(err, give(t.Name))
	}
	for _, n := range m.Graph.Nodes {
		for _, name := range n.Outputs {
			err = errors.Join(err, give(name))
		}
	}
	for key, value := range m.Metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			err = errors.Join(err, fmt.Errorf("metadata %q: want text in UTF-8", key))
		}
	}
	if !utf8.ValidString(m.Doc) || !utf8.ValidString(m.ProducerVersion) || !utf8.ValidString(m.Graph.Name) {
		err = errors.Join(err, errors.New("doc, version and name of the network: want text in UTF-8"))
	}
	return err
}
