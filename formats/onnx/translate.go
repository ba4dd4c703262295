package onnx

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// translator turns layers into nodes, one after the other. Images are channels last in the network and
// planar in the graph; vectors are the same in both.
type translator struct {
	graph Graph
	layer int          // index of the layer
	value string       // name of its input
	shape device.Shape // of one sample of it
}

// translate adds the nodes of a layer whose output has the given shape.
func (t *translator) translate(l layers.Layer, out device.Shape) error {
	switch l := l.(type) {
	case *layers.Linear:
		t.node("Gemm", t.params(l, "weight", "bias"), attrInt("transB", 1))
	case *layers.Conv2D:
		t.node("Conv", t.params(l, "weight", "bias"), window(l.Window)...)
	case *layers.ConvTranspose2D:
		attributes := append(window(l.Window), attrInts("output_padding", l.OutputPadding[0], l.OutputPadding[1]))
		t.node("ConvTranspose", t.params(l, "weight", "bias"), attributes...)
	case *layers.BatchNorm:
		t.node("BatchNormalization", t.params(l, "weight", "bias", "running_mean", "running_var"), attrFloat("epsilon", l.Eps))
	case *layers.InstanceNorm:
		t.instanceNorm(l)
	case *layers.LayerNorm:
		t.layerNorm(l)
	case *layers.LeakyReLU:
		if l.Slope == 0 {
			t.node("Relu", nil)
		} else {
			t.node("LeakyRelu", nil, attrFloat("alpha", l.Slope))
		}
	case *layers.Tanh:
		t.node("Tanh", nil)
	case *layers.Sigmoid:
		t.node("Sigmoid", nil)
	case *layers.Flatten:
		t.rearrange(out, l.Order)
	case *layers.Reshape:
		t.rearrange(out, l.Order)
	default:
		return ErrLayer
	}
	return nil
}

// finish gives the last value its name.
func (t *translator) finish(output string) {
	if t.shape.Rank() == 3 && t.shape.Len() == 1 { // a score: (N,1)
		t.node("Flatten", nil, attrInt("axis", 1))
		t.shape = device.Shape{1}
	}
	if len(t.graph.Nodes) == 0 {
		t.node("Identity", nil)
	}
	last := &t.graph.Nodes[len(t.graph.Nodes)-1]
	last.Outputs[0], t.value = output, output
}

// node adds a node that takes the value at hand, and others, and makes the next.
func (t *translator) node(op string, others []string, attributes ...Attribute) {
	// Parameters' names have a dot, so these are none of theirs.
	name := fmt.Sprintf("layer%d_%s", t.layer, op)
	for _, n := range t.graph.Nodes {
		if n.Name == name {
			name = fmt.Sprintf("%s_%d", name, len(t.graph.Nodes))
			break
		}
	}
	t.graph.Nodes = append(t.graph.Nodes, Node{
		Name: name, Op: op, Attributes: attributes,
		Inputs: append([]string{t.value}, others...), Outputs: []string{name},
	})
	t.value = name
}

// params adds the layer's parameters with the given local names, in that order and as far as it has
// them, and returns their full names.
func (t *translator) params(l layers.Parametric, local ...string) (names []string) {
	all := l.Params()
	for _, name := range local {
		i := slices.IndexFunc(all, func(p *layers.Param) bool { return strings.HasSuffix(p.Name, "."+name) })
		if i < 0 {
			continue
		}
		t.param(all[i], all[i].TorchShape())
		names = append(names, all[i].Name)
	}
	return names
}

// param adds a parameter, with dimensions that may have ones more than its own.
func (t *translator) param(p *layers.Param, shape []int) {
	x := Tensor{Name: p.Name, Type: Float, values: func(buf []float32) ([]float32, error) {
		return p.AppendTorchOrder(buf, p.Value)
	}}
	for _, n := range shape {
		x.Dims = append(x.Dims, int64(n))
	}
	t.graph.Initializers = append(t.graph.Initializers, x)
}

