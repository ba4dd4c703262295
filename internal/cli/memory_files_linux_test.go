package cli

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/runs"
)

// flat returns a PNG picture of one colour, which takes little room on the disk.
func flat(t *testing.T, side int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{200, 100, 50, 255}), image.Point{}, draw.Src)
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

// smallRun trains a run of a few steps in a process of its own.
func smallRun(t *testing.T, root string) string {
	t.Helper()
	program(t, "train", "--steps", "2", "--runs", root, "--device", "cpu", "--threads", "2", "--set", "PRESET=catfaces", "--set", "FEATURES_GEN=16",
		"--set", "FEATURES_CRITIC=16", "--set", "DATA_SIZE=32", "--set", "CRITIC_ITERATIONS=1", "--set", "DATA_ROOT="+root)
	return filepath.Join(root, "train0")
}

// TestMaxMemoryOfFiles is [TestMaxMemory] for what reads files: below what the files need nothing is read, and with
// enough they take no more.
func TestMaxMemoryOfFiles(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	run := smallRun(t, in("runs"))
	picture := flat(t, 1000)
	pictures := in("pictures")
	require.NoError(t, os.Mkdir(pictures, 0o777))
	for i := range 20 {
		require.NoError(t, os.WriteFile(filepath.Join(pictures, fmt.Sprint(i, ".png")), picture, 0o666))
	}
	for i := range 60 {
		require.NoError(t, os.WriteFile(filepath.Join(run, runs.FixedGridFolder, fmt.Sprintf("generated_img%d_0.png", 100+i)), picture, 0o666))
	}
	program(t, "export", "--path", run, "--network", "both", "--out", in("both.pth"))
	manyImages(t, in("many.zip"), 40_000)
	program(t, "data", "pack", pictures, "--size", "1000", "--duplicates", "keep", "--out", in("some.pack"))
	manySteps(t, in("steps.csv"), 500_000)
	const number = "the largest %s that fits is [1-9]"
	for name, c := range map[string]struct {
		args    []string
		low     string // a limit that is too small
		refusal string
		enough  string
		without string // a file to remove between two attempts
		smaller string // what fits the small limit, after the other arguments
	}{
		"grid":      {[]string{"grid", pictures, "--size", "1000", "--out", in("a.png")}, "150MB", fmt.Sprintf(number, "--n"), "360MB", "", "--n=4"},
		"timelapse": {[]string{"timelapse", run, "--out", in("a.gif")}, "100MB", fmt.Sprintf(number, "--frames"), "180MB", "", "--frames=9"},
		"data grid": {[]string{"data", "grid", pictures, "--set", "IMAGE_SIZE=1024", "--n", "10", "--out", in("b.png")}, "210MB", fmt.Sprintf(number, "--n"), "350MB", "", "--n=3"},
		"data info": {[]string{"data", "info", in("some.pack")}, "90MB", fmt.Sprintf(number, "DATA_SIZE"), "130MB", "", "--set=DATA_SIZE=8"},
		"points":    {[]string{"data", "info", "--preset", "toy-8gaussians", "--set", "DATA_SIZE=10000000"}, "80MB", fmt.Sprintf(number, "DATA_SIZE"), "170MB", "", "--set=DATA_SIZE=1000"},
		"data pack": {[]string{"data", "pack", in("many.zip"), "--out", in("a.pack"), "--size", "8"}, "90MB", "[1-9][0-9]* images fit, and more with --duplicates exact", "150MB", "", "--duplicates=exact"},
		"plot":      {[]string{"plot", in("steps.csv"), "--out", in("c.png")}, "90MB", "[1-9][0-9,]* steps fit: give --from and --to", "160MB", "", "--to=10000"},
		"import":    {[]string{"import", in("both.pth"), "--out", in("imported")}, "60MB", "networks are imported as a whole", "150MB", in("imported"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			said, peak, err := attempt(t, append(c.args, "--max-memory", c.low)...)
			require.Error(t, err, said)
			t.Logf("%.1f MB: %s", peak/1e6, said)
			assert.Regexp(t, `not enough memory: .* takes [\d.]+ MB in all, and a plan may fill .*; the largest part is .* with [\d.]+ MB; `+c.refusal, said)
			assert.Less(t, peak, 75e6, "refused before anything large is made")
			within(t, c.enough, c.args...)
			if c.without != "" {
				require.NoError(t, os.RemoveAll(c.without))
			}
			if c.smaller != "" {
				within(t, c.low, append(c.args, c.smaller)...)
			}
		})
	}
}

// TestMaxMemoryOfView looks at a page within a limit, and asks it for samples.
func TestMaxMemoryOfView(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	run := smallRun(t, t.TempDir())
	said, peak, err := attempt(t, "view", run, "--http", "127.0.0.1:0", "--max-memory", "90MB")
	require.Error(t, err, said)
	assert.Regexp(t, `the page takes [\d.]+ MB in all, .* the largest part is the networks with .*; no page with samples fits`, said)
	assert.Less(t, peak, 60e6)

	file := filepath.Join(t.TempDir(), "peak")
	t.Setenv(peakFile, file)
	const limit = 140e6
	p := start(t, "view", run, "--http", "127.0.0.1:0", "--max-memory", fmt.Sprint(int(limit)))
	address, token := p.page()
	for seed := range 20 {
		r, err := http.NewRequest(http.MethodPost, address+"/api/latent", strings.NewReader(fmt.Sprintf(`{"seed":"%d","to":"1","at":0.5,"n":16}`, seed)))
		require.NoError(t, err)
		r.Header.Set("Origin", address)
		r.Header.Set("X-Ganlib-Token", token)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		require.Equal(t, http.StatusOK, answer.StatusCode, "%.200s", text)
	}
	p.signal(os.Interrupt)
	require.Equal(t, exitOK, p.wait().code)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	peak, err = strconv.ParseFloat(string(data), 64)
	require.NoError(t, err)
	t.Logf("taken %.1f MB", peak/1e6)
	assert.LessOrEqual(t, peak, limit)
}

// manyImages writes an archive of images, all the same.
func manyImages(t *testing.T, path string, n int) {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	pixel := flat(t, 1)
	for i := range n {
		f, err := w.Create(fmt.Sprint(i, ".png"))
		require.NoError(t, err)
		_, err = f.Write(pixel)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, os.WriteFile(path, archive.Bytes(), 0o666))
}

// manySteps writes the table of a long run.
func manySteps(t *testing.T, path string, n int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("step,epoch,critic_loss,critic_loss_gp,penalty,generator_loss,images_per_s,seconds\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,0,-%d.5,-1,0.25,%d.5,1000,1\n", i+1, i%97, i%31)
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o666))
}
