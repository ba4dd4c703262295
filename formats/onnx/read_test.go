package onnx_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"ganlib/device"
	"ganlib/formats/onnx"
	"ganlib/layers"
)

func read(data []byte) (*onnx.Model, error) {
	return onnx.Read(bytes.NewReader(data), int64(len(data)))
}

// TestReadForeign reads tensors in every form that the format allows: testdata/make_onnx.py.
func TestReadForeign(t *testing.T) {
	data, err := os.ReadFile("testdata/foreign.onnx")
	require.NoError(t, err)
	m, err := read(data)
	require.NoError(t, err)
	assert.Equal(t, int64(10), m.IRVersion)
	assert.Equal(t, "make_onnx 1 a document foreign", m.Producer+" "+m.ProducerVersion+" "+m.Doc+" "+m.Graph.Name)
	assert.Equal(t, map[string]int64{"": 21, "example": 1}, m.Opsets)
	assert.Equal(t, map[string]string{"key": "välue", "empty": ""}, m.Metadata)
	assert.Equal(t, []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []onnx.Dim{{Param: "batch"}, {Param: "?"}, {Size: 4}}}}, m.Graph.Inputs)
	require.Len(t, m.Graph.Outputs, 2)
	assert.Equal(t, onnx.Value{Name: "w", Type: onnx.Float}, m.Graph.Outputs[1])

	require.Len(t, m.Graph.Nodes, 3)
	assert.Equal(t, onnx.Node{Name: "scale", Op: "Mul", Inputs: []string{"x", "scalar"}, Outputs: []string{"y"}}, m.Graph.Nodes[0])
	assert.Equal(t, onnx.Kind(5), m.Graph.Nodes[1].Attributes[0].Kind, "a graph, of which no more is read")
	own := m.Graph.Nodes[2]
	assert.Equal(t, "example", own.Domain)
	slices.SortFunc(own.Attributes, func(a, b onnx.Attribute) int { return int(a.Kind - b.Kind) })
	assert.Equal(t, []onnx.Attribute{
		{Name: "f", Kind: onnx.KindFloat, Float: 1.5}, {Name: "i", Kind: onnx.KindInt, Int: -3}, {Name: "s", Kind: onnx.KindString, String: "text"},
		{Name: "floats", Kind: onnx.KindFloats, Floats: []float32{1, 2}}, {Name: "ints", Kind: onnx.KindInts, Ints: []int64{1, -2}},
		{Name: "strings", Kind: onnx.KindStrings, Strings: []string{"a", "b"}},
	}, own.Attributes)

	nan, inf := math.NaN(), math.Inf(1)
	want := map[string][]float64{
		"float": {1.5, -2, inf, nan}, "double": {0.1, -1e300}, "int64": {math.MinInt64, 1 << 62}, "int32": {math.MinInt32, 5},
		"int16": {-32768, 5}, "int8": {-128, 127}, "uint64": {1 << 63}, "uint32": {1<<32 - 1}, "uint16": {65535}, "uint8": {0, 255},
		"bool": {1, 0}, "float16": {1.5, -65504}, "bfloat16": {1.5, -2}, "string": nil, "scalar": {-7}, "raw16": {1.5}, "empty": {}, "external": nil,
	}
	require.Len(t, m.Graph.Initializers, len(want))
	for i := range m.Graph.Initializers {
		x := &m.Graph.Initializers[i]
		values, err := x.Float64s()
		if want[x.Name] == nil {
			assert.ErrorIs(t, err, onnx.ErrNoValues, x.Name)
			continue
		}
		require.NoError(t, err)
		require.Len(t, values, len(want[x.Name]), x.Name)
		for i, v := range want[x.Name] {
			assert.True(t, values[i] == v || v != v && values[i] != values[i], "%s: %v", x.Name, values)
		}
		if name, _, _ := bytes.Cut([]byte(x.Name), []byte("1")); string(name) == "int" {
			assert.Equal(t, x.Name, x.Type.String())
		}
	}
	assert.Equal(t, "type 99", onnx.DataType(99).String())
}

// message is a field with a message of the given fields.
func message(number protowire.Number, fields ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), bytes.Join(fields, nil))
}

func number(field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), v)
}

func text(field protowire.Number, s string) []byte { return message(field, []byte(s)) }

