package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ganlib/internal/words"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func decodeGIF(t testing.TB, path string) *gif.GIF {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	g, err := gif.DecodeAll(bytes.NewReader(data))
	require.NoError(t, err)
	return g
}

func TestWalk(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	o := succeed(t, "walk", "--path", folder, "--keys", "3", "--frames", "4", "--fps", "10")
	assert.Regexp(t, `^walk\.gif: 12 frames of 224×224 pixels, 1 walk through 3 samples of seed 0 from .*checkpoint-00000003.safetensors; 1\.2s\n$`, o.out)
	g := decodeGIF(t, "walk.gif")
	require.Len(t, g.Image, 12)
	assert.Equal(t, 10, g.Delay[0])
	assert.NotEqual(t, g.Image[0].Pix, g.Image[2].Pix)

	// The first frame is the first sample of the seed, and the fifth the second, in all colours of an APNG.
	succeed(t, "walk", "--path", folder, "--keys", "2", "--frames", "4", "--loop=false", "--n", "2", "--seed", "5", "--interpolate", "lerp", "--out", "walk.png")
	walk := decodePNG(t, "walk.png")
	succeed(t, "sample", "--path", folder, "--n", "3", "--seed", "5", "--out", "samples.png")
	samples := decodePNG(t, "samples.png")
	assert.Equal(t, image.Pt(2*18+2, 20), walk.Bounds().Size())
	for y := range 16 {
		for x := range 16 {
			require.Equal(t, samples.At(2+x, 2+y), walk.At(2+x, 2+y), "walk 0 begins at sample 0")
			require.Equal(t, samples.At(2+36+x, 2+y), walk.At(2+18+x, 2+y), "walk 1 at sample 2")
		}
	}
	succeed(t, "walk", "--path", folder, "--keys", "2", "--frames", "2", "--size", "50", "--truncate", "0.5", "--out", "small.apng")
	assert.Equal(t, image.Pt(50, 50), decodePNG(t, "small.apng").Bounds().Size())
}

func TestTimelapse(t *testing.T) {
	drawFaces(t)
	t.Chdir(t.TempDir())
	succeed(t, tiny("--steps", "3", "--set", "SAMPLE_EVERY=1")...)
	folder := filepath.Join("trains", "train0")
	files, err := filepath.Glob(filepath.Join(folder, "generated_grid_images_fixed", "*.png"))
	require.NoError(t, err)
	require.Len(t, files, 3)
	o := succeed(t, "timelapse", folder, "--hold", "1s", "--fps", "10")
	assert.Contains(t, o.out, fmt.Sprintf("timelapse.gif: %s of ", words.Counted(len(files), "frame")))
	g := decodeGIF(t, "timelapse.gif")
	assert.Len(t, g.Image, len(files))
	assert.Equal(t, 110, g.Delay[len(files)-1])

	// Epochs and batches count as numbers; a picture of another size is put on a canvas.
	run := filepath.Join(t.TempDir(), "train0")
	config, err := os.ReadFile(filepath.Join(folder, "layout", "train.config.backup.yaml"))
	require.NoError(t, err)
	write(t, filepath.Join(run, "layout", "train.config.backup.yaml"), string(config))
	grids := filepath.Join(run, "generated_grid_images_fixed")
	require.NoError(t, os.MkdirAll(grids, 0o777))
	require.NoError(t, os.MkdirAll(filepath.Join(run, "generated_images_fixed"), 0o777))
	assert.Contains(t, run1(t, "timelapse", run), "has no pictures in generated_grid_images_fixed yet")
	for i, name := range []string{"generated_img0_0.png", "generated_img0_20.png", "generated_img0_100.png", "generated_img2_0.png", "generated_img10_0.png"} {
		img := image.NewGray(image.Rect(0, 0, 10+i, 8))
		img.Pix[0] = uint8(50 * i)
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, img))
		write(t, filepath.Join(grids, name), b.String())
	}
	write(t, filepath.Join(grids, "generated_img_final.png"), "another kind of picture")
	succeed(t, "timelapse", run, "--out", "all.gif")
	g = decodeGIF(t, "all.gif")
	for i, frame := range g.Image {
		assert.Equal(t, image.Pt(14, 8), frame.Bounds().Size())
		r, _, _, _ := frame.At(0, 0).RGBA()
		assert.EqualValues(t, 50*i, r>>8, "frame %d", i)
	}
	assert.Contains(t, succeed(t, "timelapse", run, "--frames", "2", "--out", "two.gif").out, "2 frames of 14×8 pixels, from generated_img0_0.png to generated_img10_0.png")
	assert.Contains(t, succeed(t, "timelapse", run, "--frames", "1", "--out", "one.gif").out, "from generated_img10_0.png to generated_img10_0.png")

	write(t, filepath.Join(grids, "generated_img3_0.png"), "no picture")
	assert.Contains(t, run1(t, "timelapse", run, "--out", "bad.gif"), "generated_img3_0.png: image: unknown format")
	assert.NoFileExists(t, "bad.gif")
}

