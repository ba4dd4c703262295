package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/safetensors"
)

func write(t testing.TB, tensors []safetensors.Tensor, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, safetensors.Write(&b, tensors, metadata))
	return b.Bytes()
}

func read(data []byte) (*safetensors.File, error) {
	return safetensors.Read(bytes.NewReader(data), int64(len(data)))
}

// file puts the length before a header and the data after it.
func file(header string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func TestRoundTrip(t *testing.T) {
	big := make([]float32, 50_000) // more than one chunk, and not a whole number of them
	for i := range big {
		big[i] = float32(i) / 3
	}
	tensors := []safetensors.Tensor{
		{Name: "z", DType: safetensors.F32, Shape: []int{5, 10_000}, Data: big},
		{Name: "a", DType: safetensors.F64, Shape: []int{2}, Data: []float64{math.Pi, math.Inf(-1)}},
		{Name: "", DType: safetensors.I64, Data: []int64{math.MinInt64}},
		{Name: "odd", DType: safetensors.U8, Shape: []int{3}, Data: []byte{1, 2, 3}},
		{Name: "none", DType: safetensors.F32, Shape: []int{2, 0}, Data: []float32{}},
		{Name: "nibbles", DType: "F4", Shape: []int{2}, Data: []byte{0x12}},
	}
	metadata := map[string]string{"b": "2", "a": "\"é\n\u2028", "": ""}
	data := write(t, tensors, metadata)
	f, err := read(data)
	require.NoError(t, err)

	assert.Equal(t, []string{"", "a", "nibbles", "none", "odd", "z"}, f.Names())
	assert.Equal(t, metadata, f.Metadata())
	z, shape, err := f.Float32s("z")
	require.NoError(t, err)
	assert.Equal(t, []int{5, 10_000}, shape)
	assert.True(t, slices.Equal(big, z))
	a, _, err := f.Float64s("a")
	require.NoError(t, err)
	assert.Equal(t, []float64{math.Pi, math.Inf(-1)}, a)
	n, shape, err := f.Int64s("")
	require.NoError(t, err)
	assert.Equal(t, []int64{math.MinInt64}, n)
	assert.Empty(t, shape)
	none, shape, err := f.Float32s("none")
	require.NoError(t, err)
	assert.Empty(t, none)
	assert.Equal(t, []int{2, 0}, shape)
	odd, err := f.Tensor("odd")
	require.NoError(t, err)
	assert.Equal(t, tensors[3], odd)
	info, ok := f.Info("nibbles")
	require.True(t, ok)
	assert.Equal(t, 2, info.Len())

	info.Shape[0] = 99
	again, _ := f.Info("nibbles")
	assert.Equal(t, []int{2}, again.Shape, "the file's own shape must not change")
}

func TestWriteIsDeterministicAndAligned(t *testing.T) {
	one := safetensors.Tensor{Name: "one", DType: safetensors.F32, Shape: []int{1}, Data: []float32{1}}
	odd := safetensors.Tensor{Name: "b", DType: safetensors.U8, Shape: []int{3}, Data: []byte("abc")}
	wide := safetensors.Tensor{Name: "w", DType: safetensors.F64, Shape: []int{1}, Data: []float64{2}}
	order := []safetensors.Tensor{odd, one, wide}
	first := write(t, order, map[string]string{"x": "1", "y": "2", "z": "3"})
	assert.Equal(t, odd.Name, order[0].Name, "the argument must not be sorted")
	for range 20 { // maps iterate in a new order each time
		got := write(t, []safetensors.Tensor{wide, odd, one}, map[string]string{"z": "3", "y": "2", "x": "1"})
		require.Equal(t, first, got)
	}
	n := binary.LittleEndian.Uint64(first)
	assert.Zero(t, n%8)
	elements := first[8+n:]
	assert.Equal(t, math.Float64bits(2), binary.LittleEndian.Uint64(elements), "the widest type comes first")
	assert.Equal(t, "abc", string(elements[12:]))

	raw := one
	raw.Data = []byte{0, 0, 0x80, 0x3f}
	assert.Equal(t, write(t, []safetensors.Tensor{one}, nil), write(t, []safetensors.Tensor{raw}, nil))
	assert.Equal(t, file("{}      "), write(t, nil, map[string]string{}))
}

func TestWriteErrors(t *testing.T) {
	tensor := func(name string, d safetensors.DType, data any, shape ...int) []safetensors.Tensor {
		return []safetensors.Tensor{{Name: name, DType: d, Shape: shape, Data: data}}
	}
	x := tensor("x", "U8", []byte{1}, 1)
	cases := []struct {
		name     string
		tensors  []safetensors.Tensor
		metadata map[string]string
		want     string
	}{
		{"duplicate", append(x, tensor("x", "F32", []float32{1})...), nil, `tensor "x": want one tensor of this name`},
		{"reserved name", tensor("__metadata__", "U8", []byte{1}, 1), nil, "other than __metadata__"},
		{"name not UTF-8", tensor("\xff", "U8", []byte{1}, 1), nil, "want a name in UTF-8"},
		{"metadata key not UTF-8", x, map[string]string{"\xff": ""}, "metadata"},
		{"metadata value not UTF-8", x, map[string]string{"key": "\xff"}, `metadata "key": want UTF-8`},
		{"unknown type", tensor("x", "F31", []byte{1}, 1), nil, `dtype "F31"`},
		{"no type", tensor("x", "", []byte{1}, 1), nil, `dtype ""`},
		{"negative dimension", tensor("x", "U8", []byte{1}, -1, -1), nil, "[-1 -1]"},
		{"overflow", tensor("x", "U8", []byte{1}, 1<<32, 1<<32), nil, "too many elements"},
		{"byte overflow", tensor("x", "F64", []byte{1}, 1<<61), nil, "too many bytes"},
		{"half a byte", tensor("x", "F4", []byte{1}, 3), nil, "whole number of bytes"},
		{"length", tensor("x", "F32", []float32{1}, 2), nil, "data of length 1: want 2 for shape [2] of F32"},
		{"raw length", tensor("x", "F32", []byte{1}, 1), nil, "want 4"},
		{"wrong slice", tensor("x", "F64", []float32{1}, 1), nil, "[]float32: does not hold F64"},
		{"no data", tensor("x", "F64", nil, 1), nil, "<nil>: does not hold F64"},
		{"rank", tensor("x", "U8", []byte{1}, slices.Repeat([]int{1}, 65)...), nil, "65 dimensions"},
		{"header", x, map[string]string{"k": strings.Repeat("v", safetensors.DefaultMaxHeader)}, "header of"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			err := safetensors.Write(&b, c.tensors, c.metadata)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "safetensors: write: ")
			assert.Zero(t, b.Len(), "nothing is written")
		})
	}
}

