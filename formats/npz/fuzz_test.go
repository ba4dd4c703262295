package npz_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/formats/npz"
	"ganlib/internal/enginetest"
)

// Whatever the bytes are, ReadArray gives an error or an array that comes back the same when it is
// written again.
func FuzzReadArray(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.npy")
	require.NoError(f, err)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add(file(2, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 1L), }", 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a npz.Array
		var err error
		enginetest.AllocatesAtMost(t, 8*len(data)+1<<20, func() { a, err = npz.ReadArray(bytes.NewReader(data), 1<<20) })
		if err != nil {
			return
		}
		again(t, a)
	})
}

func again(t *testing.T, a npz.Array) {
	var b bytes.Buffer
	require.NoError(t, npz.WriteArray(&b, a))
	got, err := npz.ReadArray(bytes.NewReader(b.Bytes()), 0)
	require.NoError(t, err)
	got.Name = a.Name
	require.Equal(t, len(a.Shape), len(got.Shape))
	require.Equal(t, a.Data, got.Data)
	_, _ = a.Float32s()
	_, _ = a.Int64s()
	if values, err := a.Float64s(); err == nil {
		require.Len(t, values, a.Info().Len())
	}
}

// The same of archives.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"numpy.npz", "numpy_compressed.npz"} {
		data, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(data)
	}
	npy := string(file(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }", 1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(archive(f, zip.Store, [2]string{"a.npy", npy}))
	f.Add(archive(f, zip.Deflate, [2]string{"a.npy", npy}, [2]string{"b", "text"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a *npz.File
		var err error
		enginetest.AllocatesAtMost(t, 64*len(data)+1<<20, func() {
			a, err = npz.Options{MaxBytes: 1 << 20, MaxArrays: 100}.Read(bytes.NewReader(data), int64(len(data)))
		})
		if err != nil {
			return
		}
		for _, name := range a.Names() {
			if x, err := a.Array(name); err == nil {
				again(t, x)
			}
		}
	})
}
