package packed

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
)

// Whatever the bytes are, Read gives an error or a set whose names can all be read, and which comes back
// the same when it is written again, if its pixels are those that it says. With sign the check sums are
// made right first, so that what is behind them is reached.
func FuzzRead(f *testing.F) {
	f.Add(small(f), false)
	f.Add(small(f), true)
	var b bytes.Buffer
	w, err := NewWriter(&b, 2, 1, 3)
	require.NoError(f, err)
	for i, name := range []string{"cats/a.png", "", "猫"} {
		require.NoError(f, w.Add([]byte{byte(i), 1, 2, 3, 4, 5}, name))
	}
	require.NoError(f, w.Close(nil))
	f.Add(b.Bytes(), true)
	f.Fuzz(func(t *testing.T, data []byte, sign bool) {
		if sign {
			data = signed(bytes.Clone(data))
		}
		var a *File
		var err error
		enginetest.AllocatesAtMost(t, 64*len(data)+1<<16, func() { a, err = Read(bytes.NewReader(data), int64(len(data))) })
		if err != nil {
			return
		}
		height, width, c := a.Size()
		var out bytes.Buffer
		w, err := NewWriter(&out, height, width, c)
		require.NoError(t, err)
		pix := make([]byte, height*width*c)
		for i := range a.Len() {
			if a.Image(i, pix) != nil {
				return
			}
			require.NoError(t, w.Add(pix, a.Name(i)))
		}
		sound := a.Verify(t.Context(), nil) == nil
		require.NoError(t, w.Close(a.Metadata()))
		b, err := Read(bytes.NewReader(out.Bytes()), int64(out.Len()))
		require.NoError(t, err)
		require.NoError(t, b.Verify(t.Context(), nil))
		require.Equal(t, a.Metadata(), b.Metadata())
		require.Equal(t, a.Len(), b.Len())
		require.Equal(t, sound, a.PixelSum() == b.PixelSum())
		for i := range a.Len() {
			require.Equal(t, a.Name(i), b.Name(i))
		}
	})
}

// signed makes the sums of index and ends right, if data are long enough to have them.
func signed(data []byte) []byte {
	if len(data) < headerLen+trailerLen {
		return data
	}
	tail := data[len(data)-trailerLen:]
	if at := binary.LittleEndian.Uint64(tail[16:]); at <= uint64(len(data)-trailerLen) {
		sum := sha256.Sum256(data[at : len(data)-trailerLen])
		copy(tail[72:], sum[:])
	}
	return resign(data, false)
}