// run1 runs a command that fails, and returns its message.
func run1(t testing.TB, args ...string) string {
	t.Helper()
	o := run(t, args...)
	require.Equal(t, exitFailure, o.code, o.out)
	return o.errout
}

func TestPlot(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	assert.Equal(t, "plot.png: 3 steps of 1 run\n", succeed(t, "plot", folder).out)
	assert.Equal(t, image.Pt(900, 4*260), decodePNG(t, "plot.png").Bounds().Size())
	table := filepath.Join(folder, "logs", "scalars.jsonl")
	assert.Equal(t, "both.svg: 6 steps of 2 runs\n", succeed(t, "plot", folder, table, "--out", "both.svg", "--what", "penalty, critic_loss", "--smooth", "0").out)
	svg, err := os.ReadFile("both.svg")
	require.NoError(t, err)
	for _, want := range []string{"penalty", "critic loss", filepath.Base(folder), "scalars"} {
		assert.Contains(t, string(svg), want)
	}
	assert.NotContains(t, string(svg), "generator loss")

	for want, args := range map[string][]string{
		"none":                             {"none"},
		"not the folder of a run":          {"."},
		`quantity "loss": want`:            {folder, "--what", "loss"},
		"smoothing 1":                      {folder, "--smooth", "1"},
		"nothing to draw":                  {folder, "--from", "100"},
		"both.svg: report: read scalars: ": {"both.svg"},
	} {
		assert.Contains(t, run1(t, append([]string{"plot", "--out", "new.png"}, args...)...), want)
		assert.NoFileExists(t, "new.png")
	}
	assert.Equal(t, exitUsage, run(t, "plot", folder, "--out", "a.pdf").code)
	assert.Equal(t, exitUsage, run(t, "plot").code)
}

