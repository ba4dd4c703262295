package layers

import (
	"errors"
	"fmt"
	"strconv"

	"ganlib/device"
	"ganlib/kernels"
)

// Named gives a layer's parameters the prefix Name in a network, in place of the layer's index. Names
// of names are joined by dots.
type Named struct {
	Name string
	Layer
}

// Network is a list of layers applied in order. Its parameters lie in one allocation, their
// gradients in another, its buffers in a third, so that an optimiser, a clip or a copy is one launch.
type Network struct {
	name    string
	dev     device.Device
	layers  []Layer
	units   []unit // what the passes run
	names   []string
	shapes  []device.Shape // input of each layer, then the output; without N
	params  []*Param
	buffers []*Param
	values  *device.Tensor
	grads   *device.Tensor
	state   *device.Tensor
	lowest  int // first unit with trained parameters, or the number of units
}

// alignment of each parameter inside the flat allocation, in elements.
const alignment = 16

// NewNetwork builds a network for inputs of the given shape (of one sample), checks that the layers
// fit each other, and allocates the parameters on dev, zeroed: see [Network.Init]. The error names
// the layer, what is wrong, and the shapes; the layers can then be used again.
func NewNetwork(dev device.Device, name string, input device.Shape, list ...Layer) (*Network, error) {
	n := &Network{name: name, dev: dev, shapes: []device.Shape{input}}
	if !input.Valid() || input.Rank() == 2 || input.Rank() > 3 {
		return nil, fmt.Errorf("layers: network %s: input %v: want (features) or (height,width,channels)", name, input)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("layers: network %s: no layers", name)
	}
	for i, l := range list {
		prefix, l := unwrap(i, l)
		if l == nil {
			return nil, fmt.Errorf("layers: network %s: layer %d %q: nil", name, i, prefix)
		}
		out, err := l.Output(n.shapes[i])
		if err == nil && (!out.Valid() || out.Rank() > 3) {
			err = fmt.Errorf("%v: output %v of input %v: want one to three positive dimensions", l, out, n.shapes[i])
		}
		if err != nil {
			return nil, fmt.Errorf("layers: network %s: layer %d %q: %w", name, i, prefix, err)
		}
		n.layers, n.names, n.shapes = append(n.layers, l), append(n.names, prefix), append(n.shapes, out)
	}
	n.units = units(n.layers)
	full, err := n.collect()
	if err != nil {
		return nil, err
	}
	if err := n.allocate(); err != nil {
		return nil, err
	}
	for p, name := range full {
		p.Name = name
	}
	return n, nil
}

// unwrap returns layer i without its names, and the names joined by dots or, if it has none, its
// index.
func unwrap(i int, l Layer) (prefix string, inner Layer) {
	named, ok := l.(Named)
	if !ok {
		return strconv.Itoa(i), l
	}
	prefix = named.Name
	for l = named.Layer; ; l = named.Layer {
		if named, ok = l.(Named); !ok {
			return prefix, l
		}
		prefix += "." + named.Name
	}
}

// collect lists the layers' parameters and buffers, and returns the full name of each.
func (n *Network) collect() (map[*Param]string, error) {
	full, taken := map[*Param]string{}, map[string]bool{}
	lowest := len(n.layers)
	for i, l := range n.layers {
		parametric, ok := l.(Parametric)
		if !ok {
			continue
		}
		for _, p := range parametric.Params() {
			name := n.names[i] + "." + p.Name
			var err error
			switch {
			case p.Value != nil || full[p] != "":
				err = errors.New("belongs to a network, or to another place in this one, already")
			case !p.Shape.Valid():
				err = fmt.Errorf("parameter %q: shape %v: want one to four positive dimensions", name, p.Shape)
			case taken[name]:
				err = fmt.Errorf("parameter %q exists already", name)
			case (p.Role == Weight || p.Role == Bias) && (p.FanIn < 1 || p.FanOut < 1):
				err = fmt.Errorf("parameter %q: fan in %d, fan out %d: want at least 1, for initialisers", name, p.FanIn, p.FanOut)
			}
			if err != nil {
				return nil, fmt.Errorf("layers: network %s: layer %d %q: %v: %w", n.name, i, n.names[i], l, err)
			}
			full[p], taken[name] = name, true
			if p.Role.Buffer() {
				n.buffers = append(n.buffers, p)
			} else {
				n.params = append(n.params, p)
				lowest = min(lowest, i)
			}
		}
	}
	for n.lowest < len(n.units) && n.units[n.lowest].last < lowest {
		n.lowest++
	}
	return full, nil
}