// Elements can be made when they are written, into the same memory for every tensor.
func TestWriteFloats(t *testing.T) {
	buffer := make([]float32, 2)
	fill := func(v float32, n int, err error) safetensors.Floats {
		return func() ([]float32, error) {
			buffer[0], buffer[1] = v, v
			return buffer[:n], err
		}
	}
	tensors := func(second safetensors.Floats) []safetensors.Tensor {
		return []safetensors.Tensor{
			{Name: "a", DType: safetensors.F32, Shape: []int{2}, Data: fill(1, 2, nil)},
			{Name: "b", DType: safetensors.F32, Shape: []int{1}, Data: second},
		}
	}
	want := write(t, []safetensors.Tensor{
		{Name: "a", DType: safetensors.F32, Shape: []int{2}, Data: []float32{1, 1}},
		{Name: "b", DType: safetensors.F32, Shape: []int{1}, Data: []float32{2}},
	}, nil)
	assert.Equal(t, want, write(t, tensors(fill(2, 1, nil)), nil))
	assert.ErrorContains(t, safetensors.Write(io.Discard, tensors(fill(2, 2, nil)), nil), `tensor "b": data of length 2: want 1`)
	assert.ErrorIs(t, safetensors.Write(io.Discard, tensors(fill(2, 1, errFull)), nil), errFull)
	wrong := tensors(fill(2, 1, nil))
	wrong[1].DType = safetensors.F64
	assert.ErrorContains(t, safetensors.Write(io.Discard, wrong, nil), "does not hold F64")
}

// limited fails after n bytes.
type limited struct{ n int }

var errFull = errors.New("disk full")

func (l *limited) Write(b []byte) (int, error) {
	if len(b) > l.n {
		return 0, errFull
	}
	l.n -= len(b)
	return len(b), nil
}

