package torchfile

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
)

// function is a name that a pickle may call: what it makes of its arguments.
type function func(m *machine, args Tuple) (any, error)

// class is a name that a pickle may pass on but not call.
type class string

// storageClass is a class of storages; its tensors have the type, "" for UntypedStorage.
type storageClass DType

// globals are all names that a pickle may ask for, beside the types "torch.float32" and the storage classes.
// None of them is Python's: each is what this package makes in its place.
var globals = map[string]any{
	"collections.OrderedDict":                    function(orderedDict),
	"torch.Size":                                 function(size),
	"torch.device":                               function(device),
	"torch.Tensor":                               class("torch.Tensor"),
	"torch._utils._rebuild_tensor":               function(rebuildTensor),
	"torch._utils._rebuild_tensor_v2":            function(rebuildTensor2),
	"torch._utils._rebuild_tensor_v3":            function(rebuildTensor3),
	"torch._utils._rebuild_parameter":            function(rebuildParameter),
	"torch.nn.parameter.Parameter":               class("torch.nn.parameter.Parameter"),
	"torch.storage.UntypedStorage":               storageClass(""),
	"torch.UntypedStorage":                       storageClass(""),
	"torch._tensor._rebuild_from_type_v2":        function(rebuildFromType),
	"torch._utils._rebuild_parameter_with_state": function(rebuildParameter),
}

// global returns what stands for a name, or a [*RefusedError].
func (m *machine) global(module, name string) (any, error) {
	full := module + "." + name
	if g, ok := globals[full]; ok {
		return g, nil
	}
	if module == "torch" {
		if d, ok := storageTypes[name]; ok {
			return storageClass(d), nil
		}
		if DType(name).Size() > 0 {
			return DType(name), nil
		}
	}
	return nil, &RefusedError{Name: full, Offset: m.op}
}

// call runs the instructions that deal with names.
func (m *machine) call(op byte) error {
	switch op {
	case opGlobal:
		module, err := m.line()
		if err != nil {
			return err
		}
		name, err := m.line()
		if err != nil {
			return err
		}
		g, err := m.global(module, name)
		return m.pushOr(g, err)
	case opStackGlobal:
		items, err := m.pop(2)
		if err != nil {
			return err
		}
		module, ok1 := items[0].(string)
		name, ok2 := items[1].(string)
		if !ok1 || !ok2 {
			return errors.New("a name is not a text")
		}
		g, err := m.global(module, name)
		return m.pushOr(g, err)
	case opBinPersID:
		items, err := m.pop(1)
		if err != nil {
			return err
		}
		id, ok := items[0].(Tuple)
		if !ok || m.persist == nil {
			return errors.New("a reference to a storage where none can be")
		}
		s, err := m.persist(id)
		return m.pushOr(s, err)
	case opReduce:
		items, err := m.pop(2)
		if err != nil {
			return err
		}
		f, ok := items[0].(function)
		args, isTuple := items[1].(Tuple)
		if !ok || !isTuple {
			return fmt.Errorf("calls %s with %s", kindOf(items[0]), kindOf(items[1]))
		}
		v, err := f(m, args)
		return m.pushOr(v, err)
	}
	return m.build()
}

// build gives an OrderedDict its attributes, which are left out: a state dict has "_metadata", the versions
// of its modules.
func (m *machine) build() error {
	if _, err := m.pop(1); err != nil {
		return err
	}
	top, err := m.top()
	if err != nil {
		return err
	}
	if d, ok := top.(*Dict); !ok || !d.Ordered {
		return fmt.Errorf("gives attributes to %s, want an OrderedDict", kindOf(top))
	}
	return nil
}

// line returns the bytes up to the next newline.
func (m *machine) line() (string, error) {
	const most = 512
	rest := m.data[m.at:]
	n := bytes.IndexByte(rest[:min(len(rest), most)], '\n')
	if n < 0 {
		return "", errors.New("a name without end")
	}
	m.at += n + 1
	return string(rest[:n]), nil
}

// orderedDict is called without arguments, or by older Python with a list of pairs.
func orderedDict(m *machine, args Tuple) (any, error) {
	d := NewOrderedDict()
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*List)
	if !ok || len(args) > 1 {
		return nil, fmt.Errorf("an OrderedDict of %s: want nothing or a list of pairs", kindOf(args[0]))
	}
	if m.pairs += len(pairs.Items); m.pairs > len(m.data) { // one list, named again and again
		return nil, errors.New("more OrderedDicts than the file has room for")
	}
	for _, p := range pairs.Items {
		var pair []any
		switch p := p.(type) {
		case *List:
			pair = p.Items
		case Tuple:
			pair = p
		}
		if len(pair) != 2 || !validKey(pair[0]) {
			return nil, errors.New("an OrderedDict of a list: want pairs of key and value")
		}
		d.Set(pair[0], pair[1])
	}
	return d, nil
}

func size(_ *machine, args Tuple) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("a torch.Size of %d arguments, want one", len(args))
	}
	if _, err := ints(args[0], "torch.Size"); err != nil {
		return nil, err
	}
	return args[0], nil
}

func device(_ *machine, args Tuple) (any, error) {
	if len(args) < 1 || len(args) > 2 {
		return nil, fmt.Errorf("a torch.device of %d arguments, want one or two", len(args))
	}
	kind, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("a torch.device of %s, want a text", kindOf(args[0]))
	}
	if len(args) == 2 {
		index, ok := args[1].(int64)
		if !ok {
			return nil, fmt.Errorf("a torch.device with number %s", kindOf(args[1]))
		}
		kind = fmt.Sprintf("%s:%d", kind, index)
	}
	return Device(kind), nil
}

// maxDims is the most numbers of a torch.Size.
const maxDims = 64

// ints returns a tuple or list of at most maxDims whole numbers.
func ints(v any, what string) ([]int, error) {
	var items []any
	switch v := v.(type) {
	case Tuple:
		items = v
	case *List:
		items = v.Items
	default:
		return nil, fmt.Errorf("%s is %s, want a tuple", what, kindOf(v))
	}
	if len(items) > maxDims {
		return nil, fmt.Errorf("%s has %d numbers, want at most %d", what, len(items), maxDims)
	}
	list := make([]int, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok || n > math.MaxInt || n < math.MinInt {
			return nil, fmt.Errorf("%s: number %d is %s, want a whole number in the range of int", what, i, shown(item))
		}
		list[i] = int(n)
	}
	return list, nil
}

// kindOf names a value's kind in errors.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64, *big.Int:
		return "a whole number"
	case float64:
		return "a float"
	case string:
		return "the text " + shorten(v)
	case []byte:
		return "bytes"
	case Tuple:
		return "a tuple"
	case *List:
		return "a list"
	case *Dict:
		return "a dict"
	case *Tensor:
		return "a tensor"
	case *view:
		return "a storage"
	case function:
		return "a function"
	case class, storageClass:
		return "a class"
	case DType, Device:
		return fmt.Sprintf("torch %v", v)
	}
	return fmt.Sprintf("%T", v)
}

// shown writes a number or bool, and of other values the kind.
func shown(v any) string {
	switch v.(type) {
	case int64, bool:
		return fmt.Sprint(v)
	}
	return kindOf(v)
}
