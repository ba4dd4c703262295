package presets_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/datasets"
	"ganlib/formats/packed"
	"ganlib/presets"
)

// packGreys writes n images of one grey value each, 10 times their number, into a packed set.
func packGreys(t *testing.T, path string, n, size, channels int) {
	t.Helper()
	var b bytes.Buffer
	w, err := packed.NewWriter(&b, size, size, channels)
	require.NoError(t, err)
	for i := range n {
		require.NoError(t, w.Add(bytes.Repeat([]byte{byte(10 * i)}, size*size*channels), fmt.Sprintf("%d.png", i)))
	}
	require.NoError(t, w.Close(map[string]string{"name": "greys"}))
	write(t, path, b.Bytes())
}

// A packed set is found where a folder is: at a path, or in the folder's place.
func TestOpenDataPacked(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "greys.pack")
	packGreys(t, path, 9, 64, 3)
	for i := range 9 {
		grey(t, filepath.Join(root, "folder", fmt.Sprintf("%d.png", i)), uint8(10*i))
	}
	c := with(t, "catfaces", root)
	want, err := presets.OpenData(t.Context(), c, presets.DataOptions{Path: filepath.Join(root, "folder")})
	require.NoError(t, err)
	got, err := presets.OpenData(t.Context(), c, presets.DataOptions{Path: path})
	require.NoError(t, err)
	assert.Equal(t, want.Set.Fingerprint, got.Set.Fingerprint)
	assert.Contains(t, got.Description, "greys: 9 images of 64×64×3")

	require.NoError(t, os.Rename(path, filepath.Join(root, "CatFaces")))
	got, err = presets.OpenData(t.Context(), c, presets.DataOptions{})
	require.NoError(t, err)
	assert.Equal(t, want.Set.Fingerprint, got.Set.Fingerprint)

	c.DataSize = 3
	s, err := presets.FindData(c, presets.DataOptions{})
	require.NoError(t, err)
	assert.Equal(t, "6.png", datasets.Source(s.Images(), 2))
	got, err = s.Load(t.Context(), presets.DataOptions{})
	require.NoError(t, err)
	assert.Equal(t, []int{0, 30, 60}, values(got.Set))

	c.DataSize, c.ImageSize = 0, 32
	got, err = presets.OpenData(t.Context(), c, presets.DataOptions{})
	require.NoError(t, err)
	assert.Equal(t, 32, got.Set.W)
	assert.Contains(t, got.Description, "greys (packed as 64×64×3)", "not what was packed")

	points, err := presets.FindData(with(t, "toy-8gaussians", root), presets.DataOptions{})
	require.NoError(t, err)
	assert.Nil(t, points.Images())
}
