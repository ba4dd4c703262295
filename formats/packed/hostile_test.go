package packed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func small(t testing.TB) []byte {
	var b bytes.Buffer
	w, err := NewWriter(&b, 1, 2, 1)
	require.NoError(t, err)
	require.NoError(t, w.Add([]byte{1, 2}, "one"))
	require.NoError(t, w.Add([]byte{3, 4}, "two"))
	require.NoError(t, w.Close(map[string]string{"k": "v"}))
	return b.Bytes()
}

// resign makes check sums right again, as a liar would.
func resign(data []byte, index bool) []byte {
	header, trailer := data[:headerLen], data[len(data)-trailerLen:]
	if index {
		sum := sha256.Sum256(data[128 : len(data)-trailerLen])
		copy(trailer[72:], sum[:])
	}
	binary.LittleEndian.PutUint32(trailer[sumAt:], headSum(header, trailer[:sumAt]))
	return data
}

// Lengths that lie, with correct check sums, are errors, and no memory is taken for them.
func TestLies(t *testing.T) {
	good := small(t)
	end := len(good) - trailerLen
	put64 := func(at int, v uint64) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint64(b[at:], v) }
	}
	put32 := func(at int, v uint32) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint32(b[at:], v) }
	}
	both := func(f, g func([]byte)) func([]byte) { return func(b []byte) { f(b); g(b) } }
	cases := map[string]struct {
		change func([]byte)
		index  bool
		want   string
	}{
		"another magic":         {change: put32(0, 0), want: "it starts with"},
		"another version":       {change: put32(8, 2), want: "version 2: want 1"},
		"no height":             {change: put32(12, 0), want: "images of 0×2×1"},
		"huge width":            {change: put32(16, math.MaxUint32), want: "want sides of 1 to 16384"},
		"two channels":          {change: put32(20, 2), want: "1 or 3 channels"},
		"more in the header":    {change: put32(60, 1), want: "zeros after the dimensions"},
		"no images":             {change: put64(end, 0), want: "0 images"},
		"all images":            {change: put64(end, math.MaxUint64), want: "field 0"},
		"many images":           {change: put64(end, 200), want: "more than the file's"},
		"one image more":        {change: put64(end, 3), want: "describes"},
		"large images":          {change: both(put32(12, 16384), put32(16, 16384)), want: "2 images of 16384×16384×1: more than"},
		"pixels elsewhere":      {change: put64(end+8, 128), want: "pixels at 128"},
		"index elsewhere":       {change: put64(end+16, 192), want: "index at 192: want 128"},
		"index far away":        {change: put64(end+16, 1<<63), want: "field 2"},
		"long names":            {change: put64(end+24, 7), want: "it describes"},
		"names beyond the file": {change: put64(end+24, 1<<40), want: "field 3"},
		"short metadata":        {change: put64(end+32, 8), want: "it describes"},
		"names for metadata":    {change: both(put64(end+24, 0), put64(end+32, 15)), want: "name of image 0"},
		"more in the trailer":   {change: put64(end+104, 1), want: "zeros before its check sum"},
		"padding":               {change: func(b []byte) { b[70] = 1 }, want: "zeros after the pixels"},
		"index":                 {change: put32(128, 7), want: "the index (names and check sums)"},
		"a name's end":          {change: put32(136, 7), index: true, want: "name of image 0"},
		"a name's end, back":    {change: put32(140, 1), index: true, want: "name of image 1"},
		"names' end":            {change: put32(140, 5), index: true, want: "1 bytes after the last name"},
		"a name":                {change: func(b []byte) { b[144] = 0xff }, index: true, want: "UTF-8"},
		"metadata":              {change: func(b []byte) { b[150] = '[' }, index: true, want: "JSON object of strings"},
		"metadata of UTF-16":    {change: func(b []byte) { b[152] = 0xff }, index: true, want: "JSON object of strings"},
		"metadata's value":      {change: func(b []byte) { copy(b[150:], `{"k":123}`) }, index: true, want: "JSON object of strings"},
		"null":                  {change: func(b []byte) { copy(b[150:], `null     `) }, index: true, want: "JSON object of strings"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bad := bytes.Clone(good)
			c.change(bad)
			resign(bad, c.index)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read(bytes.NewReader(bad), int64(len(bad)))
			runtime.ReadMemStats(&after)
			assert.ErrorContains(t, err, c.want)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<10))
		})
	}
}

func TestLimits(t *testing.T) {
	good := small(t)
	_, err := Options{MaxIndex: 30}.Read(bytes.NewReader(good), int64(len(good)))
	assert.ErrorContains(t, err, "index of 31 bytes: want at most 30")
	_, err = Options{MaxIndex: 31}.Read(bytes.NewReader(good), int64(len(good)))
	assert.NoError(t, err)

	// Metadata that no Writer writes.
	tail := make([]byte, MaxMetadata+1)
	long := append(append(bytes.Clone(good[:len(good)-trailerLen]), tail...), good[len(good)-trailerLen:]...)
	binary.LittleEndian.PutUint64(long[len(long)-trailerLen+32:], 9+MaxMetadata+1)
	_, err = Read(bytes.NewReader(resign(long, true)), int64(len(long)))
	assert.ErrorContains(t, err, "metadata of")
}

// All images are right by their own sums, but not all together.
func TestVerifyAll(t *testing.T) {
	bad := small(t)
	bad[len(bad)-trailerLen+40]++
	f, err := Read(bytes.NewReader(resign(bad, false)), int64(len(bad)))
	require.NoError(t, err)
	assert.ErrorContains(t, f.Verify(t.Context(), nil), "the pixels have the SHA-256")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, f.Verify(ctx, nil), context.Canceled)
}

func TestLongNames(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, 1, 1, 1)
	require.NoError(t, err)
	require.NoError(t, w.Add([]byte{1}, strings.Repeat("é", 1<<20)))
	require.NoError(t, w.Close(nil))
	f, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	assert.Len(t, f.Name(0), 2<<20)
	assert.Less(t, len(f.Check(0, []byte{2}).Error()), 1000)
}
