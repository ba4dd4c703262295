package datasets

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/packed"
)

// packSource writes a source into a packed file, as it is.
func packSource(t testing.TB, path string, src Images, metadata map[string]string) []byte {
	t.Helper()
	h, w, c := src.Size()
	var b bytes.Buffer
	file, err := packed.NewWriter(&b, h, w, c)
	require.NoError(t, err)
	pix := make([]byte, h*w*c)
	for i := range src.Len() {
		require.NoError(t, src.Read(i, pix))
		require.NoError(t, file.Add(pix, Source(src, i)))
	}
	require.NoError(t, file.Close(metadata))
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o666))
	return b.Bytes()
}

// inputs are the test images, as a source of the given size.
func inputs(t testing.TB, size, channels int) Images {
	src, err := Folder("testdata/inputs", Options{Size: size, Channels: channels})
	require.NoError(t, err)
	return src
}

func TestPackedIsLikeTheFolder(t *testing.T) {
	src := inputs(t, 16, 3)
	path := filepath.Join(t.TempDir(), "inputs.pack")
	packSource(t, path, src, nil)
	want, err := Load(t.Context(), src, LoadOptions{})
	require.NoError(t, err)

	got, err := Packed(path)
	require.NoError(t, err)
	assert.Equal(t, "inputs", got.Name())
	pix := make([]byte, 16*16*3)
	for i := range got.Len() {
		require.NoError(t, got.Read(i, pix))
		assert.Equal(t, want.Image(i), pix)
		assert.Equal(t, want.Source(i), Source(got, i))
	}
	var last []int
	set, err := Load(t.Context(), got, LoadOptions{Progress: func(done, total int) { last = []int{done, total} }})
	require.NoError(t, err)
	assert.Equal(t, want, set, "with pixels, fingerprint, names and sources")
	assert.Equal(t, []int{want.N, want.N}, last)

	opened, err := Open(path, Options{Size: 16, Channels: 3})
	require.NoError(t, err)
	set, err = Load(t.Context(), opened, LoadOptions{})
	require.NoError(t, err)
	assert.Equal(t, want.Fingerprint, set.Fingerprint)

	// A file that took the place of the one that was opened is not taken for it, though its images are of
	// the same size: neither if they are others nor if there are fewer.
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, n := range []int{want.N, want.N - 3} {
		p, err := Packed(path)
		require.NoError(t, err)
		grey, err := NewSet("grey", 16, 16, 3, make([]byte, n*16*16*3))
		require.NoError(t, err)
		packSource(t, path+"2", grey, nil)
		require.NoError(t, os.Rename(path+"2", path))
		_, err = Load(t.Context(), p, LoadOptions{})
		assert.ErrorIs(t, err, ErrNoImages)
		_, err = Load(t.Context(), p, LoadOptions{Strict: true})
		assert.ErrorContains(t, err, want.Source(0))
		require.NoError(t, os.WriteFile(path+"2", kept, 0o666))
		require.NoError(t, os.Rename(path+"2", path))
	}

	// The pixels stay when another file takes the place.
	other := path + ".new"
	packSource(t, other, inputs(t, 8, 1), nil)
	require.NoError(t, os.Rename(other, path))
	assert.Equal(t, want.Pix, set.Pix)
	_, err = Load(t.Context(), opened, LoadOptions{})
	assert.ErrorIs(t, err, ErrNoImages, "what is there now is not what was opened")
}

func TestPackedAtAnotherSize(t *testing.T) {
	src := inputs(t, 16, 3)
	path := filepath.Join(t.TempDir(), "x.pack")
	packSource(t, path, src, map[string]string{"name": "cats"})
	o := Options{Size: 8, Channels: 1}
	want, err := Resized(src, o)
	require.NoError(t, err)
	got, err := Open(path, o)
	require.NoError(t, err)
	assert.Equal(t, "cats (packed as 16×16×3)", got.Name())
	a, b := make([]byte, 64), make([]byte, 64)
	require.NoError(t, want.Read(3, a))
	require.NoError(t, got.Read(3, b))
	assert.Equal(t, a, b)
	assert.Equal(t, Source(src, 3), Source(got, 3))

	same, err := Open(path, Options{Size: 16, Channels: 3})
	require.NoError(t, err)
	assert.Equal(t, "cats", same.Name())
	_, err = Open(path, Options{Size: 16, Channels: 3, MinSide: 17})
	assert.ErrorIs(t, err, ErrImageSize)
}

// A damaged image is left out, by name, as in a folder; the others come.
func TestPackedDamaged(t *testing.T) {
	src := inputs(t, 4, 1)
	path := filepath.Join(t.TempDir(), "x.pack")
	data := packSource(t, path, src, nil)
	data[64+2*16+5]++
	require.NoError(t, os.WriteFile(path, data, 0o666))
	got, err := Packed(path)
	require.NoError(t, err)
	set, err := Load(t.Context(), got, LoadOptions{})
	require.NoError(t, err)
	assert.Equal(t, src.Len()-1, set.N)
	require.Len(t, set.Skipped, 1)
	assert.Equal(t, Source(src, 2), set.Skipped[0].Source)
	assert.ErrorContains(t, set.Skipped[0].Err, "check sum")
	assert.Equal(t, Source(src, 3), set.Source(2))

	_, err = Load(t.Context(), got, LoadOptions{Strict: true})
	assert.ErrorContains(t, err, Source(src, 2))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Load(ctx, got, LoadOptions{})
	assert.ErrorIs(t, err, context.Canceled)
	_, err = Load(t.Context(), got, LoadOptions{MaxBytes: 10})
	assert.ErrorContains(t, err, "the limit is 10")

	require.NoError(t, os.Remove(path))
	assert.ErrorIs(t, got.Read(0, make([]byte, 16)), fs.ErrNotExist)
	assert.ErrorContains(t, got.Read(0, make([]byte, 15)), "dst has 15 bytes")
	assert.ErrorContains(t, got.Read(-1, make([]byte, 16)), "image -1")
}

func TestPackedErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.pack")
	data := packSource(t, path, inputs(t, 4, 1), nil)
	assert.True(t, IsPacked(path))
	for _, n := range []int{8, 100, len(data) - 1} {
		require.NoError(t, os.WriteFile(path, data[:n], 0o666))
		_, err := Packed(path)
		assert.ErrorContains(t, err, "x.pack: packed: read: ")
		_, err = Open(path, small)
		assert.ErrorContains(t, err, "x.pack: packed: read: ")
	}
	_, err := Packed(filepath.Join(dir, "none"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.False(t, IsPacked(filepath.Join(dir, "none")))
	_, err = Packed(dir)
	assert.ErrorContains(t, err, "not a regular file")
	writeFile(t, []string{dir, "a.png"}, level(t, 1))
	_, err = Packed(filepath.Join(dir, "a.png"))
	assert.ErrorContains(t, err, "it is a single image: want a packed set")
	_, err = Archive(path, small)
	assert.ErrorContains(t, err, "it is a packed set: want zip, tar or tar.gz")
}
