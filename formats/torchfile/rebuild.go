package torchfile

import (
	"errors"
	"fmt"
	"slices"
)

// view is a storage, or in files before PyTorch 0.4 a part of one, as tensors refer to it.
type view struct {
	storage *storage
	from    int64 // bytes
	size    int64
}

// Limits of a tensor.
const (
	maxRank = 16
	// maxRepeated is the most elements of a tensor that has more of them than its storage, by strides of
	// zero: such a tensor takes more memory than its part of the file.
	maxRepeated = 1 << 16
)

// rebuildTensor is torch._utils._rebuild_tensor(storage, storage_offset, size, stride).
func rebuildTensor(_ *machine, args Tuple) (any, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("a tensor of %d arguments, want 4", len(args))
	}
	return rebuild(args, "")
}

// rebuildTensor2 is _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad,
// backward_hooks, metadata=None).
func rebuildTensor2(_ *machine, args Tuple) (any, error) {
	if len(args) != 6 && len(args) != 7 {
		return nil, fmt.Errorf("a tensor of %d arguments, want 6 or 7", len(args))
	}
	if err := plain(args[6:]); err != nil {
		return nil, err
	}
	return rebuild(args, "")
}

// rebuildTensor3 is _rebuild_tensor_v3(storage, storage_offset, size, stride, requires_grad,
// backward_hooks, dtype, metadata=None), whose storage has no type.
func rebuildTensor3(_ *machine, args Tuple) (any, error) {
	if len(args) != 7 && len(args) != 8 {
		return nil, fmt.Errorf("a tensor of %d arguments, want 7 or 8", len(args))
	}
	d, ok := args[6].(DType)
	if !ok {
		return nil, fmt.Errorf("a tensor's type is %s", kindOf(args[6]))
	}
	if err := plain(args[7:]); err != nil {
		return nil, err
	}
	return rebuild(args, d)
}

// plain refuses metadata that change what the elements mean: a conjugate or negative view.
func plain(metadata Tuple) error {
	if len(metadata) == 0 || metadata[0] == nil {
		return nil
	}
	d, ok := metadata[0].(*Dict)
	if !ok {
		return fmt.Errorf("a tensor's metadata are %s", kindOf(metadata[0]))
	}
	for _, key := range d.keys {
		if on, ok := d.values[key].(bool); !ok || on {
			return fmt.Errorf("a tensor with metadata %s: only plain tensors are read", shorten(keyText(key)))
		}
	}
	return nil
}

// rebuildParameter is _rebuild_parameter(data, requires_grad, backward_hooks) and
// _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state).
func rebuildParameter(_ *machine, args Tuple) (any, error) {
	if len(args) != 3 && len(args) != 4 {
		return nil, fmt.Errorf("a parameter of %d arguments, want 3 or 4", len(args))
	}
	if _, ok := args[0].(*Tensor); !ok {
		return nil, fmt.Errorf("a parameter of %s, want a tensor", kindOf(args[0]))
	}
	return args[0], nil
}

// rebuildFromType is torch._tensor._rebuild_from_type_v2(func, type, args, state): a tensor with Python
// attributes, which are left out.
func rebuildFromType(m *machine, args Tuple) (any, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("a tensor with attributes of %d arguments, want 4", len(args))
	}
	f, ok := args[0].(function)
	_, known := args[1].(class)
	inner, isTuple := args[2].(Tuple)
	if !ok || !known || !isTuple {
		return nil, fmt.Errorf("a tensor with attributes from %s, %s, %s", kindOf(args[0]), kindOf(args[1]), kindOf(args[2]))
	}
	if len(inner) == 0 {
		return nil, errors.New("a tensor with attributes, of no arguments")
	}
	if _, ok := inner[0].(*view); !ok { // so that it does not call itself
		return nil, fmt.Errorf("a tensor with attributes on %s, want a storage", kindOf(inner[0]))
	}
	return f(m, inner)
}

