package keras

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrNotWGAN is wrapped by the error for weights that are not of the Keras-style WGAN.
var ErrNotWGAN = errors.New("not the generator or the critic of the Keras-style WGAN")

// Weights are the arrays of a file.
type Weights struct {
	datasets []Dataset
}

// Read finds the arrays of a file of size bytes. r is read again whenever elements are asked for, so it must
// stay open.
func Read(r io.ReaderAt, size int64) (*Weights, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, fmt.Errorf("keras: read: %w", err)
	}
	slices.SortFunc(f.found, func(a, b Dataset) int { return natural(a.Path, b.Path) })
	return &Weights{f.found}, nil
}

// Datasets returns all arrays of the file, by path.
func (w *Weights) Datasets() []Dataset { return slices.Clone(w.datasets) }

// IsHDF5 reports whether the first bytes of a file are those of an HDF5 file.
func IsHDF5(start []byte) bool { return strings.HasPrefix(string(start), signature) }

// Tensor is a weight with PyTorch's name, shape and order.
type Tensor struct {
	Name  string
	Shape []int
	// Values reads the elements as float32.
	Values func() ([]float32, error)
}

// kind is a kind of layer that has weights.
type kind int

const (
	dense kind = iota
	conv
	batchNorm
)

// layer is a layer of a file with its weights by Keras's names.
type layer struct {
	name   string
	kind   kind
	arrays map[string]*Dataset
}

// WGAN returns the weights of the generator or the critic of the Keras-style WGAN under the names of
// ganlib's preset keras-wgan, in PyTorch's order:
//
//	generator   Dense i → model.3i, BatchNormalization i → model.3i+1
//	critic      Conv2D i → model.2i, Dense → model.5 (after two convolutions)
//	kernel      (in,out) → weight (out,in); (h,w,in,out) → (out,in,h,w)
//	gamma, beta, moving_mean, moving_variance → weight, bias, running_mean, running_var
//
// Layers of a kind count in the order of the numbers that Keras gives their names: dense, dense_1, dense_2.
// The order of elements within the Dense after Flatten stays, since the preset flattens as Keras does. Other
// layers, and a file that has both networks, give [ErrNotWGAN].
func (w *Weights) WGAN() ([]Tensor, error) {
	layers, err := w.layers()
	if err != nil {
		return nil, fmt.Errorf("keras: %w", err)
	}
	count := [3]int{}
	for _, l := range layers {
		count[l.kind]++
	}
	isCritic := count[conv] > 0
	if isCritic && (count[dense] != 1 || count[batchNorm] > 0) || !isCritic && count[dense] != count[batchNorm]+1 {
		return nil, fmt.Errorf("keras: %d dense layers, %d convolutions and %d batch norms: %w", count[dense], count[conv], count[batchNorm], ErrNotWGAN)
	}
	var list []Tensor
	next := [3]int{}
	for _, l := range layers {
		i := next[l.kind]
		next[l.kind]++
		at := 3 * i // dense
		switch {
		case l.kind == batchNorm:
			at = 3*i + 1
		case l.kind == conv:
			at = 2 * i
		case isCritic:
			at = 2*count[conv] + 1 // behind the last activation and Flatten
		}
		tensors, err := l.tensors("model." + strconv.Itoa(at))
		if err != nil {
			return nil, fmt.Errorf("keras: layer %s: %w", shorten(l.name), err)
		}
		list = append(list, tensors...)
	}
	return list, nil
}

// Names of weights, with those that Keras 3 gives by number in save_weights.
var (
	affineNames = []string{"kernel", "bias"}
	normNames   = []string{"gamma", "beta", "moving_mean", "moving_variance"}
)

// layers groups the arrays by layer, in the order of their numbers.
func (w *Weights) layers() (list []*layer, err error) {
	byName := map[string]*layer{}
	for i := range w.datasets {
		d := &w.datasets[i]
		parts := strings.Split(d.Path, "/")
		if parts[0] == "optimizer_weights" || parts[0] == "optimizer" { // of model.save
			continue
		}
		if len(parts) > 1 && (parts[0] == "model_weights" || parts[0] == "layers" || parts[0] == "_layer_checkpoint_dependencies") {
			parts = parts[1:]
		}
		if len(parts) < 2 {
			return nil, fmt.Errorf("array %s belongs to no layer: %w", shorten(d.Path), ErrNotWGAN)
		}
		name := parts[0]
		l, ok := byName[name]
		if !ok {
			l = &layer{name: name, arrays: map[string]*Dataset{}}
			byName[name] = l
			list = append(list, l)
		}
		weight, _, _ := strings.Cut(parts[len(parts)-1], ":") // kernel:0
		if l.arrays[weight] != nil {
			return nil, fmt.Errorf("layer %s has two weights %s: %w", shorten(name), shorten(weight), ErrNotWGAN)
		}
		l.arrays[weight] = d
	}
	for _, l := range list {
		if err := l.settle(); err != nil {
			return nil, fmt.Errorf("layer %s: %w", shorten(l.name), err)
		}
	}
	slices.SortStableFunc(list, func(a, b *layer) int { return natural(a.name, b.name) })
	return list, nil
}

