package npz_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/npz"
)

// read opens an archive in memory.
func read(data []byte) (*npz.File, error) { return npz.Read(bytes.NewReader(data), int64(len(data))) }

// file is a .npy file with the given header and elements.
func file(version byte, header string, elements ...byte) []byte {
	b := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), elements...)
}

// archive is a zip of the given members, stored or deflated.
func archive(t testing.TB, method uint16, members ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m[0], Method: method})
		require.NoError(t, err)
		_, err = io.WriteString(w, m[1])
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

var samples = []npz.Array{
	{Name: "conv.weight", DType: npz.Float32, Shape: []int{2, 1, 3}, Data: []float32{1, -2.5, float32(math.Inf(1)), 4, 0, 1e-30}},
	{Name: "half", DType: npz.Float16, Shape: []int{3}, Data: []float32{1, 0.1, -70000}},
	{Name: "double", DType: npz.Float64, Shape: []int{2}, Data: []float64{math.Pi, -1e300}},
	{Name: "count", DType: npz.Int64, Data: []int64{-7}},
	{Name: "pixels", DType: npz.Uint8, Shape: []int{2, 2}, Data: []uint8{0, 1, 128, 255}},
	{Name: "short", DType: npz.Int16, Shape: []int{1}, Data: []byte{0xfe, 0xff}},
	{Name: "empty", DType: npz.Float32, Shape: []int{0, 4}, Data: []float32{}},
	{Name: "folder/ärger", DType: npz.Bool, Shape: []int{1, 1, 1, 1}, Data: []byte{1}},
}

func TestRoundTrip(t *testing.T) {
	for _, compress := range []bool{false, true} {
		var b, again bytes.Buffer
		o := npz.WriteOptions{Compress: compress, Comment: "ein Kommentar"}
		require.NoError(t, npz.Write(&b, samples, o))
		reversed := slices.Clone(samples)
		slices.Reverse(reversed)
		require.NoError(t, npz.Write(&again, reversed, o))
		assert.Equal(t, b.Bytes(), again.Bytes(), "equal arrays give equal bytes")

		f, err := read(b.Bytes())
		require.NoError(t, err)
		assert.Equal(t, "ein Kommentar", f.Comment())
		assert.Equal(t, []string{"conv.weight", "count", "double", "empty", "folder/ärger", "half", "pixels", "short"}, f.Names())
		for _, want := range samples {
			got, err := f.Array(want.Name)
			require.NoError(t, err)
			assert.Equal(t, want.DType, got.DType)
			assert.Equal(t, append([]int{}, want.Shape...), append([]int{}, got.Shape...))
			a, err := want.Float64s()
			require.NoError(t, err)
			b, err := got.Float64s()
			require.NoError(t, err)
			assert.Equal(t, a, b, want.Name)
		}
		half, err := f.Array("half")
		require.NoError(t, err)
		floats, err := half.Float32s()
		require.NoError(t, err)
		assert.Equal(t, []float32{1, 0.099975586, float32(math.Inf(-1))}, floats)
	}
}

func TestReadArray(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, npz.WriteArray(&b, samples[0]))
	assert.Zero(t, bytes.IndexByte(b.Bytes(), '\x93'))
	assert.Zero(t, (b.Len()-24)%64, "elements begin at a multiple of 64")
	a, err := npz.ReadArray(bytes.NewReader(b.Bytes()), 0)
	require.NoError(t, err)
	values, err := a.Float32s()
	require.NoError(t, err)
	assert.Equal(t, samples[0].Data, values)
	_, err = npz.ReadArray(bytes.NewReader(b.Bytes()), 23)
	assert.ErrorContains(t, err, "24 bytes of elements: want at most 23")
}

