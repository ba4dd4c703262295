package torchfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"
)

// pickler makes the pickle of a file, in protocol 2 as torch.save does, and lists the storages of its
// tensors.
type pickler struct {
	out      []byte
	storages []*storage
	keys     map[*storage]string
}

// pickle returns the pickle of root. An error names the path of what cannot be written.
func (p *pickler) pickle(root any) ([]byte, error) {
	p.keys = map[*storage]string{}
	p.out = append(p.out, opProto, 2)
	if err := p.value(root, "", 0); err != nil {
		return nil, err
	}
	return append(p.out, opStop), nil
}

func (p *pickler) value(v any, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: nested deeper than %d", shorten(path), maxDepth)
	}
	switch v := v.(type) {
	case nil:
		p.out = append(p.out, opNone)
	case bool:
		p.bool(v)
	case int:
		p.int(int64(v))
	case int64:
		p.int(v)
	case *big.Int:
		return p.big(v, path)
	case float64:
		p.out = binary.BigEndian.AppendUint64(append(p.out, opBinFloat), math.Float64bits(v))
	case string:
		return p.text(v, path)
	case Device:
		return p.device(v, path)
	case DType:
		if v.Size() == 0 {
			return fmt.Errorf("%s: type %s: want one of PyTorch's", shorten(path), shorten(string(v)))
		}
		p.global("torch", string(v))
	case Tuple:
		return p.tuple(v, path, depth)
	case *List:
		p.out = append(p.out, opEmptyList, opMark)
		for i, item := range v.Items {
			if err := p.value(item, join(path, strconv.Itoa(i)), depth+1); err != nil {
				return err
			}
		}
		p.out = append(p.out, opAppends)
	case *Dict:
		return p.dict(v, path, depth)
	case *Tensor:
		return p.tensor(v, path)
	default:
		return fmt.Errorf("%s: a %T cannot be written", shorten(path), v)
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (p *pickler) bool(v bool) {
	if v {
		p.out = append(p.out, opNewTrue)
	} else {
		p.out = append(p.out, opNewFalse)
	}
}

// int writes a number in the shortest way.
func (p *pickler) int(n int64) {
	switch {
	case n >= 0 && n <= math.MaxUint8:
		p.out = append(p.out, opBinInt1, byte(n))
	case n >= 0 && n <= math.MaxUint16:
		p.out = binary.LittleEndian.AppendUint16(append(p.out, opBinInt2), uint16(n))
	case n >= math.MinInt32 && n <= math.MaxInt32:
		p.out = binary.LittleEndian.AppendUint32(append(p.out, opBinInt), uint32(n))
	default:
		p.out = binary.LittleEndian.AppendUint64(append(p.out, opLong1, 8), uint64(n))
	}
}

// big writes a number of up to 255 bytes in two's complement.
func (p *pickler) big(n *big.Int, path string) error {
	size := n.BitLen()/8 + 1
	if size > 255 {
		return fmt.Errorf("%s: a number of %d bits: want at most 2039", shorten(path), n.BitLen())
	}
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	b := n.FillBytes(make([]byte, size))
	slices.Reverse(b)
	p.out = append(append(p.out, opLong1, byte(size)), b...)
	return nil
}

func (p *pickler) text(s, path string) error {
	if !utf8.ValidString(s) || len(s) > math.MaxInt32 {
		return fmt.Errorf("%s: the text %s: want UTF-8", shorten(path), shorten(s))
	}
	p.out = binary.LittleEndian.AppendUint32(append(p.out, opBinUnicode), uint32(len(s)))
	p.out = append(p.out, s...)
	return nil
}

// device writes torch.device(text).
func (p *pickler) device(d Device, path string) error {
	p.global("torch", "device")
	if err := p.text(string(d), path); err != nil {
		return err
	}
	p.out = append(p.out, opTuple1, opReduce)
	return nil
}

func (p *pickler) global(module, name string) {
	p.out = append(p.out, opGlobal)
	p.out = append(p.out, module+"\n"+name+"\n"...)
}

func (p *pickler) tuple(t Tuple, path string, depth int) error {
	if len(t) == 0 {
		p.out = append(p.out, opEmptyTuple)
		return nil
	}
	if len(t) > 3 {
		p.out = append(p.out, opMark)
	}
	for i, item := range t {
		if err := p.value(item, join(path, strconv.Itoa(i)), depth+1); err != nil {
			return err
		}
	}
	if len(t) > 3 {
		p.out = append(p.out, opTuple)
	} else {
		p.out = append(p.out, byte(opTuple1+len(t)-1))
	}
	return nil
}

func (p *pickler) dict(d *Dict, path string, depth int) error {
	if d.Ordered {
		p.orderedDict()
	} else {
		p.out = append(p.out, opEmptyDict)
	}
	p.out = append(p.out, opMark)
	for _, key := range d.keys {
		if bad, ok := key.(badKey); ok {
			return fmt.Errorf("%s: key of type %s: want a text, a whole number or a bool", shorten(path), bad.kind)
		}
		name := join(path, keyText(key))
		if err := p.value(key, name, depth+1); err != nil {
			return err
		}
		if err := p.value(d.values[key], name, depth+1); err != nil {
			return err
		}
	}
	p.out = append(p.out, opSetItems)
	return nil
}

// orderedDict writes collections.OrderedDict().
func (p *pickler) orderedDict() {
	p.global("collections", "OrderedDict")
	p.out = append(p.out, opEmptyTuple, opReduce)
}

// tensor writes torch._utils._rebuild_tensor_v2(storage, offset, size, stride, False, OrderedDict()), or
// for a type without a storage class _rebuild_tensor_v3, which has the type for one argument more.
func (p *pickler) tensor(t *Tensor, path string) error {
	if t.elements < 0 || t.storage == nil {
		return fmt.Errorf("%s: a tensor of shape %v: want dimensions of at least 0 whose product fits", shorten(path), t.shape)
	}
	class, typed := storageNames[t.storage.dtype]
	count := t.storage.size
	if typed {
		p.global("torch._utils", "_rebuild_tensor_v2")
		count /= int64(t.dtype.Size())
	} else {
		p.global("torch._utils", "_rebuild_tensor_v3")
	}
	p.out = append(p.out, opMark, opMark)
	texts := func(list ...string) {
		for _, s := range list {
			_ = p.text(s, path) // they are ASCII
		}
	}
	texts("storage")
	if typed {
		p.global("torch", class)
	} else {
		p.global("torch.storage", "UntypedStorage")
	}
	texts(p.key(t.storage), "cpu")
	p.int(count)
	p.out = append(p.out, opTuple, opBinPersID)
	p.int(int64(t.offset))
	p.ints(t.shape)
	p.ints(t.stride)
	p.out = append(p.out, opNewFalse)
	p.orderedDict()
	if !typed {
		p.global("torch", string(t.dtype))
	}
	p.out = append(p.out, opTuple, opReduce)
	return nil
}

// key returns the storage's key in the archive: its place in the order of first use.
func (p *pickler) key(s *storage) string {
	key, ok := p.keys[s]
	if !ok {
		key = strconv.Itoa(len(p.storages))
		p.storages, p.keys[s] = append(p.storages, s), key
	}
	return key
}

// ints writes a tuple of numbers.
func (p *pickler) ints(list []int) {
	if len(list) == 0 {
		p.out = append(p.out, opEmptyTuple)
		return
	}
	p.out = append(p.out, opMark)
	for _, n := range list {
		p.int(int64(n))
	}
	p.out = append(p.out, opTuple)
}
