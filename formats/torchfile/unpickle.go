package torchfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"unicode/utf8"
)

// maxStack is the most values that wait on the machine's stack: torch.save leaves at most a thousand pairs
// of a dict there, and a tuple.
const maxStack = 1 << 16

// machine reads one pickle. It is a stack machine: most instructions push a value or build one of those on
// top. Nothing that it builds can do anything, since its values are those of value.go and, until they are used
// up, storages and names of the list in globals.go.
type machine struct {
	data    []byte // the pickle, and what follows it
	at      int
	op      int // where the instruction at hand begins
	stack   []any
	marks   []int // places in the stack
	memo    map[uint32]any
	pairs   int // given to OrderedDicts in lists
	persist func(id Tuple) (any, error)
}

// unpickle reads the pickle that data begins with, and returns its value and length. persist resolves
// references to storages, nil if there are none. The value has been checked by [check].
func unpickle(data []byte, persist func(id Tuple) (any, error)) (value any, n int, err error) {
	m := &machine{data: data, memo: map[uint32]any{}, persist: persist}
	for done := false; !done; {
		m.op = m.at
		if done, err = m.step(); err != nil {
			var r *RefusedError
			if !errors.As(err, &r) { // which has the offset
				err = fmt.Errorf("offset %d: %w", m.op, err)
			}
			return nil, 0, err
		}
		if len(m.stack) > maxStack {
			return nil, 0, fmt.Errorf("offset %d: more than %d values wait to be used", m.op, maxStack)
		}
	}
	if len(m.stack) != 1 || len(m.marks) != 0 {
		return nil, 0, fmt.Errorf("offset %d: ends with %d values, want one", m.op, len(m.stack))
	}
	return m.stack[0], m.at, check(m.stack[0], 2*m.at+16)
}

// step runs one instruction and reports whether it was the last.
func (m *machine) step() (done bool, err error) {
	op, err := m.byte()
	if err != nil {
		return false, err
	}
	switch op {
	case opStop:
		return true, nil
	case opProto:
		version, err := m.byte()
		if err == nil && (version < 2 || version > 5) {
			err = fmt.Errorf("pickle protocol %d: want 2 to 5", version)
		}
		return false, err
	case opFrame:
		_, err := m.take(8) // its length, which only helps those who read from a pipe
		return false, err
	case opMark:
		m.marks = append(m.marks, len(m.stack))
		if len(m.marks) > maxStack {
			return false, fmt.Errorf("more than %d marks", maxStack)
		}
		return false, nil
	case opNone:
		return false, m.push(nil)
	case opNewTrue, opNewFalse:
		return false, m.push(op == opNewTrue)
	case opEmptyTuple:
		return false, m.push(Tuple{})
	case opEmptyList:
		return false, m.push(NewList())
	case opEmptyDict:
		return false, m.push(NewDict())
	case opTuple1, opTuple2, opTuple3:
		items, err := m.pop(int(op-opTuple1) + 1)
		return false, m.pushOr(append(Tuple{}, items...), err)
	case opTuple:
		items, err := m.popMark()
		return false, m.pushOr(append(Tuple{}, items...), err) // not nil if there are none
	case opAppend, opAppends, opSetItem, opSetItems:
		return false, m.fill(op)
	case opBinPut, opLongBinPut, opMemoize, opBinGet, opLongBinGet:
		return false, m.remember(op)
	case opGlobal, opStackGlobal, opReduce, opBuild, opBinPersID:
		return false, m.call(op)
	}
	return false, m.scalar(op)
}

// scalar pushes a number or a text.
func (m *machine) scalar(op byte) error {
	switch op {
	case opBinInt1:
		b, err := m.take(1)
		return m.pushOr(func() any { return int64(b[0]) }, err)
	case opBinInt2:
		b, err := m.take(2)
		return m.pushOr(func() any { return int64(binary.LittleEndian.Uint16(b)) }, err)
	case opBinInt:
		b, err := m.take(4)
		return m.pushOr(func() any { return int64(int32(binary.LittleEndian.Uint32(b))) }, err)
	case opBinFloat:
		b, err := m.take(8)
		return m.pushOr(func() any { return math.Float64frombits(binary.BigEndian.Uint64(b)) }, err)
	case opLong1:
		b, err := m.text(1)
		return m.pushOr(func() any { return long(b) }, err)
	case opShortUnicode, opBinUnicode, opBinUnicode8:
		b, err := m.text(map[byte]int{opShortUnicode: 1, opBinUnicode: 4, opBinUnicode8: 8}[op])
		if err == nil && !utf8.Valid(b) {
			err = errors.New("a text is not UTF-8")
		}
		return m.pushOr(func() any { return string(b) }, err)
	case opShortBinString, opBinString:
		b, err := m.text(map[byte]int{opShortBinString: 1, opBinString: 4}[op])
		return m.pushOr(func() any { return string(b) }, err)
	case opShortBinBytes, opBinBytes:
		b, err := m.text(map[byte]int{opShortBinBytes: 1, opBinBytes: 4}[op])
		return m.pushOr(func() any { return slices.Clone(b) }, err)
	}
	return &RefusedError{Name: "the pickle instruction " + opcodeText(op), Offset: m.op}
}