// TestNumpyFixtures reads what NumPy wrote: testdata/make_numpy.py.
func TestNumpyFixtures(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	count := func(n int) (list []float64) {
		for i := range n {
			list = append(list, float64(i))
		}
		return list
	}
	want := map[string][]float64{
		"f4": {1.5, -2.25, 3, inf, -inf, nan}, "f8": {0.1, -1e300}, "f2": {1, -0.5, 65504, 5.960464477539063e-08, inf},
		"big.f4": {1.5, -2, 3, 4}, "fortran": count(24), "fortran.f4": count(6),
		"i8": {math.MinInt64, math.MaxInt64}, "i2": {-32768, 32767}, "i1": {-128, 127}, "u8": {1 << 63}, "u4": {1<<32 - 1},
		"u2": {65535}, "u1": {0, 255}, "bool": {1, 0}, "scalar": {-7}, "empty": {}, "layer/weight": {1, 1},
	}
	for _, name := range []string{"numpy.npz", "numpy_compressed.npz"} {
		data, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		f, err := read(data)
		require.NoError(t, err)
		assert.Len(t, f.Names(), len(want)+1)
		for array, values := range want {
			a, err := f.Array(array)
			require.NoError(t, err, array)
			got, err := a.Float64s()
			require.NoError(t, err, array)
			require.Len(t, got, len(values), array)
			for i := range got {
				assert.True(t, got[i] == values[i] || got[i] != got[i] && values[i] != values[i], "%s %v", array, got)
			}
		}
		a, err := f.Array("i8")
		require.NoError(t, err)
		ints, err := a.Int64s()
		require.NoError(t, err)
		assert.Equal(t, []int64{math.MinInt64, math.MaxInt64}, ints)
		in, ok := f.Info("fortran")
		assert.True(t, ok)
		assert.Equal(t, []int{2, 3, 4}, in.Shape)
		text, err := f.Array("text")
		require.NoError(t, err)
		assert.Equal(t, npz.DType("<U3"), text.DType)
		assert.Equal(t, []byte("c\x00\x00\x00a\x00\x00\x00t\x00\x00\x00"), text.Data)
		_, err = text.Float64s()
		assert.ErrorContains(t, err, `npz: array "text": has type "<U3", want numbers`)
		_, err = f.Array("missing")
		assert.ErrorIs(t, err, npz.ErrMissing)
	}
	for version := range 3 {
		data, err := os.ReadFile(fmt.Sprintf("testdata/version%d.npy", version+1))
		require.NoError(t, err)
		a, err := npz.ReadArray(bytes.NewReader(data), 0)
		require.NoError(t, err)
		got, err := a.Float32s()
		require.NoError(t, err)
		assert.Equal(t, []float32{0, 1, 2, 3, 4, 5}, got)
	}
	for name, want := range map[string]string{"object.npy": "pickles, which are never read", "structured.npy": "structured types are not read"} {
		data, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		_, err = npz.ReadArray(bytes.NewReader(data), 0)
		assert.ErrorContains(t, err, want)
	}
}

func TestHeaderErrors(t *testing.T) {
	good := "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n"
	with := func(old, new string) []byte { return file(1, strings.Replace(good, old, new, 1), 0, 0, 0, 0) }
	cases := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "unexpected EOF"},
		{"other file", []byte("PK\x03\x04 and so on"), "not a .npy file"},
		{"version 0", file(0, good), "version 0.0"},
		{"version 4", file(4, good), "version 4.0"},
		{"version 1.1", append([]byte("\x93NUMPY\x01\x01"), 0, 0), "version 1.1"},
		{"no length", []byte("\x93NUMPY\x02\x00\x01"), "unexpected EOF"},
		{"long header", []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), "header of 4294967295 bytes"},
		{"cut header", file(1, good)[:30], "unexpected EOF"},
		{"no elements", file(1, good), "4 bytes of elements: unexpected EOF"},
		{"cut elements", file(1, good, 1, 2, 3), "unexpected EOF"},
		{"no dictionary", file(1, "[]"), `want "{"`},
		{"unfinished", file(1, "{'descr': '<f4'"), `want "}"`},
		{"no keys", file(1, "{}"), "want descr, fortran_order and shape"},
		{"two keys", with("'shape': (1,), ", ""), "want descr, fortran_order and shape"},
		{"twice", with("'shape': (1,)", "'descr': '<f4'"), `"descr" appears twice`},
		{"another key", with("'shape'", "'form'"), `key "form"`},
		{"after it", with("}", "} x"), `" x\n" after the dictionary`},
		{"escape", with("'<f4'", `'<f\x34'`), "want a text in quotes"},
		{"truth", with("False", "0"), `want "False"`},
		{"negative", with("(1,)", "(-1,)"), "want a dimension"},
		{"real", with("(1,)", "(1.0,)"), `want ")"`},
		{"list", with("(1,)", "[1]"), `want "("`},
		{"endless tuple", with("(1,)", "(1,"), `want a dimension`},
		{"no integer", with("(1,)", "(99999999999999999999,)"), "want a dimension"},
		{"rank", with("(1,)", "("+strings.Repeat("1,", 65)+")"), "more than 64 dimensions"},
		{"product", with("(1,)", "(4294967296, 4294967296, 0)"), "too many bytes"},
		{"bytes", with("(1,)", "(4611686018427387904,)"), "too many bytes"},
		{"huge", with("(1,)", "(1000000000000,)"), "want at most 4294967296"},
		{"promise", with("(1,)", "(1000000000,)"), "4000000000 bytes of elements: unexpected EOF"},
		{"no type", with("'<f4'", "''"), `type ""`},
		{"no size", with("'<f4'", "'<f'"), "want a size"},
		{"size 0", with("'<f4'", "'<V0'"), "elements of 0 bytes"},
		{"wide", with("'<f4'", "'|V2147483647'"), "elements of 2147483647 bytes"},
		{"objects", with("'<f4'", "'|O'"), "never read"},
		{"times", with("'<f4'", "'<M8[s]'"), "want numbers"},
		{"structured", with("'<f4'", "[('a', '<f4')]"), "structured types"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, err := npz.ReadArray(bytes.NewReader(c.data), 0)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "npz: read array: ")
			assert.Less(t, len(err.Error()), 500)
			assert.Zero(t, a)
		})
	}
	for _, accepted := range []string{
		good, `{"shape": (1L,),"fortran_order":True,"descr":'=f4'}`, "{'descr': '<f4', 'fortran_order': False, 'shape': ( 1 , ) , } \t\n",
		"{'descr': '<f4', 'fortran_order': True, 'shape': (), }",
	} {
		_, err := npz.ReadArray(bytes.NewReader(file(2, accepted, 0, 0, 0, 0)), 0)
		assert.NoError(t, err, accepted)
	}
}

