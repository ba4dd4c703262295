package cli

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/datasets/fetch"
)

func TestDataInfo(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats/black", 5)
	write(t, "cats/white/bad\x1b[2J.png", "no image")
	o := succeed(t, "data", "info", "cats", "--set", "IMAGE_SIZE=32", "--grid", "look.png")
	for _, want := range []string{
		`(?m)^images +5$`, `(?m)^size +32×32$`, `(?m)^channels +3$`, `(?m)^memory +\d+\.\d kB$`,
		`(?m)^fingerprint +[0-9a-f]{64}$`, `(?m)^skipped +1$`, `bad\\x1b\[2J\.png`, `(?m)^look\.png: 5 images$`,
	} {
		assert.Regexp(t, want, o.out)
	}
	assert.NotContains(t, o.out, "\x1b")
	assert.Empty(t, o.errout)
	assert.Equal(t, image.Rect(0, 0, 5*34+2, 36), decodePNG(t, "look.png").Bounds())

	strict := run(t, "data", "info", "cats", "--strict")
	assert.Equal(t, exitFailure, strict.code)
	assert.Contains(t, strict.errout, `bad\x1b[2J.png`)
	assert.NotContains(t, strict.errout, "\x1b")
}

func TestDataInfoWithoutPath(t *testing.T) {
	t.Chdir(t.TempDir())
	drawn := succeed(t, "data", "info", "--set", "IMAGE_SIZE=16", "--set", "DATA_SIZE=9")
	assert.Regexp(t, `(?m)^images +9$`, drawn.out)
	assert.Contains(t, drawn.out, "made by code")
	assert.Contains(t, drawn.out, "data fetch oxford-pets", "advice how to get real ones")

	writeImages(t, "data/CatFaces/cats", 3)
	real := succeed(t, "data", "info", "--set", "IMAGE_SIZE=16")
	assert.Regexp(t, `(?m)^images +3$`, real.out)
	assert.NotContains(t, real.out, "advice")

	points := succeed(t, "data", "info", "--preset", "toy-8gaussians", "--set", "DATA_SIZE=100", "--grid", "points.png")
	assert.Regexp(t, `(?m)^points +100$`, points.out)
	assert.Regexp(t, `(?m)^modes +8$`, points.out)
	assert.Equal(t, image.Rect(0, 0, 512, 512), decodePNG(t, "points.png").Bounds())
}

// Of many images the picture shows some from the whole set.
func TestDataInfoSpreads(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("cats", 0o777))
	for i := range 128 {
		img := image.NewUniform(color.Gray{uint8(i)})
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, boxed{img}))
		require.NoError(t, os.WriteFile(fmt.Sprintf("cats/%03d.png", i), b.Bytes(), 0o666))
	}
	assert.Contains(t, succeed(t, "data", "info", "cats", "--set", "IMAGE_SIZE=16", "--grid", "g.png").out, "g.png: 64 images")
	grid := decodePNG(t, "g.png")
	last := grid.Bounds().Max.Sub(image.Pt(3, 3))
	assert.Equal(t, color.RGBA{126, 126, 126, 255}, color.RGBAModel.Convert(grid.At(last.X, last.Y)))
}

// boxed is an image of 16×16 pixels.
type boxed struct{ image.Image }

func (boxed) Bounds() image.Rectangle { return image.Rect(0, 0, 16, 16) }

func TestDataInfoManySkipped(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats", 1)
	for i := range 25 {
		write(t, filepath.Join("cats", "bad"+string(rune('a'+i))+".jpg"), "")
	}
	o := succeed(t, "data", "info", "cats", "--set", "IMAGE_SIZE=16")
	assert.Contains(t, o.out, "and 5 more\n")
	assert.NotContains(t, o.out, "badu.jpg")
}

// A server that does not have the files: the error names the file, progress and retries go to standard
// error, and nothing is left.
func TestFetchFails(t *testing.T) {
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	o := run(t, "data", "fetch", "mnist", "--mirror", server.URL, "--dir", "sets")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "train-images-idx3-ubyte.gz")
	assert.Contains(t, o.errout, "404")
	assert.Empty(t, o.out)
	files, err := filepath.Glob("sets/*/*")
	require.NoError(t, err)
	assert.Empty(t, files)
}

// On a terminal a download has a bar.
func TestFetchProgress(t *testing.T) {
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		const size = 9_912_422 // of MNIST's training images, but the content is not theirs
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(make([]byte, size))
	}))
	defer server.Close()
	var out, errout bytes.Buffer
	code := catfaces.run(t.Context(), []string{"data", "fetch", "mnist", "--mirror", server.URL}, &out, newConsole(&errout, true))
	assert.Equal(t, exitFailure, code)
	assert.Regexp(t, `\[[=> ]{24}\]  train-images-idx3-ubyte\.gz \d\.\d/9\.9 MB`, errout.String())
	assert.Contains(t, terminal(errout.String()), "\ncatfaces: fetch: ")
	assert.Empty(t, out.String())
}

func TestDescribeFetched(t *testing.T) {
	var b bytes.Buffer
	a := &app{out: &b}
	require.NoError(t, a.describeFetched(fetch.Result{
		Set: fetch.Sets()[1], Dir: "data/PetFaces",
		Files:  []fetch.File{{Path: "a.tar.gz", Bytes: 12_300_000, Received: 12_300_000}, {Path: "b", Bytes: 5e6}},
		Images: 2300, Skipped: []fetch.Skip{{Name: "x", Err: errors.New("bad")}},
	}))
	assert.Regexp(t, `a\.tar\.gz +12\.3 MB +12\.3 MB received\nb +5\.0 MB +was there already\n2,300 images, 1 skipped\noxford-pets: ready in data/PetFaces\nlicence: `, b.String())
	a.out = brokenPipe{}
	assert.Error(t, a.describeFetched(fetch.Result{}))
}

func TestPart(t *testing.T) {
	assert.Equal(t, "3/9", part(3, 9))
	assert.Equal(t, "1.5/9.0 MB", part(1_500_000, 9_000_000))
}

func TestFetchHelp(t *testing.T) {
	o := succeed(t, "data", "fetch", "--help")
	assert.Regexp(t, `(?m)^  mnist +\d+\.\d MB +`, o.out)
	assert.Regexp(t, `(?m)^  celeba +by hand +`, o.out)
}

// Results that cannot be written are an error: a full disk must not look like success.
func TestBrokenOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"presets"}, {"presets", "catfaces"}, {"version"}, {"summary"}, {"data", "info", "--set", "DATA_SIZE=2", "--set", "IMAGE_SIZE=16"}} {
		var errout bytes.Buffer
		assert.Equal(t, exitFailure, catfaces.Run(t.Context(), args, brokenPipe{}, &errout), "%v", args)
		assert.Contains(t, errout.String(), "catfaces: ")
	}
}
