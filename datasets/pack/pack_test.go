package pack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/draw"

	"ganlib/datasets"
	"ganlib/datasets/drawn"
	"ganlib/datasets/pack"
	"ganlib/formats/packed"
)

var small = datasets.Options{Size: 32, Channels: 3}

// face is the i-th drawn face, of 64×64 pixels.
func face(t testing.TB, i int) image.Image {
	f, err := drawn.New(7, i+1, 64, 3)
	require.NoError(t, err)
	return f.Face(i)
}

func encoded(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

func encodedJPEG(t testing.TB, m image.Image, quality int) []byte {
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}))
	return b.Bytes()
}

func scaled(m image.Image, side int) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(out, out.Rect, m, m.Bounds(), draw.Src, nil)
	return out
}

func mirrored(m image.Image) image.Image {
	out := image.NewRGBA(m.Bounds())
	w := m.Bounds().Dx()
	for y := range m.Bounds().Dy() {
		for x := range w {
			out.Set(x, y, m.At(w-1-x, y))
		}
	}
	return out
}

// folder writes files in the order of their names, or backwards.
func folder(t testing.TB, files map[string][]byte, backwards bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "faces")
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	if backwards {
		slices.Reverse(names)
	}
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, files[name], 0o666))
	}
	return dir
}

func open(t testing.TB, dir string, o datasets.Options) datasets.Images {
	t.Helper()
	src, err := datasets.Open(dir, o)
	require.NoError(t, err)
	return src
}

func build(t testing.TB, src datasets.Images, o pack.Options) ([]byte, *pack.Report) {
	t.Helper()
	var b bytes.Buffer
	r, err := pack.Build(t.Context(), src, &b, o)
	require.NoError(t, err)
	return b.Bytes(), r
}

// faces is a folder with eight different faces, and others that should go.
func faces(t testing.TB) map[string][]byte {
	files := map[string][]byte{}
	for i := range 8 {
		files[fmt.Sprintf("a/%d.png", i)] = encoded(t, face(t, i))
	}
	files["b/exact.png"] = files["a/3.png"]
	files["b/jpeg.jpg"] = encodedJPEG(t, face(t, 0), 60)
	files["b/scaled.png"] = encoded(t, scaled(face(t, 1), 100))
	files["b/mirrored.png"] = encoded(t, mirrored(face(t, 2)))
	files["b/small.png"] = encoded(t, scaled(face(t, 9), 20))
	files["b/broken.jpg"] = []byte("\xff\xd8 nothing more")
	return files
}

func TestBuild(t *testing.T) {
	o := small
	o.MinSide = 40
	src := open(t, folder(t, faces(t), false), o)
	options := pack.Defaults()
	options.Metadata = map[string]string{"crop": "none", "images": "a lie"}
	var last []int
	options.Progress = func(done, total int) { last = []int{done, total} }
	data, r := build(t, src, options)
	assert.Equal(t, []int{14, 14}, last)
	assert.Equal(t, []int{14, 8}, []int{r.Images, r.Kept})

	f, err := packed.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	require.NoError(t, f.Verify(t.Context(), nil))
	assert.Equal(t, 8, f.Len())
	want := make([]byte, 32*32*3)
	got := make([]byte, 32*32*3)
	for i := range 8 {
		assert.Equal(t, fmt.Sprintf("a/%d.png", i), f.Name(i))
		require.NoError(t, src.Read(i, want))
		require.NoError(t, f.Image(i, got))
		assert.Equal(t, want, got)
	}
	assert.Equal(t, map[string]string{
		"name": "faces", "crop": "none", "images": "14", "duplicates": "near", "duplicates.bits": "32",
		"removed.unreadable": "1", "removed.size": "1", "removed.exact_duplicate": "1", "removed.near_duplicate": "3",
	}, f.Metadata())

	require.Len(t, r.Removed, 6)
	by := map[string]pack.Removal{}
	for i, x := range r.Removed {
		assert.Equal(t, i+8, x.Index)
		by[x.Source] = x
	}
	assert.Equal(t, pack.Unreadable, by["b/broken.jpg"].Reason)
	assert.ErrorContains(t, by["b/broken.jpg"].Err, "cut off")
	assert.Equal(t, pack.OtherSize, by["b/small.png"].Reason)
	assert.ErrorIs(t, by["b/small.png"].Err, datasets.ErrImageSize)
	assert.Equal(t, pack.Removal{Index: 9, Source: "b/exact.png", Reason: pack.ExactCopy, Of: "a/3.png"}, by["b/exact.png"])
	for name, of := range map[string]string{"jpeg.jpg": "a/0.png", "scaled.png": "a/1.png", "mirrored.png": "a/2.png"} {
		x := by["b/"+name]
		assert.Equal(t, pack.NearDuplicate, x.Reason, name)
		assert.Equal(t, of, x.Of, name)
		assert.Equal(t, name == "mirrored.png", x.Mirrored, name)
		assert.LessOrEqual(t, x.Bits, pack.DefaultBits)
	}
	assert.Zero(t, by["b/mirrored.png"].Bits, "at 64×64 to 32×32 mirroring loses nothing")
	assert.Equal(t, 3, r.Count(pack.NearDuplicate))
}