func TestWriteReportsTheWriter(t *testing.T) {
	for _, data := range []any{make([]float32, 4), make([]byte, 16)} {
		tensors := []safetensors.Tensor{{Name: "x", DType: "F32", Shape: []int{4}, Data: data}}
		size := len(write(t, tensors, nil))
		require.ErrorIs(t, safetensors.Write(&limited{0}, tensors, nil), errFull)
		err := safetensors.Write(&limited{size - 1}, tensors, nil)
		require.ErrorIs(t, err, errFull)
		assert.ErrorContains(t, err, `tensor "x"`)
		require.NoError(t, safetensors.Write(&limited{size}, tensors, nil))
	}
}

func TestReadErrors(t *testing.T) {
	u8 := `"dtype":"U8","shape":[1],"data_offsets":[0,1]`
	deep := strings.Repeat("[", 100_000)
	cases := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "file of 0 bytes: want at least 8"},
		{"short", []byte("1234567"), "file of 7 bytes"},
		{"length beyond the file", file("{}")[:9], "file has only 9 bytes"},
		{"length of 2^64-1", bytes.Repeat([]byte{0xff}, 8), "want at most"},
		{"length over the limit", binary.LittleEndian.AppendUint64(nil, 16<<20+1), "want at most 16777216 bytes"},
		{"no header", file(""), "opening brace"},
		{"space first", file(" {}"), "opening brace"},
		{"a list", file("[]"), "opening brace"},
		{"not UTF-8", file("{\"\xff\":{" + u8 + "}}"), "UTF-8"},
		{"not JSON", file(`{"a"}`), "JSON"},
		{"two values", file("{}{}"), "JSON"},
		{"zero bytes after", file("{}\x00"), "JSON"},
		{"too deep", file(`{"a":{"x":` + deep), "JSON"},
		{"entry is a list", file(`{"a":["U8",[1],[0,1]]}`, 1), `"a": want an object`},
		{"entry is null", file(`{"a":null}`), `"a": want an object`},
		{"metadata is null", file(`{"__metadata__":null}`), `"__metadata__": want an object`},
		{"metadata number", file(`{"__metadata__":{"k":1}}`), `"__metadata__": "k": want a string`},
		{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`), `"__metadata__" appears twice`},
		{"metadata key twice", file(`{"__metadata__":{"k":"1","k":"2"}}`), `"k" appears twice`},
		{"name twice", file(`{"a":{`+u8+`},"a":{`+u8+`}}`, 1), `"a" appears twice`},
		{"name twice, escaped", file(`{"a":{`+u8+`},"\u0061":{`+u8+`}}`, 1), `"a" appears twice`},
		{"member twice", file(`{"a":{`+u8+`,"shape":[1]}}`, 1), `"a": "shape" appears twice`},
		{"no dtype", file(`{"a":{"shape":[1],"data_offsets":[0,1]}}`, 1), "want dtype, shape and two"},
		{"no shape", file(`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, 1), "want dtype, shape and two"},
		{"no offsets", file(`{"a":{"dtype":"U8","shape":[0]}}`), "want dtype, shape and two"},
		{"other case", file(`{"a":{"DType":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), "want dtype, shape and two"},
		{"one offset", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1]}}`, 1), "two data_offsets"},
		{"three offsets", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}`, 1), "at most 2"},
		{"dtype unknown", file(`{"a":{"dtype":"u8","shape":[1],"data_offsets":[0,1]}}`, 1), `"a": dtype "u8"`},
		{"dtype number", file(`{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}`, 1), `"dtype": want a string`},
		{"shape null", file(`{"a":{"dtype":"U8","shape":null,"data_offsets":[0,1]}}`, 1), "list of integers"},
		{"shape real", file(`{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}`, 1), `"1.0": want an integer`},
		{"shape string", file(`{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}`, 1), "want an integer"},
		{"shape negative", file(`{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, 1), "want an integer"},
		{"shape nested", file(`{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}`, 1), "want an integer"},
		{"shape over int64", file(`{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}`, 1), "want an integer"},
		{"shape product", file(`{"a":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}`), "too many elements"},
		{"byte product", file(`{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}`), "too many bytes"},
		{"rank", file(`{"a":{"dtype":"U8","shape":[1` + strings.Repeat(",1", 64) + `],"data_offsets":[0,1]}}`), "at most 64"},
		{"sub-byte", file(`{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}`, 1), "whole number of bytes"},
		{"end before begin", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}`, 1), "begin <= end"},
		{"too few bytes", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 1, 2, 3, 4), "hold 4 bytes: want 8"},
		{"hole at the start", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 1, 2), `tensor "a": data_offsets [1 2]: want begin 0`},
		{"hole", file(`{"a":{`+u8+`},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 1, 2, 3), `tensor "b"`},
		{"overlap", file(`{"a":{`+u8+`},"b":{`+u8+`}}`, 1), `tensor "b"`},
		{"beyond the file", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 1), "take 2 bytes, the file has 1"},
		{"bytes left over", file(`{"a":{`+u8+`}}`, 1, 2), "take 1 bytes, the file has 2"},
		{"huge and absent", file(`{"a":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}}`), "take 1099511627776 bytes, the file has 0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := read(c.data)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "safetensors: read: ")
			assert.Less(t, len(err.Error()), 1000)
			assert.Nil(t, f)
		})
	}
}