func TestReadErrors(t *testing.T) {
	version := number(1, 8)
	model := func(fields ...[]byte) []byte { return append(slices.Clone(version), message(7, fields...)...) }
	tensor := func(fields ...[]byte) []byte { return model(message(5, append([][]byte{text(8, "w")}, fields...)...)) }
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":            {nil, "no version and graph"},
		"no graph":         {version, "no version and graph"},
		"no version":       {message(7), "no version and graph"},
		"noise":            {[]byte("PK\x03\x04 is a zip archive"), "not a protocol buffer"},
		"cut":              {model(text(2, "name"))[:5], "not a protocol buffer"},
		"long field":       {append(slices.Clone(version), 0x3a, 0xff, 0xff, 0xff, 0xff, 0x07), "not a protocol buffer"},
		"endless number":   {append(slices.Clone(version), bytes.Repeat([]byte{0xff}, 20)...), "not a protocol buffer"},
		"graph is number":  {append(slices.Clone(version), number(7, 1)...), "graph: want a message"},
		"name not UTF-8":   {model(text(2, "\xff")), "name of the graph: want text in UTF-8"},
		"node is number":   {model(number(1, 1)), "node: want a message"},
		"ints of floats":   {model(message(1, message(5, text(1, "pads"), protowire.AppendFixed32(protowire.AppendTag(nil, 8, protowire.Fixed32Type), 1)))), `attribute "pads": field 8: want numbers`},
		"packed, cut":      {model(message(1, message(5, text(1, "pads"), text(8, "\xff")))), `attribute "pads": field 8: want packed numbers`},
		"negative":         {tensor(number(1, 1<<63), number(2, 1)), `tensor "w": dimensions [-9223372036854775808]`},
		"product":          {tensor(number(1, 1<<40), number(1, 1<<40), number(2, 1)), `tensor "w": dimensions`},
		"bytes":            {tensor(number(1, 1<<62), number(2, 1)), "too many bytes"},
		"huge and absent":  {tensor(number(1, 1<<40), number(2, 1)), `tensor "w": 0 bytes of elements: want 4398046511104`},
		"too few elements": {tensor(number(1, 2), number(2, 1), text(9, "\x00\x00\x00\x00")), `tensor "w": 4 bytes of elements: want 8, for float of dimensions [2]`},
		"value is number":  {model(number(11, 5)), "value: want a message"},
		"type is number":   {model(message(11, text(1, "x"), number(2, 1))), `input or output "x": type: want a message`},
		"metadata":         {append(model(), number(14, 1)...), "metadata: want a message"},
		"opset":            {append(model(), number(8, 1)...), "opset: want a message"},
		"many nodes":       {model(bytes.Repeat(message(1), 1<<18)), "more than 262144 nodes"},
	} {
		m, err := read(c.data)
		require.ErrorContains(t, err, c.want, name)
		assert.ErrorContains(t, err, "onnx: read: ", name)
		assert.Less(t, len(err.Error()), 300)
		assert.Nil(t, m)
	}
	_, err := onnx.Read(bytes.NewReader(nil), 1<<31)
	assert.ErrorContains(t, err, "want at most 2147483647")
	_, err = onnx.Read(bytes.NewReader(version), 10)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)

	// Fields of later versions, groups among them, are passed over.
	group := protowire.AppendTag(protowire.AppendTag(nil, 90, protowire.StartGroupType), 90, protowire.EndGroupType)
	_, err = read(append(model(text(99, "new"), group), number(98, 1)...))
	assert.NoError(t, err)
}

// full fails after some bytes, as a disk that is full.
type full struct{ left int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	net := network(t, "net", device.Shape{4}, &layers.Linear{In: 4, Out: 2, Bias: true}, &layers.Reshape{Shape: device.Shape{1, 1, 2}})
	m, err := onnx.Export(net, onnx.Options{})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, m.Write(&b))
	for left := range b.Len() {
		require.ErrorIs(t, m.Write(&full{left}), errFull)
	}
	for name, change := range map[string]func(x *onnx.Tensor){
		"length":   func(x *onnx.Tensor) { x.Dims = []int64{3, 4} },
		"bytes":    func(x *onnx.Tensor) { x.Name, x.Type = "w", onnx.Int64 },
		"type":     func(x *onnx.Tensor) { x.Type = onnx.String },
		"negative": func(x *onnx.Tensor) { x.Dims = []int64{-1} },
	} {
		m, err := read(b.Bytes())
		require.NoError(t, err)
		change(&m.Graph.Initializers[0])
		var b bytes.Buffer
		assert.ErrorContains(t, m.Write(&b), "onnx: write: tensor ", name)
		assert.Zero(t, b.Len())
	}
}
