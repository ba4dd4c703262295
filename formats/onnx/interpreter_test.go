package onnx_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"ganlib/formats/onnx"
)

// interpreter runs a model's graph in float64, one plain loop an operation, after the definitions in
// https://onnx.ai/onnx/operators. It is the oracle of machines without onnxruntime.
type interpreter struct{ values map[string]array }

// array is a tensor, row-major.
type array struct {
	dims []int
	data []float64
}

func newArray(dims ...int) array { return array{dims, make([]float64, size(dims))} }

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// interpret runs m on one input and returns its output.
func interpret(m *onnx.Model, input array) (array, error) {
	in := interpreter{map[string]array{}}
	g := m.Graph
	for i := range g.Initializers {
		t := &g.Initializers[i]
		a := array{dims: []int{}}
		for _, d := range t.Dims {
			a.dims = append(a.dims, int(d))
		}
		var err error
		if a.data, err = t.Float64s(); err != nil {
			return array{}, err
		}
		in.values[t.Name] = a
	}
	in.values[g.Inputs[0].Name] = input
	for _, n := range g.Nodes {
		var args []array
		for _, name := range n.Inputs {
			a, ok := in.values[name]
			if !ok {
				return array{}, fmt.Errorf("node %s: %q is not there yet", n.Name, name)
			}
			args = append(args, a)
		}
		y, err := apply(n, args)
		if err != nil {
			return array{}, fmt.Errorf("node %s: %w", n.Name, err)
		}
		in.values[n.Outputs[0]] = y
	}
	return in.values[g.Outputs[0].Name], nil
}

// attribute returns a node's setting.
func attribute(n onnx.Node, name string) onnx.Attribute {
	i := slices.IndexFunc(n.Attributes, func(a onnx.Attribute) bool { return a.Name == name })
	if i < 0 {
		panic("no attribute " + name)
	}
	return n.Attributes[i]
}

func intsOf(n onnx.Node, name string) (list []int) {
	for _, v := range attribute(n, name).Ints {
		list = append(list, int(v))
	}
	return list
}

func apply(n onnx.Node, args []array) (array, error) {
	x := args[0]
	each := func(f func(float64) float64) array {
		y := newArray(x.dims...)
		for i, v := range x.data {
			y.data[i] = f(v)
		}
		return y
	}
	switch n.Op {
	case "Identity":
		return x, nil
	case "Relu":
		return each(func(v float64) float64 { return max(v, 0) }), nil
	case "LeakyRelu":
		alpha := float64(attribute(n, "alpha").Float)
		return each(func(v float64) float64 {
			if v < 0 {
				return alpha * v
			}
			return v
		}), nil
	case "Tanh":
		return each(math.Tanh), nil
	case "Sigmoid":
		return each(func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }), nil
	case "Flatten": // axis 1
		return array{[]int{x.dims[0], size(x.dims[1:])}, x.data}, nil
	case "Reshape":
		dims := []int{}
		for i, v := range args[1].data {
			if v == 0 {
				v = float64(x.dims[i])
			}
			dims = append(dims, int(v))
		}
		if size(dims) != size(x.dims) {
			return array{}, fmt.Errorf("reshape %v to %v", x.dims, dims)
		}
		return array{dims, x.data}, nil
	case "Transpose":
		return transpose(x, intsOf(n, "perm")), nil
	case "Mul", "Add": // with a second operand (C,1,1)
		y := newArray(x.dims...)
		area := size(x.dims[2:])
		for i, v := range x.data {
			w := args[1].data[i/area%x.dims[1]]
			if n.Op == "Mul" {
				y.data[i] = v * w
			} else {
				y.data[i] = v + w
			}
		}
		return y, nil
	case "Gemm":
		return gemm(x, args[1:]), nil
	case "Conv":
		return conv(n, args), nil
	case "ConvTranspose":
		return convTranspose(n, args), nil
	case "BatchNormalization", "InstanceNormalization", "LayerNormalization":
		return normalise(n, args), nil
	}
	return array{}, fmt.Errorf("operation %s is unknown", n.Op)
}

func transpose(x array, perm []int) array {
	dims := make([]int, len(perm))
	for i, p := range perm {
		dims[i] = x.dims[p]
	}
	y := newArray(dims...)
	at := make([]int, len(perm)) // in y
	for i := range y.data {
		rest := i
		for k := len(dims) - 1; k >= 0; k-- {
			at[k], rest = rest%dims[k], rest/dims[k]
		}
		from := 0
		for k := range x.dims {
			from = from*x.dims[k] + at[slices.Index(perm, k)]
		}
		y.data[i] = x.data[from]
	}
	return y
}

