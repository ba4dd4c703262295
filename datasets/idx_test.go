package datasets

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
)

// makeIDX writes idx images.
func makeIDX(n, h, w uint32, pix []byte) []byte {
	b := []byte(idxImagesMagic)
	for _, d := range []uint32{n, h, w} {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, pix...)
}

func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func TestMNIST(t *testing.T) {
	train, test := makeIDX(3, 28, 28, ramp(3*784)), makeIDX(1, 28, 28, ramp(784))
	for _, c := range []struct{ folder, train, test string }{
		{"", "train-images-idx3-ubyte", "t10k-images.idx3-ubyte"},
		{"", "train-images.idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"},
		{"raw", "train-images-idx3-ubyte", "t10k-images-idx3-ubyte"},
	} {
		t.Run(filepath.Join(c.folder, c.train), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "MNIST")
			trainData := train
			if filepath.Ext(c.train) == ".gz" {
				trainData = gzipped(t, train)
			}
			writeFile(t, []string{dir, c.folder, c.train}, trainData)
			writeFile(t, []string{dir, c.folder, c.test}, test) // plain under a .gz name too: browsers unpack

			s, err := MNIST(dir, Train)
			require.NoError(t, err)
			assert.Equal(t, [4]int{3, 28, 28, 1}, [4]int{s.N, s.H, s.W, s.C})
			assert.Equal(t, ramp(3*784), s.Pix)
			assert.Equal(t, "MNIST train", s.Name())
			s, err = MNIST(dir, Test)
			require.NoError(t, err)
			assert.Equal(t, 1, s.N)

			src, err := Open(dir, Options{Size: 16, Channels: 3})
			require.NoError(t, err)
			h, w, ch := src.Size()
			assert.Equal(t, [4]int{3, 16, 16, 3}, [4]int{src.Len(), h, w, ch})
			src, err = Open(filepath.Join(dir, c.folder, c.train), Options{Size: 28, Channels: 1})
			require.NoError(t, err)
			assert.Equal(t, 3, src.Len())
		})
	}
}

func TestMNISTErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := MNIST(dir, Train)
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "no train-images-idx3-ubyte or train-images-idx3-ubyte.gz in "+dir)
	_, err = MNIST(dir, "validation")
	assert.ErrorContains(t, err, `split "validation": want "train" or "test"`)

	file := filepath.Join(dir, "t10k-images-idx3-ubyte")
	writeFile(t, []string{file}, makeIDX(2, 28, 28, ramp(3)))
	_, err = MNIST(dir, Test)
	assert.ErrorContains(t, err, file)
}

func TestReadIDXRefuses(t *testing.T) {
	good := makeIDX(2, 3, 5, ramp(30))
	zipped := gzipped(t, good)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "the header has 0 of 16 bytes"},
		{"half a header", good[:9], "the header has 9 of 16 bytes"},
		{"labels", append([]byte(idxLabelsMagic), good[4:]...), "labels"},
		{"floats", append([]byte("\x00\x00\x0d\x03"), good[4:]...), "starts with 0xd03: want 0x803"},
		{"no images", makeIDX(0, 3, 5, nil), "no images"},
		{"no rows", makeIDX(2, 0, 5, nil), "images of 0×5: want sides"},
		{"wide", makeIDX(1, 1, MaxSide+1, nil), "images of 1×16385: want sides"},
		{"tall", makeIDX(1, MaxSide+1, 1, nil), "images of 16385×1: want sides"},
		{"cut off", good[:45], "cut off: 29 of the 30 pixels"},
		{"left over", append(bytes.Clone(good), 0), "bytes after the 30 pixels"},
		{"above the limit", makeIDX(4, 16, 16, nil), "4 images of 16×16 take 1024 bytes: the limit is 1000"},
		{"vast", makeIDX(1<<32-1, MaxSide, MaxSide, nil), "the limit is 1000"},
		{"gzip cut off", zipped[:len(zipped)-5], "unexpected EOF"},
		{"gzip check sum", append(bytes.Clone(zipped[:len(zipped)-8]), make([]byte, 8)...), "checksum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadIDX(bytes.NewReader(c.data), "digits", 1000)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "datasets: idx: digits: ")
		})
	}
	_, err := ReadIDX(bytes.NewReader(good), "digits", 30)
	assert.NoError(t, err)
}

// A header that promises gigabytes costs no more memory than the bytes that follow it.
func TestReadIDXTrustsNoHeader(t *testing.T) {
	data := makeIDX(1_000_000, 64, 64, ramp(100))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := ReadIDX(bytes.NewReader(data), "x", 0)
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "cut off")
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func FuzzReadIDX(f *testing.F) {
	good := makeIDX(2, 3, 5, ramp(30))
	f.Add(good)
	f.Add(gzipped(f, good))
	f.Add(good[:20])
	f.Add(makeIDX(1<<31, 1<<10, 1<<10, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s *Set
		var err error
		enginetest.AllocatesAtMost(t, 8<<20, func() { s, err = ReadIDX(bytes.NewReader(data), "x", 1<<20) })
		if err != nil {
			return
		}
		require.Equal(t, s.N*s.H*s.W, len(s.Pix))
		dst := make([]byte, s.H*s.W)
		require.NoError(t, s.Read(s.N-1, dst))
	})
}
