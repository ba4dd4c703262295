package cli

import (
	"context"
	"image"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDataPack(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats/a", 5)
	writeImages(t, "cats/b", 1) // the first again
	write(t, "cats/b/bad\x1b[2J.png", "no image")
	o := succeed(t, "data", "pack", "cats", "--out", "cats.pack", "--size", "32", "--crop", "square", "--duplicates", "exact")
	for _, want := range []string{
		`(?m)^packed +5 images of 32×32×3 from cats$`, `(?m)^file +cats\.pack, \d+\.\d kB$`, `(?m)^left out +2 of 7$`,
		`(?m)^ +unreadable: 1$`, `bad\\x1b\[2J\.png`, `(?m)^ +exact duplicate: 1$`, `(?m)^ +b/00\.png as a/00\.png$`, `(?m)^to train +--data cats\.pack$`,
	} {
		assert.Regexp(t, want, o.out)
	}
	assert.Empty(t, o.errout)

	f := facts[packFacts](t, "data", "pack", "cats", "--out", "again.pack", "--size", "32", "--crop", "square", "--duplicates", "exact")
	assert.Equal(t, []int{5, 32, 32, 3, 2}, []int{f.Images, f.Height, f.Width, f.Channels, len(f.Removed)})
	assert.Equal(t, removedImage{Source: "b/00.png", Reason: "exact duplicate", Of: "a/00.png"}, f.Removed[0])
	assert.Contains(t, f.Removed[1].Error, "neither JPEG")
	first, err := os.ReadFile("cats.pack")
	require.NoError(t, err)
	second, err := os.ReadFile("again.pack")
	require.NoError(t, err)
	assert.Equal(t, first, second)
	assert.EqualValues(t, len(first), f.Bytes)

	// The gradients of the test images are alike, and their mirror images are not.
	near := facts[packFacts](t, "data", "pack", "cats", "--out", "near.pack", "--size", "32")
	assert.Less(t, near.Images, 5)
	assert.Equal(t, "near duplicate", near.Removed[0].Reason)
	assert.Contains(t, succeed(t, "data", "pack", "cats", "--out", "near.pack", "--size", "32").out, " like a/0")
	assert.Empty(t, facts[packFacts](t, "data", "pack", "cats/a", "--out", "all.pack", "--duplicates", "keep").Removed)
}

func TestDataInfoOfPacked(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats", 5)
	succeed(t, "data", "pack", "cats", "--out", "cats.pack", "--size", "48", "--duplicates", "keep", "--min-side", "2")
	o := succeed(t, "data", "info", "cats.pack")
	for _, want := range []string{
		`(?m)^data +cats: 5 images of 48×48×3, 0\.0 MB, from cats\.pack$`, `(?m)^size +48×48$`, `(?m)^skipped +0$`,
		`(?m)^packed +5 images of 48×48×3$`, `(?m)^ +intact: pixels of SHA-256 [0-9a-f]{64}$`, `(?m)^ +min_side: 2$`, `(?m)^ +name: cats$`,
	} {
		assert.Regexp(t, want, o.out)
	}
	folder := facts[dataFacts](t, "data", "info", "cats", "--set", "IMAGE_SIZE=64")
	assert.Nil(t, folder.Packed)
	succeed(t, "data", "pack", "cats", "--out", "cats64.pack", "--duplicates", "keep")
	packed := facts[dataFacts](t, "data", "info", "cats64.pack")
	assert.Equal(t, folder.Fingerprint, packed.Fingerprint)
	assert.Equal(t, 5, packed.Packed.Images)
	assert.Empty(t, packed.Packed.Damage)

	// With a configuration it is what a training would see.
	other := facts[dataFacts](t, "data", "info", "cats.pack", "--set", "IMAGE_SIZE=16")
	assert.Equal(t, 16, other.Width)
	assert.Equal(t, 48, other.Packed.Width)
	assert.Contains(t, other.Description, "cats (packed as 48×48×3): 5 images of 16×16×3")
}

// Damage is named, left out like any image that cannot be read, or with --strict an error.
func TestDamagedPack(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats", 5)
	succeed(t, "data", "pack", "cats", "--out", "cats.pack", "--size", "16", "--duplicates", "keep")
	good, err := os.ReadFile("cats.pack")
	require.NoError(t, err)
	bad := append([]byte{}, good...)
	bad[64+3*16*16*3+9]++
	write(t, "bad.pack", string(bad))
	o := succeed(t, "data", "info", "bad.pack")
	assert.Regexp(t, `(?m)^images +4$`, o.out)
	assert.Regexp(t, `(?m)^skipped +1\n +03\.png: .*check sum`, o.out)
	assert.Regexp(t, `damaged: .*image 3 \("03\.png"\)`, o.out)
	for _, args := range [][]string{
		{"data", "info", "bad.pack", "--strict"},
		{"data", "grid", "bad.pack", "--strict"},
		{"train", "--data", "bad.pack", "--strict", "--steps", "1", "--set", "IMAGE_SIZE=16"},
	} {
		o := run(t, args...)
		assert.Equal(t, exitFailure, o.code)
		assert.Contains(t, o.errout, "03.png", "%v", args)
	}
	assert.NoFileExists(t, "grid.png")
	grid := succeed(t, "data", "grid", "bad.pack")
	assert.Contains(t, grid.out, "grid.png: 4 images")
	assert.Contains(t, grid.errout, "03.png")

	write(t, "cut.pack", string(good[:len(good)-1]))
	for _, args := range [][]string{{"data", "info", "cut.pack"}, {"data", "grid", "cut.pack"}, {"train", "--data", "cut.pack"}} {
		o := run(t, args...)
		assert.Equal(t, exitFailure, o.code)
		assert.Contains(t, o.errout, "cut off", "%v", args)
		assert.Contains(t, o.errout, "cut.pack")
	}
}

func TestDataGrid(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats", 12)
	o := succeed(t, "data", "grid", "cats", "--out", "sheet.png", "--set", "IMAGE_SIZE=16", "--n", "6", "--columns", "3")
	assert.Equal(t, "sheet.png: 6 images of 16×16 from cats\n", o.out)
	sheet := decodePNG(t, "sheet.png")
	assert.Equal(t, image.Rect(0, 0, 3*18+2, 2*18+2), sheet.Bounds())
	blue := func(m image.Image, x, y int) uint8 { return color.RGBAModel.Convert(m.At(x, y)).(color.RGBA).B }
	assert.Equal(t, []uint8{0, 40, 80, 120, 160, 200}, []uint8{blue(sheet, 2, 2), blue(sheet, 20, 2), blue(sheet, 38, 2), blue(sheet, 2, 20), blue(sheet, 20, 20), blue(sheet, 38, 20)})

	succeed(t, "data", "pack", "cats", "--out", "cats.pack", "--size", "20", "--duplicates", "keep")
	o = succeed(t, "data", "grid", "cats.pack", "--first", "9")
	assert.Equal(t, "grid.png: 3 images of 20×20 from cats\n", o.out)
	sheet = decodePNG(t, "grid.png")
	assert.Equal(t, image.Rect(0, 0, 3*22+2, 24), sheet.Bounds())
	assert.Equal(t, []uint8{180, 200, 220}, []uint8{blue(sheet, 2, 2), blue(sheet, 24, 2), blue(sheet, 46, 2)})

	succeed(t, "data", "grid", "--preset", "toy-8gaussians", "--set", "DATA_SIZE=50", "--out", "points.png")
	assert.Equal(t, image.Rect(0, 0, 512, 512), decodePNG(t, "points.png").Bounds())
	assert.Contains(t, succeed(t, "data", "grid", "--set", "DATA_SIZE=4", "--set", "IMAGE_SIZE=16").out, "4 images of 16×16 from drawn")

	write(t, "broken/a.png", "no image")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"--first 12: there are 12 images", []string{"cats", "--first", "12"}},
		{"would be larger than 16384 pixels a side", []string{"--set", "IMAGE_SIZE=16", "--set", "DATA_SIZE=2000", "--n", "1000", "--columns", "1000"}},
		{"none of 1 can be read", []string{"broken"}},
	} {
		o := run(t, append([]string{"data", "grid"}, c.args...)...)
		assert.Equal(t, exitFailure, o.code, "%v", c.args)
		assert.Contains(t, o.errout, c.want)
	}
}

func TestPackUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats", 2)
	for want, args := range map[string][]string{
		"want one, a folder or an archive":     {"data", "pack", "--out", "x"},
		"--out: want the path of a file":       {"data", "pack", "cats"},
		"the path is empty":                    {"data", "pack", "", "--out", "x"},
		"size 0: want 1 to 1024":               {"data", "pack", "cats", "--out", "x", "--size", "0"},
		"channels 2":                           {"data", "pack", "cats", "--out", "x", "--channels", "2"},
		`crop "circle": want none, square`:     {"data", "pack", "cats", "--out", "x", "--crop", "circle"},
		"sides of 9 to 5":                      {"data", "pack", "cats", "--out", "x", "--min-side", "9", "--max-side", "5"},
		`duplicates "most": want keep`:         {"data", "pack", "cats", "--out", "x", "--duplicates", "most"},
		"bits 40: want 0 to 39":                {"data", "pack", "cats", "--out", "x", "--bits", "40"},
		"--bits: want it with":                 {"data", "pack", "cats", "--out", "x", "--bits", "4", "--duplicates", "exact"},
		"--n 0, --columns 8: want at least 1":  {"data", "grid", "cats", "--n", "0"},
		"--n 64, --columns 0: want at least 1": {"data", "grid", "cats", "--columns", "0"},
		"--first -2: want 0 or more":           {"data", "grid", "cats", "--first", "-2"},
	} {
		o := run(t, args...)
		assert.Equal(t, exitUsage, o.code, "%v", args)
		assert.Contains(t, o.errout, want)
	}
	for want, args := range map[string][]string{
		"nowhere":            {"data", "pack", "nowhere", "--out", "x"},
		"no such file":       {"data", "pack", "cats", "--out", "no/folder/x"},
		"all 2 were left":    {"data", "pack", "cats", "--out", "x", "--min-side", "17"},
		"neither a zip, tar": {"data", "pack", "text", "--out", "x"},
	} {
		write(t, "text", "hello")
		o := run(t, args...)
		assert.Equal(t, exitFailure, o.code, "%v", args)
		assert.Contains(t, o.errout, want)
	}
	assert.NoFileExists(t, "x")
}