// settle tells the kind of a layer and gives numbered weights their names.
func (l *layer) settle() error {
	if l.arrays["0"] != nil {
		names := affineNames
		if len(l.arrays) == len(normNames) && len(l.arrays["0"].Shape) == 1 {
			names = normNames
		}
		for i, name := range names {
			if d := l.arrays[strconv.Itoa(i)]; d != nil {
				delete(l.arrays, strconv.Itoa(i))
				l.arrays[name] = d
			}
		}
	}
	names := affineNames
	switch kernel := l.arrays["kernel"]; {
	case l.arrays["gamma"] != nil:
		l.kind, names = batchNorm, normNames
		for _, name := range normNames {
			if l.arrays[name] == nil {
				return fmt.Errorf("a batch norm without %s: %w", name, ErrNotWGAN)
			}
		}
	case kernel != nil && len(kernel.Shape) == 2:
		l.kind = dense
	case kernel != nil && len(kernel.Shape) == 4:
		l.kind = conv
	default:
		return fmt.Errorf("neither Dense, Conv2D nor BatchNormalization: %w", ErrNotWGAN)
	}
	for name := range l.arrays {
		if !slices.Contains(names, name) {
			return fmt.Errorf("weight %s: want %s: %w", shorten(name), strings.Join(names, ", "), ErrNotWGAN)
		}
	}
	return nil
}

// torchNames are PyTorch's names of weights.
var torchNames = map[string]string{
	"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var",
}

// tensors returns the layer's weights with a prefix to their names.
func (l *layer) tensors(prefix string) (list []Tensor, err error) {
	for _, name := range append(slices.Clone(affineNames), normNames...) {
		d := l.arrays[name]
		if d == nil {
			continue
		}
		if name != "kernel" && len(d.Shape) != 1 {
			return nil, fmt.Errorf("%s has shape %v, want one dimension", name, d.Shape)
		}
		t := Tensor{Name: prefix + "." + torchNames[name], Shape: slices.Clone(d.Shape), Values: d.float32s}
		if name == "kernel" {
			t.Shape, t.Values = kernelShape(d.Shape), func() ([]float32, error) { return d.kernel() }
		}
		list = append(list, t)
	}
	return list, nil
}

func (d *Dataset) float32s() ([]float32, error) {
	wide, err := d.Float64s()
	if err != nil {
		return nil, err
	}
	values := make([]float32, len(wide))
	for i, v := range wide {
		values[i] = float32(v)
	}
	return values, nil
}

// kernelShape returns (out,in) of (in,out), and (out,in,h,w) of (h,w,in,out).
func kernelShape(s []int) []int {
	if len(s) == 2 {
		return []int{s[1], s[0]}
	}
	return []int{s[3], s[2], s[0], s[1]}
}

// kernel returns the elements in the order of kernelShape.
func (d *Dataset) kernel() ([]float32, error) {
	wide, err := d.Float64s()
	if err != nil {
		return nil, err
	}
	s := d.Shape
	in, out := s[len(s)-2], s[len(s)-1]
	area := len(wide) / max(in*out, 1)
	values := make([]float32, len(wide))
	for i, v := range wide { // i = (a·in + c)·out + o
		o, c, a := i%out, i/out%in, i/(out*in)
		values[(o*in+c)*area+a] = float32(v)
	}
	return values, nil
}

var digits = regexp.MustCompile(`\d+|\D+`)

// natural compares names with numbers by value: dense_9 comes before dense_10, dense before both.
func natural(a, b string) int {
	x, y := digits.FindAllString(a, -1), digits.FindAllString(b, -1)
	for i := 0; i < len(x) && i < len(y); i++ {
		m, errX := strconv.ParseUint(x[i], 10, 64)
		n, errY := strconv.ParseUint(y[i], 10, 64)
		c := strings.Compare(x[i], y[i])
		if errX == nil && errY == nil && m != n {
			c = cmp.Compare(m, n)
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}
