package torchfile_test

import (
	"bytes"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/torchfile"
)

// read reads a file from memory.
func read(data []byte) (*torchfile.File, error) {
	return torchfile.Read(bytes.NewReader(data), int64(len(data)))
}

// load reads a file of testdata, which PyTorch wrote, and returns its root.
func load(t testing.TB, name string) (*torchfile.Dict, *torchfile.File) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	f, err := read(data)
	require.NoError(t, err)
	root, ok := f.Root().(*torchfile.Dict)
	require.True(t, ok)
	return root, f
}

// again writes a value and reads it.
func again(t testing.TB, root any) any {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, torchfile.Write(&b, root))
	f, err := read(b.Bytes())
	require.NoError(t, err)
	return f.Root()
}

func TestDTypes(t *testing.T) {
	inf := math.Inf(1)
	for _, name := range []string{"dtypes.pth", "dtypes_legacy.pth"} {
		root, f := load(t, name)
		legacy := strings.Contains(name, "legacy")
		assert.Equal(t, map[bool]torchfile.Format{false: torchfile.Zip, true: torchfile.Legacy}[legacy], f.Format())
		for _, root := range []*torchfile.Dict{root, again(t, root).(*torchfile.Dict)} {
			for key, want := range map[string][]float64{
				"float64":  {0, -1.5, 0x1p-24, 65504, inf},
				"float32":  {0, -1.5, 0x1p-24, 65504, inf},
				"float16":  {0, -1.5, 0x1p-24, 65504, inf},
				"bfloat16": {0, -1.5, 0x1p-24, 65536, inf}, // rounded to 8 bits
			} {
				x := root.Tensor(key)
				require.NotNil(t, x, key)
				assert.Equal(t, torchfile.DType(key), x.DType())
				got, err := x.Float64s()
				require.NoError(t, err)
				assert.Equal(t, want, got[:5], key)
				assert.True(t, math.IsNaN(got[5]), key)
				narrow, err := x.Float32s()
				if key == "float64" {
					assert.ErrorContains(t, err, "tensor of float64 [6]: want type float32")
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, float32(want[3]), narrow[3])
				_, err = x.Int64s()
				assert.ErrorContains(t, err, "want type int64")
			}
			for _, key := range []string{"int64", "int32", "int16", "int8", "uint32", "uint16", "uint8", "bool"} {
				x := root.Tensor(key)
				if legacy && x == nil && strings.HasPrefix(key, "uint") {
					continue
				}
				require.NotNil(t, x, key)
				got, err := x.Int64s()
				require.NoError(t, err)
				want := []int64{0, 1, 2, 100}
				if key == "bool" {
					want = []int64{0, 1, 1, 1}
				}
				assert.Equal(t, want, got, key)
			}
			negative, err := root.Tensor("negative").Int64s()
			require.NoError(t, err)
			assert.Equal(t, []int64{-1, -1 << 40}, negative)
			b, err := root.Tensor("complex64").Bytes()
			require.NoError(t, err)
			assert.Equal(t, []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0}, b[8:16], "1+0i")
			empty := root.Tensor("empty")
			values, err := empty.Float32s()
			require.NoError(t, err)
			assert.Empty(t, values)
			assert.Equal(t, []int{0, 3}, empty.Shape())
			scalar, err := root.Tensor("scalar").Int64s()
			require.NoError(t, err)
			assert.Equal(t, []int64{7}, scalar)
			assert.Empty(t, root.Tensor("scalar").Shape())
		}
	}
}

func TestViews(t *testing.T) {
	for _, name := range []string{"views.pth", "views_legacy.pth"} {
		first, _ := load(t, name)
		for _, root := range []*torchfile.Dict{first, again(t, first).(*torchfile.Dict)} {
			for key, want := range map[string]struct {
				shape, stride []int
				offset        int
				values        []float32
			}{
				"turned":        {[]int{6, 4}, []int{1, 6}, 0, []float32{0, 6, 12, 18, 1, 7, 13, 19, 2, 8, 14, 20, 3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23}},
				"every second":  {[]int{12}, []int{2}, 1, []float32{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23}},
				"corner":        {[]int{2, 3}, []int{6, 1}, 8, []float32{8, 9, 10, 14, 15, 16}},
				"permuted":      {[]int{4, 2, 3}, []int{1, 12, 4}, 0, []float32{0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}},
				"channels last": {[]int{1, 2, 3, 4}, []int{24, 1, 8, 2}, 0, ascending(24)},
				"whole":         {[]int{2, 3, 4}, []int{12, 4, 1}, 0, ascending(24)},
				"repeated":      {[]int{2, 3}, []int{1, 0}, 0, []float32{1, 1, 1, 2, 2, 2}},
			} {
				x := root.Tensor(key)
				require.NotNil(t, x, key)
				got, err := x.Float32s()
				require.NoError(t, err)
				assert.Equal(t, want.values, got, key)
				assert.Equal(t, want.shape, x.Shape(), key)
				assert.Equal(t, want.stride, x.Stride(), key)
				assert.Equal(t, want.offset, x.Offset(), key)
				assert.Equal(t, len(want.values), x.Len(), key)
				shares := key != "channels last" && key != "repeated"
				assert.Equal(t, shares, x.Shares(root.Tensor("whole")), key)
			}
		}
	}
}

