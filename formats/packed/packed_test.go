package packed_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/packed"
)

// pack writes n images of 2×3×c, whose bytes count up, under names.
func pack(t testing.TB, c int, metadata map[string]string, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := packed.NewWriter(&b, 2, 3, c)
	require.NoError(t, err)
	for i, name := range names {
		require.NoError(t, w.Add(image(i, 6*c), name))
	}
	require.Equal(t, len(names), w.Len())
	require.NoError(t, w.Close(metadata))
	return b.Bytes()
}

func image(i, length int) []byte {
	pix := make([]byte, length)
	for k := range pix {
		pix[k] = byte(100*i + k)
	}
	return pix
}

func read(data []byte) (*packed.File, error) {
	return packed.Read(bytes.NewReader(data), int64(len(data)))
}

func TestRoundTrip(t *testing.T) {
	for _, c := range []int{1, 3} {
		names := []string{"cats/a.png", "", "cats/ü 猫.jpg", "cats/a.png"}
		meta := map[string]string{"name": "cats", "": "<&>\x00"}
		f, err := read(pack(t, c, meta, names...))
		require.NoError(t, err)
		h, w, channels := f.Size()
		assert.Equal(t, []int{4, 2, 3, c}, []int{f.Len(), h, w, channels})
		assert.Equal(t, meta, f.Metadata())
		pix := make([]byte, 6*c)
		var all []byte
		for i, name := range names {
			assert.Equal(t, name, f.Name(i))
			require.NoError(t, f.Image(i, pix))
			assert.Equal(t, image(i, 6*c), pix)
			assert.NoError(t, f.Check(i, pix))
			all = append(all, pix...)
		}
		assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(all)), f.PixelSum())
		var seen []int
		require.NoError(t, f.Verify(t.Context(), func(done, total int) { seen = append(seen, done, total) }))
		assert.Equal(t, []int{1, 4, 2, 4, 3, 4, 4, 4}, seen)

		f.Metadata()["name"] = "dogs"
		assert.Equal(t, "cats", f.Metadata()["name"])
		assert.Empty(t, f.Name(-1))
		assert.Empty(t, f.Name(4))
	}
	f, err := read(pack(t, 1, nil, "x"))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{}, f.Metadata())
}

// The bytes are those that doc.go describes, put together here by hand.
func TestLayout(t *testing.T) {
	u32 := func(b []byte, v ...uint32) []byte {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		return b
	}
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	header := append(u32([]byte("\x89GPK\r\n\x1a\n"), 1, 2, 3, 1), make([]byte, 40)...)
	one, two := image(0, 6), image(1, 6)
	pixels := append(bytes.Clone(one), two...)
	index := u32(nil, crc32.Checksum(one, castagnoli), crc32.Checksum(two, castagnoli), 1, 3)
	index = append(index, "abc"+`{"k":"v"}`...)
	var trailer []byte
	for _, v := range []uint64{2, 64, 128, 3, 9} {
		trailer = binary.LittleEndian.AppendUint64(trailer, v)
	}
	for _, section := range [][]byte{pixels, index} {
		sum := sha256.Sum256(section)
		trailer = append(trailer, sum[:]...)
	}
	trailer = append(trailer, make([]byte, 12)...)
	trailer = u32(trailer, crc32.Checksum(append(bytes.Clone(header), trailer...), castagnoli))
	trailer = append(trailer, "\x89GPK\r\n\x1a\n"...)
	want := bytes.Join([][]byte{header, pixels, make([]byte, 52), index, trailer}, nil)
	assert.Equal(t, want, pack(t, 1, map[string]string{"k": "v"}, "a", "bc"))
	assert.Len(t, trailer, 128)
}

// No byte of a file can change unnoticed, and a changed pixel is blamed on its image.
func TestEveryByteCounts(t *testing.T) {
	good := pack(t, 3, map[string]string{"k": "v"}, "cats/a.png", "cats/b.png", "c.png")
	for at := range good {
		for _, flip := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(good)
			bad[at] ^= flip
			f, err := read(bad)
			if err == nil {
				err = f.Verify(t.Context(), nil)
			}
			require.Error(t, err, "byte %d xor %#x", at, flip)
			if pixel := at - 64; pixel >= 0 && pixel < 3*18 {
				assert.ErrorContains(t, err, []string{`image 0 ("cats/a.png")`, `image 1 ("cats/b.png")`, `image 2 ("c.png")`}[pixel/18])
				assert.ErrorContains(t, err, "check sum")
			}
		}
	}
}

