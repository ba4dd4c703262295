package datasets

import (
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var small = Options{Size: 2, Channels: 1}

// level is a PNG of 2×2 pixels of one grey value.
func level(t testing.TB, v byte) []byte {
	m := image.NewGray(image.Rect(0, 0, 2, 2))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	return encodePNG(t, m)
}

func writeFile(t testing.TB, elements []string, data []byte) {
	name := filepath.Join(elements...)
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
	require.NoError(t, os.WriteFile(name, data, 0o666))
}

// sources lists where the images of src come from, with the grey value of each first pixel.
func sources(t *testing.T, src Images) (names []string, values []byte) {
	h, w, c := src.Size()
	pix := make([]byte, h*w*c)
	for i := range src.Len() {
		require.NoError(t, src.Read(i, pix))
		names, values = append(names, Source(src, i)), append(values, pix[0])
	}
	return names, values
}

func TestFolderChoosesAndSorts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Cats")
	for i, name := range []string{"b/2.png", "b/10.png", "a/deep/er/x.PNG", "a.jpeg", "z.JPG", "a-b/1.gif"} {
		writeFile(t, []string{dir, name}, level(t, byte(i))) // all are PNG: the content counts
	}
	for _, name := range []string{"labels.csv", ".hidden.png", "b/._2.png", ".git/x.png", "b/.cache/deep/x.png", "png"} {
		writeFile(t, []string{dir, name}, []byte("not an image"))
	}
	src, err := Folder(dir, small)
	require.NoError(t, err)
	names, values := sources(t, src)
	assert.Equal(t, []string{"a-b/1.gif", "a.jpeg", "a/deep/er/x.PNG", "b/10.png", "b/2.png", "z.JPG"}, names)
	assert.Equal(t, []byte{5, 3, 2, 1, 0, 4}, values)
	assert.Equal(t, "Cats", src.Name())
}

func TestFolderLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making symbolic links needs a privilege on Windows")
	}
	top := t.TempDir()
	dir := filepath.Join(top, "data")
	writeFile(t, []string{dir, "real/1.png"}, level(t, 1))
	writeFile(t, []string{top, "outside.png"}, level(t, 2))
	for link, target := range map[string]string{
		"inside.png":   "real/1.png",
		"outside.png":  "../outside.png",
		"absolute.png": filepath.Join(top, "outside.png"),
		"dangling.png": "nowhere.png",
		"loop.png":     "loop.png",
		"folder":       "real",
		"up":           "..",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, link)))
	}
	require.NoError(t, os.Symlink(dir, filepath.Join(top, "elsewhere")))
	for _, name := range []string{"data", "elsewhere"} {
		src, err := Folder(filepath.Join(top, name), small)
		require.NoError(t, err)
		names, values := sources(t, src)
		assert.Equal(t, []string{"inside.png", "real/1.png"}, names)
		assert.Equal(t, []byte{1, 1}, values)
	}
}

func TestFolderErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := Folder(filepath.Join(dir, "nowhere"), small)
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "nowhere")

	writeFile(t, []string{dir, "notes.txt"}, nil)
	_, err = Folder(filepath.Join(dir, "notes.txt"), small)
	assert.ErrorContains(t, err, "notes.txt")

	_, err = Folder(dir, small)
	assert.ErrorIs(t, err, ErrNoImages)
	assert.ErrorContains(t, err, "1 other files")
}

func TestFolderReadNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, []string{dir, "cats/a.png"}, level(t, 1)[:40])
	writeFile(t, []string{dir, "cats/b.png"}, level(t, 1))
	src, err := Folder(dir, small)
	require.NoError(t, err)
	dst := make([]byte, 4)
	assert.ErrorContains(t, src.Read(0, dst), "cats/a.png: the file is cut off")
	require.NoError(t, os.Remove(filepath.Join(dir, "cats", "b.png")))
	assert.ErrorIs(t, src.Read(1, dst), fs.ErrNotExist)
	assert.ErrorContains(t, src.Read(2, dst), "image 2: want 0 to 1")
	assert.ErrorContains(t, src.Read(-1, dst), "image -1: want 0 to 1")
	assert.ErrorContains(t, src.Read(1, dst[:3]), "dst has 3 bytes: want 4, an image of 2×2×1")
}