// countdown is a context that is cancelled when it has been asked so often.
type countdown struct {
	context.Context
	cancel context.CancelFunc
	left   *atomic.Int64
}

func (c countdown) Err() error {
	if c.left.Add(-1) == 0 {
		c.cancel()
	}
	return c.Context.Err()
}

// An interrupt, at whatever image, leaves the old file and nothing else.
func TestInterruptedPack(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats", 30)
	write(t, "cats.pack", "old")
	for _, asked := range []int64{1, 3, 20} {
		ctx, cancel := context.WithCancel(t.Context())
		c := countdown{ctx, cancel, new(atomic.Int64)}
		c.left.Store(asked)
		if asked == 1 {
			cancel()
		}
		o := runContext(t, c, "data", "pack", "cats", "--out", "cats.pack")
		if o.code == exitOK { // asked less often than that
			write(t, "cats.pack", "old")
			continue
		}
		assert.Equal(t, outcome{exitInterrupted, "", "catfaces: interrupted\n"}, o)
		text, err := os.ReadFile("cats.pack")
		require.NoError(t, err)
		assert.Equal(t, "old", string(text))
		files, err := os.ReadDir(".")
		require.NoError(t, err)
		assert.Len(t, files, 2, "the folder and the file")
	}
}

// runFiles returns the pictures and checkpoints of a run. What else it wrote holds times, rates and where
// the data are.
func runFiles(t *testing.T, root string) map[string]string {
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if ext := filepath.Ext(path); ext != ".png" && ext != ".safetensors" {
			return nil
		}
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		files[strings.TrimPrefix(path, root)] = string(data)
		return nil
	}))
	return files
}

// Training on a packed set writes what training on its folder writes, byte for byte: pictures, and
// checkpoints, which hold the data's name and fingerprint.
func TestTrainOnPacked(t *testing.T) {
	drawFaces(t)
	t.Chdir(t.TempDir())
	folder := filepath.Join(scratch, "faces")
	// The file has the folder's name because a checkpoint tells it.
	succeed(t, "data", "pack", folder, "--out", "faces", "--size", "16", "--duplicates", "keep")
	train := func(root, data string) map[string]string {
		succeed(t, tiny("--runs", root, "--data", data, "--steps", "4", "--seed", "3", "--set", "SAMPLE_EVERY=2", "--set", "CHECKPOINT_EVERY=2")...)
		return runFiles(t, filepath.Join(root, "train0"))
	}
	want, got := train("folder", folder), train("packed", "faces")
	assert.Greater(t, len(want), 6)
	assert.NotEmpty(t, want[filepath.FromSlash("/model/checkpoint-00000004.safetensors")])
	assert.Len(t, got, len(want))
	for name, text := range want {
		assert.True(t, text == got[name], name)
	}

	// A run that began on a folder goes on when a packed set takes the folder's place.
	require.NoError(t, os.CopyFS("moving/faces", os.DirFS(folder)))
	succeed(t, tiny("--runs", "resumed", "--data", "moving/faces", "--steps", "2", "--seed", "3", "--set", "SAMPLE_EVERY=2", "--set", "CHECKPOINT_EVERY=2")...)
	require.NoError(t, os.RemoveAll("moving/faces"))
	require.NoError(t, os.Rename("faces", "moving/faces"))
	succeed(t, "train", "--resume", "resumed/train0", "--steps", "4")
	resumed := runFiles(t, filepath.Join("resumed", "train0"))
	last := filepath.FromSlash("/model/checkpoint-00000004.safetensors")
	assert.True(t, resumed[last] == want[last])
}