func TestGrid(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "images", 11)
	o := succeed(t, "grid", "images", "--columns", "4")
	assert.Equal(t, "sheet.png: 74×56 pixels, 11 of 11 pictures\n", o.out)
	sheet := decodePNG(t, "sheet.png")
	for i := range 11 {
		_, _, b, _ := sheet.At(2+i%4*18, 2+i/4*18).RGBA()
		assert.EqualValues(t, 20*i, b>>8, "picture %d", i)
	}
	o = succeed(t, "grid", "images/07.png", "images/03.png", "--size", "32", "--out", "images/two.png")
	assert.Equal(t, "images/two.png: 70×36 pixels, 2 of 2 pictures\n", o.out)
	_, _, b, _ := decodePNG(t, "images/two.png").At(2, 2).RGBA()
	assert.EqualValues(t, 140, b>>8)
	assert.Contains(t, succeed(t, "grid", "images", "--n", "5", "--out", "images/two.png").out, "5 of 11 pictures", "the sheet itself is not on it")
	assert.Contains(t, succeed(t, "grid", "images", "--size", "8", "--out", "small.png").out, "82×22 pixels, 12 of 12 pictures")

	// Places have the first picture's aspect.
	for i, size := range []image.Point{{40, 10}, {10, 40}} {
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, image.NewGray(image.Rectangle{Max: size})))
		write(t, fmt.Sprintf("aspects/%d.png", i), b.String())
	}
	assert.Contains(t, succeed(t, "grid", "aspects", "--size", "20", "--out", "aspects.png").out, "46×9 pixels")

	// Of a run, the samples of fixed noise, as time goes by.
	require.NoError(t, os.CopyFS("run", os.DirFS(trainedRun(t))))
	assert.Contains(t, run1(t, "grid", "run"), "has no pictures in generated_grid_images_fixed yet")
	for i, name := range []string{"generated_img10_0.png", "generated_img2_5.png"} {
		data, err := os.ReadFile(fmt.Sprintf("images/0%d.png", 3+i))
		require.NoError(t, err)
		write(t, "run/generated_grid_images_fixed/"+name, string(data))
	}
	assert.Contains(t, succeed(t, "grid", "run", "--out", "run.png").out, "2 of 2 pictures")
	_, _, b, _ = decodePNG(t, "run.png").At(2, 2).RGBA()
	assert.EqualValues(t, 80, b>>8, "epoch 2 is the first")

	write(t, "images/12.png", "no picture")
	assert.Contains(t, run1(t, "grid", "images", "--out", "new.png"), "12.png: image: unknown format")
	assert.Contains(t, run1(t, "grid", "none", "--out", "new.png"), "none")
	require.NoError(t, os.Mkdir("empty", 0o777))
	assert.Contains(t, run1(t, "grid", "empty", "--out", "new.png"), "no .png, .jpg, .jpeg or .gif in it")
	assert.Contains(t, run1(t, "grid", "images/01.png", "images/02.png", "images/03.png", "--size", "16000", "--out", "new.png"), "would be larger than")
	// A header that promises too much is refused before memory is taken.
	var huge bytes.Buffer
	require.NoError(t, png.Encode(&huge, image.NewGray(image.Rect(0, 0, 1, 1))))
	data := huge.Bytes()
	copy(data[16:24], []byte{0, 0, 0x40, 0, 0, 0, 0x40, 0})
	write(t, "huge.png", string(data))
	assert.NotEmpty(t, run1(t, "grid", "huge.png", "--out", "new.png"))
	assert.NoFileExists(t, "new.png")
	for _, args := range [][]string{{}, {"images", "--n", "0"}, {"images", "--columns", "0"}, {"images", "--size", "-1"}, {"images", "--out", ""}} {
		assert.Equal(t, exitUsage, run(t, append([]string{"grid"}, args...)...).code, args)
	}
}

func TestByNumbers(t *testing.T) {
	names := []string{"img10_2.png", "img2_10.png", "img2_9.png", "b", "img002_9.png", "a9", "a10", "", "img2_9"}
	slices.SortFunc(names, byNumbers)
	assert.Equal(t, []string{"", "a9", "a10", "b", "img2_9", "img002_9.png", "img2_9.png", "img2_10.png", "img10_2.png"}, names)
}

func TestNeighbours(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	writeImages(t, "images", 5)
	o := succeed(t, "neighbours", "--path", folder, "--data", "images", "--n", "3", "--k", "2")
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	require.Len(t, lines, 5, o.out)
	assert.Regexp(t, `^SAMPLE +DISTANCE +ITS OWN +NEAREST$`, lines[0])
	assert.Regexp(t, `^0 +0\.\d{4} +0\.\d{4} +0\d\.png`, lines[1])
	assert.Equal(t, "neighbours.png: 3 samples and the 2 nearest to each, of 5 images", lines[4])
	assert.Equal(t, image.Pt(3*18+2, 3*18+2), decodePNG(t, "neighbours.png").Bounds().Size())

	// A sample's own picture among the data is found, and nothing is between.
	require.NoError(t, os.Mkdir("memory", 0o777))
	succeed(t, "sample", "--path", folder, "--n", "1", "--size", "16", "--out", "memory/learned.png")
	data, err := os.ReadFile("images/02.png")
	require.NoError(t, err)
	write(t, "memory/other.png", string(data))
	o = succeed(t, "neighbours", "--path", folder, "--data", "memory", "--n", "1", "--k", "9", "--json")
	var facts struct {
		Images  int
		Samples []struct {
			Distance, OwnDistance float64
			Source                string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(o.out), &facts))
	assert.Equal(t, 2, facts.Images)
	assert.Equal(t, "learned.png", facts.Samples[0].Source)
	assert.Less(t, facts.Samples[0].Distance, 0.003)

	assert.Contains(t, run1(t, "neighbours", "--path", folder, "--data", "none"), "none")
	for _, args := range [][]string{{}, {"--path", folder, "--n", "0"}, {"--path", folder, "--k", "101"}, {"--path", folder, "--data", ""}, {"--path", folder, "--out", ""}} {
		assert.Equal(t, exitUsage, run(t, append([]string{"neighbours"}, args...)...).code, args)
	}
}

