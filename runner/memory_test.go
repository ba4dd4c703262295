package runner

import (
	"archive/tar"
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/process"
)

// TestMaxMemory compares limits with a plan, a little above and a little below what it may fill.
func TestMaxMemory(t *testing.T) {
	debug.FreeOSMemory() // what other tests have left
	c := plain(t, "catfaces_1")
	c.DataSize = 100
	p, err := MakePlan(t.Context(), Options{Config: c, MaxMemory: NoMaxMemory, available: func() (int64, error) { return 0, nil }})
	require.NoError(t, err, "who wants no limit has none")
	need := p.MemoryBytes * 21 / 20
	const little = 32 << 20 // the test itself has more memory by and by
	_, err = MakePlan(t.Context(), Options{Config: c, MaxMemory: need + little})
	assert.NoError(t, err)
	_, err = MakePlan(t.Context(), Options{Config: c, MaxMemory: need - little})
	require.ErrorIs(t, err, ErrMemory)
	assert.ErrorContains(t, err, "; the largest part is the kernels' scratch memory with ")
	assert.Regexp(t, `the largest batch that fits is \d+$`, err.Error())
	_, err = MakePlan(t.Context(), Options{Config: c, MaxMemory: need + little, available: func() (int64, error) { return 1 << 20, nil }})
	require.ErrorIs(t, err, ErrMemory)
	assert.ErrorContains(t, err, "and 1.0 MB are available")
}

// TestDataWithinMaxMemory reads hostile data under a limit: a tar file that is larger unpacked, and an image that
// is small as a file.
func TestDataWithinMaxMemory(t *testing.T) {
	c := plain(t, "catfaces_1")
	c.FeaturesGen, c.FeaturesCritic, c.BatchSize, c.CriticIterations, c.GridImages = 4, 4, 2, 1, 4
	folder := t.TempDir()
	encoded := func(w, h int) []byte {
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))))
		return b.Bytes()
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, name := range []string{"a.png", "b.png"} {
		data := append(encoded(64, 64), make([]byte, 100<<20)...)
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}))
		_, err := w.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	packed := filepath.Join(folder, "large.tar")
	require.NoError(t, os.WriteFile(packed, archive.Bytes(), 0o666))
	limit := process.Resident() + 150<<20
	_, err := MakePlan(t.Context(), Options{Config: c, Data: packed, MaxMemory: limit})
	assert.ErrorContains(t, err, "its encoded images take more than the limit of ")

	images := filepath.Join(folder, "images")
	require.NoError(t, os.Mkdir(images, 0o777))
	for name, side := range map[string]int{"a.png": 64, "b.png": 64, "c.png": 7900} {
		require.NoError(t, os.WriteFile(filepath.Join(images, name), encoded(side, side), 0o666))
	}
	limit = process.Resident() + 300<<20
	r, err := Open(t.Context(), Options{Config: c, Data: images, MaxMemory: limit, Root: folder, Threads: 1})
	require.NoError(t, err)
	defer r.Close()
	assert.Equal(t, 2, r.data.Set.N)
	assert.ErrorContains(t, r.data.Set.Skipped[0].Err, "the header says 7900×7900, 62410000 pixels: the limit is ")
}