// Without cropping and filters the set is the folder's: same pixels, same order, same fingerprint.
func TestSameAsTheFolder(t *testing.T) {
	files := faces(t)
	for i := 0; i < 5; i++ { // copies stay too
		files[fmt.Sprintf("c/%d.png", i)] = files["a/0.png"]
	}
	src := open(t, folder(t, files, false), small)
	want, err := datasets.Load(t.Context(), src, datasets.LoadOptions{})
	require.NoError(t, err)
	data, r := build(t, src, pack.Options{Duplicates: pack.Keep})
	assert.Equal(t, want.N, r.Kept)
	path := filepath.Join(t.TempDir(), "faces.pack")
	require.NoError(t, os.WriteFile(path, data, 0o666))
	got, err := datasets.Load(t.Context(), open(t, path, small), datasets.LoadOptions{})
	require.NoError(t, err)
	assert.Equal(t, want.Fingerprint, got.Fingerprint)
	assert.Equal(t, want.Name(), got.Name())
	for i := range want.N {
		assert.Equal(t, want.Source(i), got.Source(i))
	}
	// Of distinct images, so it is by default.
	for name := range files {
		if name[0] != 'a' {
			delete(files, name)
		}
	}
	src = open(t, folder(t, files, false), small)
	want, err = datasets.Load(t.Context(), src, datasets.LoadOptions{})
	require.NoError(t, err)
	data, _ = build(t, src, pack.Defaults())
	require.NoError(t, os.WriteFile(path, data, 0o666))
	got, err = datasets.Load(t.Context(), open(t, path, small), datasets.LoadOptions{})
	require.NoError(t, err)
	assert.Equal(t, want.Fingerprint, got.Fingerprint)
}

// Neither the order in which files were made nor the number of workers shows in the bytes; nor does an
// archive of the folder.
func TestSameBytes(t *testing.T) {
	files := faces(t)
	var first []byte
	for _, backwards := range []bool{false, true} {
		src := open(t, folder(t, files, backwards), small)
		for _, workers := range []int{0, 1, 2, 7, 64} {
			o := pack.Defaults()
			o.Workers = workers
			data, _ := build(t, src, o)
			if first == nil {
				first = data
			}
			assert.True(t, bytes.Equal(first, data), "backwards %v, %d workers", backwards, workers)
		}
	}
	// And a set that is packed again stays as it is, but for what was counted.
	path := filepath.Join(t.TempDir(), "x.pack")
	require.NoError(t, os.WriteFile(path, first, 0o666))
	again, r := build(t, open(t, path, small), pack.Defaults())
	assert.Empty(t, r.Removed)
	a, err := packed.Read(bytes.NewReader(first), int64(len(first)))
	require.NoError(t, err)
	b, err := packed.Read(bytes.NewReader(again), int64(len(again)))
	require.NoError(t, err)
	assert.Equal(t, a.PixelSum(), b.PixelSum())
	assert.Equal(t, a.Name(7), b.Name(7))
}

func TestDuplicatesModes(t *testing.T) {
	src := open(t, folder(t, faces(t), false), small)
	for _, c := range []struct {
		o    pack.Options
		kept int
	}{
		{pack.Options{Duplicates: pack.Keep}, 13},
		{pack.Options{Duplicates: pack.Exact}, 12},
		{pack.Options{Duplicates: pack.Near, Bits: 0}, 11}, // the mirror image
		{pack.Defaults(), 9},
	} {
		_, r := build(t, src, c.o)
		assert.Equal(t, c.kept, r.Kept, "%+v", c.o)
	}
}