// instanceNorm adds γ = 1 and β = 0 to a layer that has none: the operation wants them.
func (t *translator) instanceNorm(l *layers.InstanceNorm) {
	affine := t.params(l, "weight", "bias")
	if !l.Affine {
		affine = []string{t.fill("ones", 1, l.Features), t.fill("zeros", 0, l.Features)}
	}
	t.node("InstanceNormalization", affine, attrFloat("epsilon", l.Eps))
}

// layerNorm normalises over all but N. The operation of that name wants γ and β for each element; with
// one for each channel the sample is taken for one channel of an instance norm, and γ and β follow.
func (t *translator) layerNorm(l *layers.LayerNorm) {
	if !l.PerChannel || t.shape.Rank() == 1 {
		t.node("LayerNormalization", t.params(l, "weight", "bias"), attrInt("axis", 1), attrFloat("epsilon", l.Eps))
		return
	}
	h, w, c := t.shape[0], t.shape[1], t.shape[2]
	t.node("Reshape", []string{t.ints("row", 0, 1, h*w*c)})
	t.node("InstanceNormalization", []string{t.fill("one", 1, 1), t.fill("zero", 0, 1)}, attrFloat("epsilon", l.Eps))
	t.node("Reshape", []string{t.ints("image", 0, c, h, w)})
	for _, p := range l.Params() {
		t.param(p, []int{c, 1, 1})
		op := "Mul"
		if p.Role == layers.Shift {
			op = "Add"
		}
		t.node(op, []string{p.Name})
	}
}

// rearrange turns images into vectors and back, with vectors in the given order.
func (t *translator) rearrange(out device.Shape, order layers.Order) {
	from := t.shape
	if from.Rank() == out.Rank() {
		return
	}
	image := from
	if out.Rank() == 3 {
		image = out
	}
	h, w, c := image[0], image[1], image[2]
	byPixel := order == layers.HWC && c > 1 && h*w > 1 // else the orders are the same
	switch {
	case out.Rank() == 1:
		if byPixel {
			t.node("Transpose", nil, attrInts("perm", 0, 2, 3, 1))
		}
		t.node("Flatten", nil, attrInt("axis", 1))
	case byPixel:
		t.node("Reshape", []string{t.ints("image", 0, h, w, c)})
		t.node("Transpose", nil, attrInts("perm", 0, 3, 1, 2))
	default:
		t.node("Reshape", []string{t.ints("image", 0, c, h, w)})
	}
}

// ints adds a constant list of integers and returns its name. As a shape, 0 stands for the input's own
// dimension.
func (t *translator) ints(name string, values ...int) string {
	x := Tensor{Name: fmt.Sprintf("layer%d_%s", t.layer, name), Type: Int64, Dims: []int64{int64(len(values))}}
	for _, v := range values {
		x.Raw = binary.LittleEndian.AppendUint64(x.Raw, uint64(v))
	}
	t.graph.Initializers = append(t.graph.Initializers, x)
	return x.Name
}

// fill adds a constant vector of n equal numbers and returns its name.
func (t *translator) fill(name string, v float32, n int) string {
	x := Tensor{Name: fmt.Sprintf("layer%d_%s", t.layer, name), Type: Float, Dims: []int64{int64(n)}}
	x.values = func(buf []float32) ([]float32, error) {
		return append(buf, slices.Repeat([]float32{v}, n)...), nil
	}
	t.graph.Initializers = append(t.graph.Initializers, x)
	return x.Name
}

// window returns the attributes of a convolution. pads are those before, then those after, so padding
// that differs from side to side needs nothing more.
func window(g kernels.Window) []Attribute {
	return []Attribute{
		attrInts("kernel_shape", g.KernelH, g.KernelW),
		attrInts("strides", g.StrideH, g.StrideW),
		attrInts("pads", g.Top, g.Left, g.Bottom, g.Right),
	}
}

func attrFloat(name string, v float64) Attribute {
	return Attribute{Name: name, Kind: KindFloat, Float: float32(v)}
}

func attrInt(name string, v int64) Attribute { return Attribute{Name: name, Kind: KindInt, Int: v} }

func attrInts(name string, values ...int) Attribute {
	a := Attribute{Name: name, Kind: KindInts}
	for _, v := range values {
		a.Ints = append(a.Ints, int64(v))
	}
	return a
}
