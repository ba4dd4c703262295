package safetensors_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/formats/safetensors"
	"ganlib/internal/enginetest"
)

// Whatever the bytes are, Read gives an error or a file whose tensors can all be read, and which
// comes back the same when it is written again.
func FuzzRead(f *testing.F) {
	python, err := os.ReadFile("testdata/python.safetensors")
	require.NoError(f, err)
	f.Add(python)
	f.Add(file("{}"))
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, '{', '}'}) // promises 16 MiB
	f.Add(file(`{"a":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[],"data_offsets":[4,5]}}`, 1, 2, 3, 4, 5))
	f.Add(file(`{"__metadata__":{"k":"v"},"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1],"x":[{}]}}`, 1))
	f.Add(file(`{"a":{"dtype":"F64","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a *safetensors.File
		var err error
		enginetest.AllocatesAtMost(t, 64*len(data)+1<<16, func() { a, err = read(data) })
		if err != nil {
			return
		}
		var tensors []safetensors.Tensor
		for _, name := range a.Names() {
			x, err := a.Tensor(name)
			require.NoError(t, err)
			tensors = append(tensors, x)
			if v, _, err := a.Float32s(name); err == nil {
				info, _ := a.Info(name)
				require.Len(t, v, info.Len())
			}
			_, _, _ = a.Float64s(name)
			_, _, _ = a.Int64s(name)
		}
		var out bytes.Buffer
		require.NoError(t, safetensors.Write(&out, tensors, a.Metadata()))
		b, err := read(out.Bytes())
		require.NoError(t, err)
		require.Equal(t, a.Metadata(), b.Metadata())
		require.Equal(t, a.Names(), b.Names())
		for _, want := range tensors {
			got, err := b.Tensor(want.Name)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}
