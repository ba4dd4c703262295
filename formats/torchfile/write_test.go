package torchfile_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/torchfile"
)

func TestWriteIsDeterministicAndAligned(t *testing.T) {
	root := torchfile.NewOrderedDict().
		Set("weight", torchfile.NewFloat32([]int{2, 3}, ascending(6))).
		Set("count", torchfile.NewInt64(nil, []int64{938})).
		Set("bias", torchfile.NewLazy([]int{3}, func() ([]float32, error) { return ascending(3), nil }))
	var a, b bytes.Buffer
	require.NoError(t, torchfile.Write(&a, root))
	require.NoError(t, torchfile.Write(&b, root))
	assert.Equal(t, a.Bytes(), b.Bytes())

	z, err := zip.NewReader(bytes.NewReader(a.Bytes()), int64(a.Len()))
	require.NoError(t, err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		at, err := f.DataOffset()
		require.NoError(t, err)
		assert.Zero(t, at%64, f.Name)
		r, err := f.Open()
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, r) // compares the checksum
		assert.NoError(t, err)
		assert.Equal(t, zip.Store, f.Method)
	}
	assert.Equal(t, []string{"archive/data.pkl", "archive/byteorder", "archive/data/0", "archive/data/1", "archive/data/2", "archive/version"}, names)

	back := again(t, root).(*torchfile.Dict)
	assert.True(t, back.Ordered)
	assert.Equal(t, []any{"weight", "count", "bias"}, back.Keys())
	weight, err := back.Tensor("weight").Float32s()
	require.NoError(t, err)
	assert.Equal(t, ascending(6), weight)
	count, err := back.Tensor("count").Int64s()
	require.NoError(t, err)
	assert.Equal(t, []int64{938}, count)
}

// What cannot be written is an error that names its place, and nothing has been written.
func TestWriteRefuses(t *testing.T) {
	deep := torchfile.NewList()
	for range 200 {
		deep = torchfile.NewList(deep)
	}
	type other struct{}
	for name, test := range map[string]struct {
		value any
		want  string
	}{
		"kind":     {other{}, `"a.0": a torchfile_test.other cannot be written`},
		"bytes":    {[]byte("x"), `a []uint8 cannot be written`},
		"text":     {"\xff", `want UTF-8`},
		"key":      {torchfile.NewDict().Set(1.5, 1), `key of type float64`},
		"key text": {torchfile.NewDict().Set("\xff", 1), `want UTF-8`},
		"type":     {torchfile.DType("float3"), `type "float3"`},
		"device":   {torchfile.Device("\xff"), `want UTF-8`},
		"tuple":    {torchfile.Tuple{other{}}, `"a.0.0"`},
		"depth":    {deep, `nested deeper than 100`},
		"shape":    {torchfile.NewFloat32([]int{-1}, nil), `shape [-1]`},
		"large":    {torchfile.NewFloat32([]int{math.MaxInt, 2}, nil), `want dimensions of at least 0 whose product fits`},
		"4 GiB":    {torchfile.NewFloat32([]int{1 << 30}, nil), `want `},
		"no data":  {new(torchfile.Tensor), `a tensor of shape []`},
		"number":   {new(big.Int).Lsh(big.NewInt(1), 3000), `want at most 2039`},
	} {
		var b bytes.Buffer
		err := torchfile.Write(&b, torchfile.NewDict().Set("a", torchfile.NewList(test.value)))
		assert.ErrorContains(t, err, test.want, name)
		assert.ErrorContains(t, err, "torchfile: write: ", name)
		assert.Zero(t, b.Len(), name)
	}
}

func TestWriteReportsElements(t *testing.T) {
	broken := errors.New("the device is gone")
	err := torchfile.Write(io.Discard, torchfile.NewLazy([]int{1}, func() ([]float32, error) { return nil, broken }))
	assert.ErrorIs(t, err, broken)
	assert.ErrorIs(t, torchfile.Write(io.Discard, torchfile.NewLazyInt64([]int{1}, func() ([]int64, error) { return nil, broken })), broken)
	err = torchfile.Write(io.Discard, torchfile.NewFloat32([]int{3}, ascending(2)))
	assert.ErrorContains(t, err, "storage 0: 8 bytes were made, want 12")
}

// shortWriter fails after n bytes.
type shortWriter struct{ n int }

func (w *shortWriter) Write(b []byte) (int, error) {
	if w.n -= len(b); w.n < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

func TestWriteReportsTheWriter(t *testing.T) {
	root := torchfile.NewDict().Set("a", torchfile.NewFloat32([]int{1000}, make([]float32, 1000)))
	var b bytes.Buffer
	require.NoError(t, torchfile.Write(&b, root))
	for n := 0; n < b.Len(); n += 97 {
		assert.ErrorIs(t, torchfile.Write(&shortWriter{n}, root), io.ErrShortWrite, n)
	}
}