// long returns the number that two's complement little-endian bytes hold.
func long(b []byte) any {
	var wide [8]byte
	if len(b) > 0 && b[len(b)-1]&0x80 != 0 {
		wide = [8]byte{255, 255, 255, 255, 255, 255, 255, 255}
	}
	if len(b) <= 8 {
		copy(wide[:], b)
		return int64(binary.LittleEndian.Uint64(wide[:]))
	}
	reversed := slices.Clone(b)
	slices.Reverse(reversed)
	n := new(big.Int).SetBytes(reversed)
	if b[len(b)-1]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if n.IsInt64() { // in more bytes than it needs
		return n.Int64()
	}
	return n
}

// fill puts values into the list or dict below them.
func (m *machine) fill(op byte) (err error) {
	var items []any
	switch op {
	case opAppend:
		items, err = m.pop(1)
	case opSetItem:
		items, err = m.pop(2)
	default:
		items, err = m.popMark()
	}
	if err != nil {
		return err
	}
	top, err := m.top()
	if err != nil {
		return err
	}
	if op == opAppend || op == opAppends {
		list, ok := top.(*List)
		if !ok {
			return fmt.Errorf("appends to %s, want a list", kindOf(top))
		}
		list.Items = append(list.Items, items...)
		return nil
	}
	dict, ok := top.(*Dict)
	if !ok || len(items)%2 != 0 {
		return fmt.Errorf("puts %d keys and values into %s, want pairs into a dict", len(items), kindOf(top))
	}
	for i := 0; i < len(items); i += 2 {
		if !validKey(items[i]) {
			return fmt.Errorf("key of a dict is %s: want a text, a whole number or a bool", kindOf(items[i]))
		}
		dict.Set(items[i], items[i+1])
	}
	return nil
}

// remember puts the top of the stack into the memo, or pushes what is in it.
func (m *machine) remember(op byte) error {
	index := uint32(len(m.memo)) // of opMemoize
	switch op {
	case opBinPut, opBinGet:
		b, err := m.take(1)
		if err != nil {
			return err
		}
		index = uint32(b[0])
	case opLongBinPut, opLongBinGet:
		b, err := m.take(4)
		if err != nil {
			return err
		}
		index = binary.LittleEndian.Uint32(b)
	}
	if op == opBinGet || op == opLongBinGet {
		value, ok := m.memo[index]
		if !ok {
			return fmt.Errorf("asks for the memo's number %d, which is not there", index)
		}
		return m.push(value)
	}
	top, err := m.top()
	if err == nil {
		m.memo[index] = top
	}
	return err
}

func (m *machine) byte() (byte, error) {
	b, err := m.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// take returns the next n bytes, which belong to the pickle.
func (m *machine) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.data)-m.at) {
		return nil, fmt.Errorf("%d bytes: %w", n, io.ErrUnexpectedEOF)
	}
	b := m.data[m.at : m.at+int(n)]
	m.at += int(n)
	return b, nil
}

// text returns bytes that have their length, of width bytes, before them.
func (m *machine) text(width int) ([]byte, error) {
	b, err := m.take(uint64(width))
	if err != nil {
		return nil, err
	}
	var wide [8]byte
	copy(wide[:], b)
	return m.take(binary.LittleEndian.Uint64(wide[:]))
}

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

// pushOr pushes v, or what it returns if it is a function, unless there is an error.
func (m *machine) pushOr(v any, err error) error {
	if err != nil {
		return err
	}
	if f, ok := v.(func() any); ok {
		v = f()
	}
	return m.push(v)
}

// floor is the lowest place of the stack that may be popped.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errors.New("needs a value that is not there")
	}
	return m.stack[len(m.stack)-1], nil
}

// pop takes n values off the stack; they may be used until the next push.
func (m *machine) pop(n int) ([]any, error) {
	from := len(m.stack) - n
	if from < m.floor() {
		return nil, fmt.Errorf("needs %d values that are not there", n)
	}
	items := m.stack[from:]
	m.stack = m.stack[:from]
	return items, nil
}

// popMark takes the values above the last mark off the stack, and the mark.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("needs a mark that is not there")
	}
	items, err := m.pop(len(m.stack) - m.floor())
	m.marks = m.marks[:len(m.marks)-1]
	return items, err
}