func TestCutOffAndLonger(t *testing.T) {
	good := pack(t, 1, nil, "a", "b")
	for n := range good {
		_, err := read(good[:n])
		require.Error(t, err, "%d bytes", n)
	}
	_, err := read(good[:len(good)-1])
	assert.ErrorContains(t, err, "cut off")
	_, err = read(append(bytes.Clone(good), 0))
	assert.ErrorContains(t, err, "bytes were added")
	// The size is right, but the reader has less.
	_, err = packed.Read(bytes.NewReader(good[:100]), int64(len(good)))
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	// It is cut off after it was opened.
	f, err := read(good)
	require.NoError(t, err)
	assert.ErrorIs(t, f.On(bytes.NewReader(good[:66])).Image(0, make([]byte, 6)), io.ErrUnexpectedEOF)
}

func TestWriterErrors(t *testing.T) {
	for _, s := range [][3]int{{0, 1, 1}, {1, -1, 1}, {packed.MaxSide + 1, 1, 1}, {1, 1, 2}, {1, 1, 4}} {
		var b bytes.Buffer
		_, err := packed.NewWriter(&b, s[0], s[1], s[2])
		assert.ErrorContains(t, err, fmt.Sprintf("%d×%d×%d", s[0], s[1], s[2]))
		assert.Empty(t, b.Bytes())
	}
	start := func() *packed.Writer {
		w, err := packed.NewWriter(io.Discard, 1, 1, 1)
		require.NoError(t, err)
		return w
	}
	w := start()
	assert.ErrorContains(t, w.Close(nil), "at least 1 image")
	w = start()
	assert.ErrorContains(t, w.Add([]byte{1, 2}, "a"), "image 0: pix has 2 bytes: want 1, an image of 1×1×1")
	assert.ErrorContains(t, w.Add([]byte{1}, "a"), "2 bytes", "the first error stays")
	assert.ErrorContains(t, w.Close(nil), "2 bytes")
	w = start()
	assert.ErrorContains(t, w.Add([]byte{1}, "a\xff"), "UTF-8")
	w = start()
	require.NoError(t, w.Add([]byte{1}, "a"))
	assert.ErrorContains(t, w.Close(map[string]string{"k": "\xff"}), `metadata "k"`)
	w = start()
	require.NoError(t, w.Add([]byte{1}, "a"))
	assert.ErrorContains(t, w.Close(map[string]string{"k": strings.Repeat("x", packed.MaxMetadata)}), "want at most")
	w = start()
	require.NoError(t, w.Add([]byte{1}, "a"))
	require.NoError(t, w.Close(nil))
	assert.ErrorContains(t, w.Close(nil), "closed")
	assert.ErrorContains(t, w.Add([]byte{1}, "b"), "closed")
}

// narrow takes so many bytes and then fails.
type narrow struct{ left int }

var errFull = errors.New("disk full")

func (n *narrow) Write(p []byte) (int, error) {
	if n.left -= len(p); n.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriterPassesErrorsOn(t *testing.T) {
	size := len(pack(t, 1, nil, "a", "b"))
	for room := range size {
		w, err := packed.NewWriter(&narrow{room}, 2, 3, 1)
		for i := 0; err == nil && i < 2; i++ {
			err = w.Add(image(i, 6), string(rune('a'+i)))
		}
		if err == nil {
			err = w.Close(nil)
		}
		require.ErrorIs(t, err, errFull, "%d bytes", room)
	}
}

func TestImageArguments(t *testing.T) {
	f, err := read(pack(t, 1, nil, "a", ""))
	require.NoError(t, err)
	assert.ErrorContains(t, f.Image(2, make([]byte, 6)), "image 2: want 0 to 1")
	assert.ErrorContains(t, f.Check(-1, make([]byte, 6)), "image -1: want 0 to 1")
	assert.ErrorContains(t, f.Image(0, make([]byte, 5)), `image 0 ("a"): 5 bytes: want 6, an image of 2×3×1`)
	assert.ErrorContains(t, f.Check(1, make([]byte, 6)), "image 1: the pixels have the check sum")
}