// Different faces are not duplicates, and flat pictures of different colours neither.
func TestNoFalseDuplicates(t *testing.T) {
	different, err := drawn.New(3, 400, 32, 3)
	require.NoError(t, err)
	_, r := build(t, different, pack.Defaults())
	assert.Empty(t, r.Removed)

	files := map[string][]byte{}
	for i := range 6 {
		m := image.NewRGBA(image.Rect(0, 0, 32, 32))
		draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{uint8(i * 50), 90, uint8(255 - i*50), 255}), image.Point{}, draw.Src)
		files[fmt.Sprintf("%d.png", i)] = encoded(t, m)
	}
	_, r = build(t, open(t, folder(t, files, false), small), pack.Defaults())
	assert.Empty(t, r.Removed)
}

// What maxColour and DefaultBits are said to leave room for.
func TestNearDuplicatesOfDrawnFaces(t *testing.T) {
	removed := map[string]int{}
	const n = 20
	for i := range n {
		m := face(t, i)
		for name, file := range map[string][]byte{
			"jpeg 50": encodedJPEG(t, m, 50), "twice": encoded(t, scaled(m, 128)), "mirrored jpeg": encodedJPEG(t, mirrored(m), 75),
			"another": encoded(t, face(t, i+n)),
		} {
			files := map[string][]byte{"a.png": encoded(t, m), "b.jpg": file}
			_, r := build(t, open(t, folder(t, files, false), datasets.Options{Size: 64, Channels: 3}), pack.Defaults())
			removed[name] += len(r.Removed)
		}
	}
	assert.InDelta(t, n, removed["jpeg 50"], 2, "a few differ in more bits: see DefaultBits")
	assert.Equal(t, []int{n, n, 0}, []int{removed["twice"], removed["mirrored jpeg"], removed["another"]})
}

// broken is a source whose images from bad on cannot be read.
type broken struct {
	datasets.Images
	bad int
}

var errBroken = errors.New("broken")

func (b broken) Read(i int, dst []byte) error {
	if i >= b.bad {
		return fmt.Errorf("image %d: %w", i, errBroken)
	}
	return b.Images.Read(i, dst)
}

// empty is a source of nothing.
type empty struct{ datasets.Images }

func (empty) Len() int { return 0 }

// full is a disk without room.
type full struct{ room int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestBuildErrors(t *testing.T) {
	src, err := drawn.New(1, 40, 16, 3)
	require.NoError(t, err)
	fail := func(src datasets.Images, o pack.Options) error {
		var b bytes.Buffer
		r, err := pack.Build(t.Context(), src, &b, o)
		assert.Nil(t, r)
		return err
	}
	strict := pack.Defaults()
	strict.Strict, strict.Workers = true, 8
	for range 5 {
		assert.ErrorContains(t, fail(broken{src, 11}, strict), "image 11", "the first, whatever the workers' order")
	}
	err = fail(broken{src, 0}, pack.Defaults())
	assert.ErrorIs(t, err, datasets.ErrNoImages)
	assert.ErrorContains(t, err, "all 40 were left out; the first, image 0: image 0: broken")
	assert.ErrorIs(t, fail(empty{src}, pack.Defaults()), datasets.ErrNoImages)
	assert.ErrorContains(t, fail(src, pack.Options{}), `duplicates "": want keep, exact or near`)
	assert.ErrorContains(t, fail(src, pack.Options{Duplicates: pack.Near, Bits: 40}), "bits 40: want 0 to 39, of the 480")
	assert.ErrorContains(t, fail(src, pack.Options{Duplicates: pack.Keep, Workers: -1}), "workers -1")
	assert.ErrorContains(t, fail(src, pack.Options{Duplicates: pack.Keep, Metadata: map[string]string{"a": "\xff"}}), "metadata")

	for _, room := range []int{0, 63, 64, 5000, 40*16*16*3 + 70} {
		_, err := pack.Build(t.Context(), src, &full{room}, pack.Defaults())
		assert.ErrorIs(t, err, errFull, "%d", room)
	}
}

func TestBuildCancelled(t *testing.T) {
	src, err := drawn.New(1, 400, 16, 3)
	require.NoError(t, err)
	for _, after := range []int{0, 1, 100} {
		ctx, cancel := context.WithCancel(t.Context())
		if after == 0 {
			cancel()
		}
		o := pack.Defaults()
		o.Progress = func(done, _ int) {
			if done == after {
				cancel()
			}
			assert.LessOrEqual(t, done, after)
		}
		_, err := pack.Build(ctx, src, &bytes.Buffer{}, o)
		assert.ErrorIs(t, err, context.Canceled)
		cancel()
	}
}