func TestReadAccepts(t *testing.T) {
	zero := `{"dtype":"F32","shape":[0],"data_offsets":[%d,%d]}`
	cases := map[string][]byte{
		"empty":             file("{}"),
		"padding":           file("{}\n\t  "),
		"unknown member":    file(`{"a":{"more":{"x":[1,{}]},"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1),
		"members reordered": file(`{"a":{"data_offsets":[0,1],"shape":[1],"dtype":"U8"}}`, 1),
		"zero dimension":    file(`{"a":{"dtype":"U8","shape":[0,9223372036854775807],"data_offsets":[0,0]}}`),
		"empty tensors between": file(fmt.Sprintf(`{"c":`+zero+`,"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":`+zero+`}`,
			1, 1, 0, 0), 1),
	}
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := read(data)
			assert.NoError(t, err)
		})
	}
}

func TestOptionsMaxHeader(t *testing.T) {
	data := file("{}    ")
	_, err := safetensors.Options{MaxHeader: 5}.Read(bytes.NewReader(data), int64(len(data)))
	require.ErrorContains(t, err, "header length 6: want at most 5 bytes")
	_, err = safetensors.Options{MaxHeader: 6}.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	_, err = safetensors.Options{MaxHeader: -1}.Read(bytes.NewReader(data), int64(len(data)))
	require.Error(t, err)
}

// A reader that is shorter than its stated size, as a file that shrinks while it is read.
func TestReadShortReader(t *testing.T) {
	data := write(t, []safetensors.Tensor{{Name: "x", DType: "F32", Shape: []int{4}, Data: make([]float32, 4)}}, nil)
	for _, n := range []int{0, 4, 20} {
		_, err := safetensors.Read(bytes.NewReader(data[:n]), int64(len(data)))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	f, err := safetensors.Read(bytes.NewReader(data[:len(data)-1]), int64(len(data)))
	require.NoError(t, err)
	_, _, err = f.Float32s("x")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.ErrorContains(t, err, `tensor "x"`)
	_, err = f.Tensor("x")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestWrongTypeAndMissing(t *testing.T) {
	f, err := read(write(t, []safetensors.Tensor{
		{Name: "n", DType: "I64", Data: []int64{1}}, {Name: "d", DType: "F64", Data: []float64{1}},
		{Name: "u", DType: "U64", Data: make([]byte, 8)}}, nil))
	require.NoError(t, err)
	_, _, err = f.Float32s("n")
	assert.ErrorContains(t, err, `safetensors: tensor "n": has type I64, want F32, F16 or BF16`)
	_, _, err = f.Float32s("d")
	assert.Error(t, err, "float32 does not hold F64")
	_, _, err = f.Float64s("n")
	assert.Error(t, err)
	_, _, err = f.Int64s("u")
	assert.Error(t, err, "int64 does not hold U64")
	_, _, err = f.Int64s("missing")
	assert.ErrorIs(t, err, safetensors.ErrMissing)
	_, err = f.Tensor("missing")
	assert.ErrorIs(t, err, safetensors.ErrMissing)
	_, ok := f.Info("missing")
	assert.False(t, ok)
}