// With --scores picture and table are in the order of the scores.
func TestSampleByScore(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	succeed(t, "sample", "--path", folder, "--n", "9", "--out", "plain.png")
	succeed(t, "sample", "--path", folder, "--n", "9", "--out", "sorted.png", "--scores", "scores.csv")
	f, err := os.Open("scores.csv")
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 10)
	plain, sorted := decodePNG(t, "plain.png"), decodePNG(t, "sorted.png")
	corner := func(i int) image.Point { return image.Pt(2+i%8*18, 2+i/8*18) }
	last := float64(0)
	seen := map[int]bool{}
	for place, row := range rows[1:] {
		index, err := strconv.Atoi(row[0])
		require.NoError(t, err)
		score, err := strconv.ParseFloat(row[1], 32)
		require.NoError(t, err)
		if place > 0 {
			assert.LessOrEqual(t, score, last)
		}
		last, seen[index] = score, true
		for y := range 16 {
			for x := range 16 {
				a, b := corner(index), corner(place)
				require.Equal(t, plain.At(a.X+x, a.Y+y), sorted.At(b.X+x, b.Y+y))
			}
		}
	}
	assert.Len(t, seen, 9)
}

func TestMovingErrors(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"walk"}, {"walk", "--path", folder, "--keys", "1"}, {"walk", "--path", folder, "--frames", "0"}, {"walk", "--path", folder, "--keys", "5000", "--frames", "3"},
		{"walk", "--path", folder, "--interpolate", "cubic"}, {"walk", "--path", folder, "--n", "0"}, {"walk", "--path", folder, "--first", "-1"},
		{"walk", "--path", folder, "--truncate", "-1"}, {"walk", "--path", folder, "--out", "walk.mp4"}, {"walk", "--path", folder, "--fps", "0"},
		{"walk", "--path", folder, "--fps", "51"}, {"walk", "--path", folder, "--hold", "-1s"}, {"walk", "--path", folder, "--size", "-3"},
		{"walk", "--path", folder, "--engine", "sse"}, {"timelapse"}, {"timelapse", folder, "--frames", "0"}, {"timelapse", folder, "--out", "x"},
	} {
		assert.Equal(t, exitUsage, run(t, args...).code, args)
	}
	assert.Contains(t, run1(t, "walk", "--path", "none"), "none")
	assert.Contains(t, run1(t, "timelapse", "."), "not the folder of a run")
	assert.Contains(t, run1(t, "walk", "--path", folder, "--out", "missing/walk.gif"), "missing")
	succeed(t, "train", "--preset", "toy-8gaussians", "--steps", "2", "--device", "cpu", "--quiet",
		"--set", "DATA_SIZE=500", "--set", "BATCH_SIZE=16", "--set", "FEATURES_GEN=8", "--set", "FEATURES_CRITIC=8")
	for _, command := range []string{"walk", "neighbours"} {
		assert.Contains(t, run1(t, command, "--path", "trains/train0"), "does not make images")
	}
	// Grids of points move too.
	assert.Contains(t, succeed(t, "timelapse", "trains/train0").out, "1 frame of 512×512 pixels")
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Len(t, entries, 2)
}