func TestArchiveErrors(t *testing.T) {
	good := string(file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 0, 0, 128, 63))
	long := string(file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 0, 0, 128, 63))
	f, err := read(archive(t, zip.Deflate, [2]string{"a.npy", good}, [2]string{"readme.txt", "hello"}))
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, f.Names())

	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":      {nil, "npz: read: zip"},
		"no archive": {[]byte(good), "npz: read: zip"},
		"cut":        {archive(t, zip.Store, [2]string{"a.npy", good})[:90], "npz: read: zip"},
		"twice":      {archive(t, zip.Store, [2]string{"a.npy", good}, [2]string{"a.npy", good}), `array "a": appears twice`},
		"no array":   {archive(t, zip.Store, [2]string{"b.npy", "hello, numpy"}), `array "b": not a .npy file`},
		"too short":  {archive(t, zip.Deflate, [2]string{"b.npy", long}), `array "b": 4 bytes of elements: want 8`},
		"too long":   {archive(t, zip.Store, [2]string{"b.npy", good + "x"}), `array "b": 5 bytes of elements: want 4`},
		"name":       {archive(t, zip.Store, [2]string{"\xff.npy", good}), "want a name in UTF-8"},
	} {
		_, err := read(c.data)
		assert.ErrorContains(t, err, c.want, name)
	}

	two := archive(t, zip.Store, [2]string{"a.npy", good}, [2]string{"b.npy", good})
	_, err = npz.Options{MaxArrays: 1}.Read(bytes.NewReader(two), int64(len(two)))
	assert.ErrorContains(t, err, "more than 1 arrays")
	f, err = npz.Options{MaxBytes: 3}.Read(bytes.NewReader(two), int64(len(two)))
	require.NoError(t, err)
	_, err = f.Array("a")
	assert.ErrorContains(t, err, "want at most 3")

	// A changed element is seen by its checksum.
	damaged := bytes.Replace(two, []byte{0, 0, 128, 63}, []byte{0, 0, 128, 64}, 1)
	f, err = read(damaged)
	require.NoError(t, err)
	_, err = f.Array("a")
	assert.ErrorIs(t, err, zip.ErrChecksum)

	// A directory that promises more than deflate can hold costs no memory.
	bomb := archive(t, zip.Deflate, [2]string{"a.npy", string(file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }"))})
	at := bytes.LastIndex(bomb, []byte("PK\x01\x02")) // its directory
	require.Positive(t, at)
	binary.LittleEndian.PutUint32(bomb[at+24:], 4_000_000_076)
	_, err = read(bomb)
	assert.ErrorContains(t, err, "more than the file can hold")
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
	one := npz.Array{Name: "x", DType: npz.Float32, Shape: []int{2}, Data: []float32{1, 2}}
	change := func(f func(*npz.Array)) []npz.Array {
		a := one
		f(&a)
		return []npz.Array{a}
	}
	for name, arrays := range map[string][]npz.Array{
		"length":    change(func(a *npz.Array) { a.Shape = []int{3} }),
		"type":      change(func(a *npz.Array) { a.DType = npz.Float64 }),
		"bytes":     change(func(a *npz.Array) { a.Data = []byte{1} }),
		"nil":       change(func(a *npz.Array) { a.Data = nil }),
		"objects":   change(func(a *npz.Array) { a.DType, a.Data = "|O", []byte{} }),
		"negative":  change(func(a *npz.Array) { a.Shape = []int{-2} }),
		"rank":      change(func(a *npz.Array) { a.Shape = slices.Repeat([]int{1}, 65) }),
		"no name":   change(func(a *npz.Array) { a.Name = "" }),
		"name":      change(func(a *npz.Array) { a.Name = `a\b` }),
		"not UTF-8": change(func(a *npz.Array) { a.Name = "\xff" }),
		"long name": change(func(a *npz.Array) { a.Name = strings.Repeat("x", 65_532) }),
		"twice":     {one, one},
	} {
		var b bytes.Buffer
		err := npz.Write(&b, arrays, npz.WriteOptions{})
		require.ErrorContains(t, err, "npz: write: array ", name)
		assert.Less(t, len(err.Error()), 400)
		assert.Zero(t, b.Len(), name)
	}
	assert.ErrorContains(t, npz.Write(io.Discard, nil, npz.WriteOptions{Comment: strings.Repeat("x", 65_536)}), "comment of 65536 bytes")
	var whole bytes.Buffer
	require.NoError(t, npz.Write(&whole, []npz.Array{one}, npz.WriteOptions{}))
	for left := range whole.Len() {
		assert.ErrorIs(t, npz.Write(&full{left}, []npz.Array{one}, npz.WriteOptions{}), errFull, left)
	}
	assert.ErrorIs(t, npz.WriteArray(&full{100}, one), errFull)
}
