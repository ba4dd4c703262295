package torchfile_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/formats/torchfile"
	"ganlib/internal/enginetest"
)

// Whatever the bytes are, Read gives an error or a file whose tensors can all be read, unless their checksum
// says otherwise, and which comes back the same when it is written again.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.pth")
	require.NoError(f, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add(pickled(f, tensor(storage0, "K\x00K\x04\x85K\x01\x85"), sixteen))
	f.Add(legacyFile(tensor(storage0, "K\x00K\x04\x85K\x01\x85"), "\x80\x02]"+text+"0a.", sixteen))
	f.Fuzz(func(t *testing.T, data []byte) {
		if a := readFrugally(t, data); a != nil {
			roundTrip(t, a)
		}
	})
}

// readFrugally reads a file, nil if it is none, with at most the memory that the package promises: a multiple of
// the pickle, which is shorter than the file.
func readFrugally(t *testing.T, data []byte) (f *torchfile.File) {
	enginetest.AllocatesAtMost(t, 128*len(data)+1<<20, func() {
		if a, err := read(data); err == nil {
			f = a
		}
	})
	return f
}

// FuzzPickle is about the pickle alone, which the checksum of an archive hides from FuzzRead.
func FuzzPickle(f *testing.F) {
	for _, pickle := range []string{
		tensor(storage0, "K\x00K\x04\x85K\x01\x85"),
		"\x80\x02ctorch._utils\n_rebuild_parameter\n" + unended(tensor(storage0, "K\x00))")) + "\x89" + hooks + "\x87R.",
		"\x80\x02ctorch._utils\n_rebuild_tensor_v3\n((X\x07\x00\x00\x00storagectorch.storage\nUntypedStorage\n" + text + "0" + text + "cK\x10tQK\x01K\x02\x85K\x02\x85\x89" + hooks + "ctorch\nuint16\ntR.",
		"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94K\x01K\xffJ\x00\x00\x00\x80M\x01\x02\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x81G\x3f\xf0\x00\x00\x00\x00\x00\x00NU\x01b\x86ee.",
		"\x80\x02" + hooks + "}" + text + "ah\x00sb.", "\x80\x02ctorch\nSize\nK\x01\x85\x85R.", "\x80\x02ctorch\ndevice\n" + text + "cK\x01\x86R.",
	} {
		f.Add([]byte(pickle), []byte(sixteen))
	}
	f.Fuzz(func(t *testing.T, pickle, storage []byte) {
		if a := readFrugally(t, pickled(t, string(pickle), string(storage))); a != nil {
			roundTrip(t, a)
		}
	})
}

// roundTrip writes a file again and compares. Numbers of bytes and texts that are no UTF-8, which only
// Python 2 wrote, stay behind.
func roundTrip(t *testing.T, a *torchfile.File) {
	readAll(t, a)
	var out bytes.Buffer
	if err := torchfile.Write(&out, a.Root()); err != nil {
		return // bytes, texts of Python 2, a damaged storage
	}
	b, err := read(out.Bytes())
	require.NoError(t, err)
	list := func(f *torchfile.File) (paths []string, values []any) {
		require.NoError(t, torchfile.Walk(f.Root(), func(path string, v any) error {
			if x, ok := v.(*torchfile.Tensor); ok {
				data, err := x.Bytes()
				require.NoError(t, err)
				v = []any{x.DType(), x.Shape(), x.Stride(), x.Offset(), data}
			}
			paths, values = append(paths, path), append(values, v)
			return nil
		}))
		return paths, values
	}
	aPaths, aValues := list(a)
	bPaths, bValues := list(b)
	require.Equal(t, aPaths, bPaths)
	require.Equal(t, len(aValues), len(bValues))
	for i := range aValues {
		// As texts, in which NaN equals NaN.
		require.Equal(t, fmt.Sprintf("%T %v", aValues[i], aValues[i]), fmt.Sprintf("%T %v", bValues[i], bValues[i]), aPaths[i])
	}
}