// gemm is x·Wᵀ + b.
func gemm(x array, args []array) array {
	rows, in, out := x.dims[0], x.dims[1], args[0].dims[0]
	y := newArray(rows, out)
	for r := range rows {
		for o := range out {
			if len(args) > 1 {
				y.data[r*out+o] = args[1].data[o]
			}
			for i := range in {
				y.data[r*out+o] += x.data[r*in+i] * args[0].data[o*in+i]
			}
		}
	}
	return y
}

func conv(n onnx.Node, args []array) array {
	x, w := args[0], args[1]
	stride, pads := intsOf(n, "strides"), intsOf(n, "pads")
	out, in, kh, kw := w.dims[0], w.dims[1], w.dims[2], w.dims[3]
	h, wd := x.dims[2], x.dims[3]
	oh, ow := (h+pads[0]+pads[2]-kh)/stride[0]+1, (wd+pads[1]+pads[3]-kw)/stride[1]+1
	y := newArray(x.dims[0], out, oh, ow)
	for i := range y.data {
		b, o, r, c := i/(out*oh*ow), i/(oh*ow)%out, i/ow%oh, i%ow
		if len(args) > 2 {
			y.data[i] = args[2].data[o]
		}
		for k := range in * kh * kw {
			ch, dy, dx := k/(kh*kw), k/kw%kh, k%kw
			yy, xx := r*stride[0]+dy-pads[0], c*stride[1]+dx-pads[1]
			if yy >= 0 && yy < h && xx >= 0 && xx < wd {
				y.data[i] += x.data[((b*in+ch)*h+yy)*wd+xx] * w.data[o*in*kh*kw+k]
			}
		}
	}
	return y
}

// convTranspose scatters every input number through its kernel.
func convTranspose(n onnx.Node, args []array) array {
	x, w := args[0], args[1]
	stride, pads, extra := intsOf(n, "strides"), intsOf(n, "pads"), intsOf(n, "output_padding")
	in, out, kh, kw := w.dims[0], w.dims[1], w.dims[2], w.dims[3]
	h, wd := x.dims[2], x.dims[3]
	oh := (h-1)*stride[0] + extra[0] + kh - pads[0] - pads[2]
	ow := (wd-1)*stride[1] + extra[1] + kw - pads[1] - pads[3]
	y := newArray(x.dims[0], out, oh, ow)
	if len(args) > 2 {
		for i := range y.data {
			y.data[i] = args[2].data[i/(oh*ow)%out]
		}
	}
	for i, v := range x.data {
		b, ch, r, c := i/(in*h*wd), i/(h*wd)%in, i/wd%h, i%wd
		for k := range out * kh * kw {
			o, dy, dx := k/(kh*kw), k/kw%kh, k%kw
			yy, xx := r*stride[0]+dy-pads[0], c*stride[1]+dx-pads[1]
			if yy >= 0 && yy < oh && xx >= 0 && xx < ow {
				y.data[((b*out+o)*oh+yy)*ow+xx] += v * w.data[ch*out*kh*kw+k]
			}
		}
	}
	return y
}

// normalise takes statistics over what the operation says, or has them as arguments.
func normalise(n onnx.Node, args []array) array {
	x, eps := args[0], float64(attribute(n, "epsilon").Float)
	y := newArray(x.dims...)
	channels, area := x.dims[1], size(x.dims[2:])
	set := area // numbers that share statistics
	if n.Op == "LayerNormalization" {
		set = channels * area
	}
	for i, v := range x.data {
		c := i / area % channels
		weight := c
		var mean, variance float64
		if n.Op == "BatchNormalization" {
			mean, variance = args[3].data[c], args[4].data[c]
		} else {
			if n.Op == "LayerNormalization" {
				weight = i % set
			}
			part := x.data[i/set*set : (i/set+1)*set]
			for _, p := range part {
				mean += p / float64(set)
			}
			for _, p := range part {
				variance += (p - mean) * (p - mean) / float64(set)
			}
		}
		y.data[i] = (v-mean)/math.Sqrt(variance+eps)*args[1].data[weight] + args[2].data[weight]
	}
	return y
}

// bytesOf returns the numbers as little-endian float32.
func bytesOf(values []float32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