func ascending(n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(i)
	}
	return list
}

func TestValues(t *testing.T) {
	huge := new(big.Int).Lsh(big.NewInt(1), 70)
	for _, name := range []string{"values.pth", "values4.pth"} {
		first, _ := load(t, name)
		for _, root := range []*torchfile.Dict{first, again(t, first).(*torchfile.Dict)} {
			get := func(key any) any {
				v, ok := root.Get(key)
				require.True(t, ok, key)
				return v
			}
			assert.Nil(t, get("none"))
			assert.Equal(t, torchfile.NewList(true, false), get("bools"))
			ints := get("ints").(*torchfile.List).Items
			assert.Equal(t, []any{int64(0), int64(255), int64(256), int64(65535), int64(65536), int64(-1), int64(1 << 31), int64(-1 << 40)}, ints[:8])
			assert.Zero(t, huge.Cmp(ints[8].(*big.Int)))
			assert.Zero(t, new(big.Int).Neg(huge).Cmp(ints[9].(*big.Int)))
			assert.Equal(t, 0.1, get("float"))
			assert.Equal(t, "Käse", get("text"))
			assert.Equal(t, torchfile.Tuple{int64(2), int64(3)}, get("size"))
			assert.Equal(t, torchfile.Device("cuda:1"), get("device"))
			assert.Equal(t, torchfile.Float16, get("dtype"))
			tuples := get("tuples").(torchfile.Tuple)
			require.Len(t, tuples, 5)
			for i, tuple := range tuples {
				assert.Len(t, tuple, i)
			}
			assert.Equal(t, "number", get(7))
			assert.Equal(t, "bool", get(true))
			inner := root.Dict("inner")
			assert.True(t, inner.Ordered)
			assert.Equal(t, []any{"a", "b"}, inner.Keys())
			ones, err := inner.Tensor("b").Float32s()
			require.NoError(t, err)
			assert.Equal(t, []float32{1, 1}, ones)
			tagged, err := root.Tensor("tagged").Float32s()
			require.NoError(t, err)
			assert.Equal(t, []float32{3, 3}, tagged, "its attribute is left out")
			module := root.Dict("module")
			assert.Equal(t, []any{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}, module.Keys())
		}
	}
}

// TestWideNumbers is about the byte that holds the sign.
func TestWideNumbers(t *testing.T) {
	for _, bits := range []uint{63, 64, 71, 72, 100, 2038} {
		for _, n := range []*big.Int{new(big.Int).Lsh(big.NewInt(1), bits), new(big.Int).Lsh(big.NewInt(-1), bits), new(big.Int).Lsh(big.NewInt(3), bits-1)} {
			got := again(t, n)
			if small, ok := got.(int64); ok {
				got = big.NewInt(small)
			}
			assert.Zero(t, n.Cmp(got.(*big.Int)), "%v", n)
		}
	}
}

// TestChecksums: PyTorch can be told to write none.
func TestChecksums(t *testing.T) {
	root, _ := load(t, "nocrc.pth")
	values, err := root.Tensor("a").Float32s()
	require.NoError(t, err)
	assert.Equal(t, ascending(24), values)
}

func TestWalk(t *testing.T) {
	root := torchfile.NewDict().Set("a", torchfile.NewDict().Set(0, 1).Set("list", torchfile.NewList(2, torchfile.NewList(), "x")).
		Set("none", torchfile.NewDict())).Set("betas", torchfile.Tuple{0.5, 0.9})
	var got []string
	require.NoError(t, torchfile.Walk(root, func(path string, _ any) error { got = append(got, path); return nil }))
	assert.Equal(t, []string{"a.0", "a.list.0", "a.list.1", "a.list.2", "a.none", "betas"}, got)
	assert.ErrorIs(t, torchfile.Walk(root, func(string, any) error { return os.ErrClosed }), os.ErrClosed)
	circle := torchfile.NewList()
	circle.Items = []any{circle}
	assert.ErrorContains(t, torchfile.Walk(circle, func(string, any) error { return nil }), "nested deeper than 100")
}

func TestSniff(t *testing.T) {
	for name, want := range map[string]bool{
		"\x80\x02\x8a\x0a": true, "\x80\x09": false, "PK\x03\x04": false, "GIF89a": false, "": false,
		"PK\x03\x04" + strings.Repeat("\x00", 22) + "\x08\x00\x00\x00data.pkl": true,
		"PK\x03\x04" + strings.Repeat("\x00", 22) + "\x05\x00\x00\x00x.npy":    false,
	} {
		assert.Equal(t, want, torchfile.Sniff([]byte(name)), "%q", name)
	}
}
