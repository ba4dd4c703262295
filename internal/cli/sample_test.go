package cli

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

func TestSample(t *testing.T) {
	folder := trainedRun(t)
	file, _ := newest(t, folder)
	t.Chdir(t.TempDir())
	size := func(path string) image.Point { return decodePNG(t, path).Bounds().Size() }

	o := succeed(t, "sample", "--path", folder)
	assert.Equal(t, "grid.png: 146×146 pixels, 64 samples of seed 0 from "+file+"\n", o.out)
	assert.Empty(t, o.errout)
	assert.Equal(t, image.Pt(146, 146), size("grid.png"))

	// A single sample is 220 pixels wide, as in the tutorial; both spellings of the width mean it.
	o = succeed(t, "run", "--path", file, "--out", "one.png")
	assert.Equal(t, "one.png: 220×220 pixels, 1 sample of seed 0 from "+file+"\n", o.out)
	assert.Equal(t, image.Pt(220, 220), size("one.png"))
	for _, spelling := range []string{"--size", "--figsize"} {
		succeed(t, "run", "--path", folder, spelling, "300", "--n", "3", "--out", "three.png")
		assert.Equal(t, image.Pt(300, 107), size("three.png"))
	}

	read := func(path string) string {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(data)
	}
	o = succeed(t, "sample", "--path", folder, "--n", "70", "--seed", "5", "--out", "a.png", "--scores", "a.csv")
	assert.Contains(t, o.out, "a.csv: 70 scores\n")
	succeed(t, "sample", "--path", file, "--n", "70", "--seed", "5", "--out", "b.png", "--scores", "b.csv")
	assert.Equal(t, read("a.png"), read("b.png"), "a seed always gives the same samples")
	assert.Equal(t, read("a.csv"), read("b.csv"))
	rows := strings.Split(strings.TrimSpace(read("a.csv")), "\n")
	assert.Len(t, rows, 71)
	assert.Equal(t, "index,score", rows[0])
	assert.NotEqual(t, strings.TrimPrefix(rows[1], "0,"), strings.TrimPrefix(rows[65], "64,"), "sample 64 is not sample 0 again")
	succeed(t, "sample", "--path", folder, "--n", "70", "--seed", "6", "--out", "b.png")
	assert.NotEqual(t, read("a.png"), read("b.png"))
	for _, e := range device.Engines() {
		succeed(t, "sample", "--path", folder, "--engine", e.String())
	}
}

func TestSampleErrors(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	o := run(t, "sample", "--path", folder, "--n", "10000000")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "--n 10000000: want at most 7280")
	o = run(t, "sample", "--path", folder, "--out", "missing/grid.png")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "missing")
	o = run(t, "sample", "--path", folder, "--seed", "-1")
	assert.Equal(t, exitUsage, o.code)
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestSamplePoints(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--preset", "toy-8gaussians", "--steps", "2", "--device", "cpu", "--quiet",
		"--set", "DATA_SIZE=500", "--set", "BATCH_SIZE=16", "--set", "FEATURES_GEN=8", "--set", "FEATURES_CRITIC=8")
	o := succeed(t, "sample", "--path", "trains/train0", "--scores", "s.csv")
	assert.Contains(t, o.out, "grid.png: 512×512 pixels, 1,000 samples of seed 0")
	assert.Contains(t, o.out, "s.csv: 1,000 scores\n")
	decodePNG(t, "grid.png")
	assert.Contains(t, succeed(t, "run", "--path", "trains/train0").out, "512×512 pixels")
	assert.Contains(t, succeed(t, "sample", "--path", "trains/train0", "--n", "9", "--size", "100").out, "100×100 pixels, 9 samples")
}

func TestInspectRun(t *testing.T) {
	folder := trainedRun(t)
	o := succeed(t, "inspect", folder)
	for _, want := range []string{
		`checkpoint-00000003\.safetensors: ganlib checkpoint at generator step 3, `,
		`(?m)^config\.IMAGE_SIZE +16$`, `(?m)^variant +wgan-gp$`,
		`(?m)^generator\.gen\.0\.0\.weight +F32 +\(8,16,4,4\) +-0\.\d+ +0\.\d+ +0$`,
		`(?m)^optimizer\.critic\.v\.disc\.0\.bias +F32 +\(4\) `,
		`(?m)^\d+ tensors, [\d,]+ elements, 0 not finite$`,
	} {
		assert.Regexp(t, want, o.out)
	}
	file, _ := newest(t, folder)
	assert.Equal(t, o.out, succeed(t, "inspect", file).out)
	assert.Equal(t, exitFailure, run(t, "inspect", filepath.Join(folder, "model")).code)
}
