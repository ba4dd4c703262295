package torchfile

import (
	"fmt"
	"slices"
	"strconv"
)

// The values of a file are nil, bool, int64, *[big.Int] (beyond int64), float64, string, []byte, [Device],
// [DType], [Tuple], [*List], [*Dict] and [*Tensor]. Int may be written too.

// Tuple is a Python tuple; a torch.Size is one too.
type Tuple []any

// List is a Python list.
type List struct{ Items []any }

// NewList returns a list of items.
func NewList(items ...any) *List { return &List{items} }

// Device is a torch.device: "cpu", "cuda:0".
type Device string

// Dict is a Python dictionary. It keeps the order in which keys came. Keys are strings, int64s or bools.
type Dict struct {
	Ordered bool // an OrderedDict, as state dicts are

	keys   []any
	values map[any]any
}

// NewDict returns an empty dict.
func NewDict() *Dict { return &Dict{} }

// NewOrderedDict returns an empty OrderedDict.
func NewOrderedDict() *Dict { return &Dict{Ordered: true} }

// Set gives key a value, in its old place if the dict has it, and returns the dict. An int key becomes an
// int64; a key that cannot be is left for [Write] to report.
func (d *Dict) Set(key, value any) *Dict {
	key = plainKey(key)
	if !validKey(key) {
		key = badKey{fmt.Sprintf("%T", key)}
	}
	if d.values == nil {
		d.values = map[any]any{}
	}
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = value
	return d
}

// Get returns the value of key, and whether there is one.
func (d *Dict) Get(key any) (value any, ok bool) {
	if !validKey(plainKey(key)) {
		return nil, false
	}
	value, ok = d.values[plainKey(key)]
	return value, ok
}

// Dict returns the dict that key has for its value, nil if it is none.
func (d *Dict) Dict(key any) *Dict {
	value, _ := d.Get(key)
	inner, _ := value.(*Dict)
	return inner
}

// Tensor returns the tensor that key has for its value, nil if it is none.
func (d *Dict) Tensor(key any) *Tensor {
	value, _ := d.Get(key)
	t, _ := value.(*Tensor)
	return t
}

// Keys returns the keys in order.
func (d *Dict) Keys() []any { return slices.Clone(d.keys) }

// Len returns the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// badKey stands for a key that cannot be.
type badKey struct{ kind string }

func plainKey(key any) any {
	if n, ok := key.(int); ok {
		return int64(n)
	}
	return key
}

func validKey(key any) bool {
	switch key.(type) {
	case string, int64, bool:
		return true
	}
	return false
}

// Walk calls visit with every value under root, in order, and with its path: keys and indices joined by dots,
// "optimizer.param_groups.0.lr". Of dicts, lists and tuples it visits what they hold; only empty ones, and
// lists and tuples of plain values such as (0.5, 0.999), are visited themselves. An error of visit ends the
// walk. Containers nested deeper than 100 are an error.
func Walk(root any, visit func(path string, value any) error) error {
	return walk(root, "", 0, visit)
}

// maxDepth is how deep containers may lie in each other. Files of torch.save have five levels.
const maxDepth = 100

func walk(v any, path string, depth int, visit func(string, any) error) error {
	if depth > maxDepth {
		return fmt.Errorf("torchfile: %s: nested deeper than %d", shorten(path), maxDepth)
	}
	into := func(name string, inner any) error {
		if path != "" {
			name = path + "." + name
		}
		return walk(inner, name, depth+1, visit)
	}
	items := func(list []any) error {
		for i, inner := range list {
			if err := into(strconv.Itoa(i), inner); err != nil {
				return err
			}
		}
		return nil
	}
	switch v := v.(type) {
	case *Dict:
		for _, key := range v.keys {
			if err := into(keyText(key), v.values[key]); err != nil {
				return err
			}
		}
		if len(v.keys) > 0 {
			return nil
		}
	case *List:
		if !allPlain(v.Items) {
			return items(v.Items)
		}
	case Tuple:
		if !allPlain(v) {
			return items(v)
		}
	}
	return visit(path, v)
}

// allPlain reports whether a list holds no containers and no tensors.
func allPlain(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool {
		switch v.(type) {
		case *Dict, *List, Tuple, *Tensor:
			return true
		}
		return false
	})
}

func keyText(key any) string {
	if s, ok := key.(string); ok {
		return s
	}
	return fmt.Sprint(key)
}

// shorten quotes a text of the file for an error message; a hostile one may be megabytes long.
func shorten(text string) string {
	const limit = 80
	if len(text) > limit {
		return strconv.Quote(text[:limit]) + "..."
	}
	return strconv.Quote(text)
}