// allocate lays parameters and buffers into their flat tensors.
func (n *Network) allocate() (err error) {
	if n.values, err = n.flat(n.params, n.findOperands()); err != nil {
		return err
	}
	if n.grads, err = n.flat(n.params, false); err != nil {
		return err
	}
	if n.state, err = n.flat(n.buffers, false); err != nil {
		return err
	}
	at := 0
	for _, p := range n.params {
		p.Value, p.Grad = n.values.Slice(at, p.Shape), n.grads.Slice(at, p.Shape)
		at += aligned(p)
	}
	at = 0
	for _, p := range n.buffers {
		p.Value = n.state.Slice(at, p.Shape)
		at += aligned(p)
	}
	return nil
}

// flat returns a tensor with room for all of params, an operand if convolutions read it rounded; nil for none.
func (n *Network) flat(params []*Param, operand bool) (*device.Tensor, error) {
	length := 0
	for _, p := range params {
		length += aligned(p)
	}
	if length == 0 {
		return nil, nil
	}
	create := device.Device.New
	if operand {
		create = device.NewOperand
	}
	t, err := create(n.dev, device.Shape{length})
	if err != nil {
		return nil, fmt.Errorf("layers: network %s: %d parameters: %w", n.name, length, err)
	}
	return t, nil
}

// aligned is the room that p takes in a flat tensor.
func aligned(p *Param) int { return (p.Shape.Len() + alignment - 1) / alignment * alignment }

// Name returns the network's name.
func (n *Network) Name() string { return n.name }

// Device returns the device that the network lies on.
func (n *Network) Device() device.Device { return n.dev }

// Layers returns the layers in order.
func (n *Network) Layers() []Layer { return n.layers }

// Input and Output return the shape of one sample that goes in and of what comes out.
func (n *Network) Input() device.Shape  { return n.shapes[0] }
func (n *Network) Output() device.Shape { return n.shapes[len(n.layers)] }

// Params returns the trained parameters in order; Buffers the running averages and counts.
func (n *Network) Params() []*Param  { return n.params }
func (n *Network) Buffers() []*Param { return n.buffers }

// Values returns all trained parameters as one flat tensor, Grads their gradients in the same
// order; both are nil for a network without parameters. Each parameter starts at a multiple of 16
// elements; the gaps are zero.
func (n *Network) Values() *device.Tensor { return n.values }
func (n *Network) Grads() *device.Tensor  { return n.grads }

// Offset returns where a trained parameter begins in Values.
func (n *Network) Offset(p *Param) int {
	at := 0
	for _, q := range n.params {
		if q == p {
			return at
		}
		at += aligned(q)
	}
	return -1
}

// NumParams returns the number of trained numbers.
func (n *Network) NumParams() int {
	sum := 0
	for _, p := range n.params {
		sum += p.Shape.Len()
	}
	return sum
}

// Hold promises that the parameters will not be written until Release, as [device.Tensor.Hold] does:
// several passes with the same weights are faster then. Init and the parameters' SetTorch end a Hold, or
// see to it that nothing outdated is used.
func (n *Network) Hold() {
	for _, p := range n.params {
		p.Value.Hold()
	}
}

// Release ends a Hold.
func (n *Network) Release() {
	for _, p := range n.params {
		p.Value.Release()
	}
}

// ZeroGrad sets all parameter gradients to zero.
func (n *Network) ZeroGrad() error {
	if n.grads == nil {
		return nil
	}
	return kernels.Fill(n.grads, 0)
}

// MixesSamples reports whether a sample's output depends on its batch in training mode.
func (n *Network) MixesSamples() bool {
	for _, l := range n.layers {
		if m, ok := l.(SampleMixer); ok && m.MixesSamples() {
			return true
		}
	}
	return false
}

// CheckTangent reports, by name, the first layer that lacks the passes of second order.
func (n *Network) CheckTangent() error {
	for i, l := range n.layers {
		if _, ok := l.(TangentLayer); !ok {
			return fmt.Errorf("layers: network %s: layer %d %q: %v has no Tangent and TangentBackward, which a gradient penalty needs", n.name, i, n.names[i], l)
		}
	}
	return nil
}

// wrap names a unit's layer in an error; of two it is the first, which is the one that can fail.
func (n *Network) wrap(unit int, pass string, err error) error {
	i := n.units[unit].first
	return fmt.Errorf("layers: network %s: layer %d %q: %v: %s: %w", n.name, i, n.names[i], n.layers[i], pass, err)
}