// rebuild makes a tensor of its storage, offset, shape and strides, and checks that it lies in the storage.
func rebuild(args Tuple, d DType) (*Tensor, error) {
	v, ok := args[0].(*view)
	if !ok {
		return nil, fmt.Errorf("a tensor of %s, want a storage", kindOf(args[0]))
	}
	offset, ok := args[1].(int64)
	if !ok || offset < 0 {
		return nil, fmt.Errorf("a tensor's offset is %s, want a whole number of at least 0", shown(args[1]))
	}
	shape, err := ints(args[2], "a tensor's shape")
	if err != nil {
		return nil, err
	}
	stride, err := ints(args[3], "a tensor's strides")
	if err != nil {
		return nil, err
	}
	if d == "" {
		d = v.storage.dtype
	} else if v.storage.dtype != "" && v.storage.dtype != d {
		return nil, fmt.Errorf("a tensor of %s in a storage of %s", d, v.storage.dtype)
	}
	t := &Tensor{dtype: d, shape: shape, stride: stride, storage: v.storage}
	return t, t.place(v, offset)
}

// place puts the tensor at an offset of a view.
func (t *Tensor) place(v *view, offset int64) (err error) {
	width := int64(t.dtype.Size())
	switch {
	case width == 0:
		return errors.New("a tensor of an untyped storage without a type")
	case len(t.shape) != len(t.stride) || len(t.shape) > maxRank:
		return fmt.Errorf("a tensor of %d dimensions with %d strides: want the same number, at most %d", len(t.shape), len(t.stride), maxRank)
	case slices.ContainsFunc(t.stride, func(s int) bool { return s < 0 }):
		return fmt.Errorf("a tensor with strides %v: want none below 0", t.stride)
	}
	if t.elements, err = elementsOf(t.shape); err != nil {
		return err
	}
	span := 0
	if t.elements > 0 {
		if span, err = extent(t.shape, t.stride); err != nil {
			return err
		}
	}
	room := v.size / width
	if offset > room || int64(span) > room-offset {
		return fmt.Errorf("a tensor of shape %v, strides %v, offset %d: storage %s has only %d elements", t.shape, t.stride, offset, shorten(v.storage.key), room)
	}
	if int64(t.elements) > max(room, maxRepeated) {
		return fmt.Errorf("a tensor of shape %v repeats the %d elements of storage %s: want at most %d", t.shape, room, shorten(v.storage.key), maxRepeated)
	}
	if v.from%width != 0 {
		return fmt.Errorf("a view of storage %s begins within an element", shorten(v.storage.key))
	}
	first, bytes := v.from/width+offset, int64(t.elements)*width
	if int64(int(first)) != first || int64(int(bytes)) != bytes {
		return fmt.Errorf("a tensor of shape %v, offset %d: too large for this machine", t.shape, first)
	}
	t.offset = int(first)
	return nil
}

// check walks through a value that was read, as its users will: it refuses containers nested too deep or
// in themselves, classes and storages that are no tensor's, and more than limit values, which a small file could
// otherwise make by naming one container in many places.
func check(root any, limit int) error {
	left := limit
	var visit func(v any, depth int) error
	visit = func(v any, depth int) error {
		if left--; left < 0 {
			return errors.New("has containers in too many places at once")
		}
		if depth > maxDepth {
			return fmt.Errorf("has containers nested deeper than %d, or in themselves", maxDepth)
		}
		var items []any
		switch v := v.(type) {
		case *Dict:
			for _, key := range v.keys {
				if err := visit(v.values[key], depth+1); err != nil {
					return err
				}
			}
		case *List:
			items = v.Items
		case Tuple:
			items = v
		case *view, function, class, storageClass:
			return fmt.Errorf("has %s for a value", kindOf(v))
		}
		for _, item := range items {
			if err := visit(item, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return visit(root, 0)
}
