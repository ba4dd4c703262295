package cli

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/torchfile"
)

// fixture is the path of a file that PyTorch wrote.
func fixture(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "testdata", "fixtures", name))
	require.NoError(t, err)
	return path
}

// TestImportAndExport goes from a file of PyTorch to samples, and back to files.
func TestImportAndExport(t *testing.T) {
	cats := fixture(t, "adam.pth.tar")
	t.Chdir(t.TempDir())
	o := succeed(t, "import", cats, "--preset", "catfaces", "--out", "trains/cats")
	assert.Contains(t, o.out, "generator: 1,755 parameters from state_dict, adam after 3 steps from optimizer\n")
	assert.Contains(t, o.out, "trains/cats: preset catfaces, z 8, 3×16×16, from ")
	assert.Contains(t, o.out, "See it with: catfaces sample --path trains/cats\n")
	assert.Equal(t, "no critic of the preset in the file: a new one is initialised\n", o.errout)
	succeed(t, "sample", "--path", "trains/cats", "--n", "4", "--out", "grid.png", "--scores", "scores.csv")
	assert.Equal(t, 4*18+2, decodePNG(t, "grid.png").Bounds().Dx())

	o = succeed(t, "export", "--path", "trains/cats", "--out", "cats.pth.tar")
	assert.Regexp(t, `^cats\.pth\.tar: pth, generator of step 0 from trains/cats/model/checkpoint-00000000\.safetensors, \d+\.\d kB\n$`, o.out)
	assert.Empty(t, o.errout)
	succeed(t, "export", "--path", "trains/cats", "--out", "both.pth", "--network", "both")
	succeed(t, "export", "--path", "trains/cats", "--out", "x", "--format", "safetensors", "--network", "critic")
	o = succeed(t, "inspect", "x")
	assert.Regexp(t, `(?m)^disc\.0\.weight +F32 `, o.out)

	// The same run comes of what was exported.
	o = succeed(t, "import", "both.pth", "--out", "again")
	assert.Contains(t, o.out, "critic: ")
	assert.Empty(t, o.errout)
	const checkpoint = "model/checkpoint-00000000.safetensors"
	a, err := os.ReadFile(filepath.Join("trains/cats", checkpoint))
	require.NoError(t, err)
	b, err := os.ReadFile(filepath.Join("again", checkpoint))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(a, b))
	o = succeed(t, "import", filepath.Join("again", checkpoint), "--out", "third", "--set", "SEED=5")
	assert.Contains(t, o.out, "from generator.*\n")
}

// TestImportRefuses: an error that names what is wrong, and nothing is made.
func TestImportRefuses(t *testing.T) {
	malicious, cut, views, cats := fixture(t, "malicious.pth"), fixture(t, "truncated.pth.tar"), fixture(t, "views.pth"), fixture(t, "adam.pth.tar")
	folder := t.TempDir()
	t.Chdir(folder)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"import", malicious, "--out", "run"}, 1, `asks for "posix.system", which no tensor needs: refused, and nothing was run`},
		{[]string{"import", cut, "--out", "run"}, 1, "a whole zip archive"},
		{[]string{"import", views, "--out", "run"}, 1, "any preset: no such generator in the file"},
		{[]string{"import", views, "--out", "run", "--preset", "catfaces"}, 1, `no state dict with a tensor "gen.0.0.weight"`},
		{[]string{"import", cats, "--out", "run", "--preset", "dcgan16"}, 1, "preset dcgan16: no such generator in the file"},
		{[]string{"import", cats, "--out", "run", "--preset", "dcgan"}, 1, "did you mean dcgan16?"},
		{[]string{"import", cats, "--out", "run", "--set", "SEED=x"}, 1, "--set SEED=x"},
		{[]string{"import", cats}, 2, "--out"},
		{[]string{"import", "--out", "run"}, 2, "0 arguments: want one, a file"},
		{[]string{"import", "none.pth", "--out", "run"}, 1, "none.pth"},
		{[]string{"import", ".", "--out", "run"}, 1, "want a file"},
		{[]string{"export", "--path", "x"}, 2, "--path and --out"},
		{[]string{"export", "--path", "x", "--out", "f.pth", "--network", "g"}, 2, "--network g: want generator, critic or both"},
		{[]string{"export", "--path", "x", "--out", "f.xyz"}, 2, "--out f.xyz: a name that tells no format: name one of npz, onnx, pth and safetensors with --format"},
		{[]string{"export", "--path", "x", "--out", "f", "--format", "xyz"}, 2, "--format xyz: want one of"},
		{[]string{"export", "--path", "x", "--out", "f.pth"}, 1, "x"},
		{[]string{"inspect", malicious}, 1, `"posix.system"`},
		{[]string{"inspect", cut}, 1, "a whole zip archive"},
	} {
		o := run(t, c.args...)
		assert.Equal(t, c.code, o.code, "%v", c.args)
		assert.Empty(t, o.out, "%v", c.args)
		assert.Contains(t, o.errout, c.want)
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		assert.Empty(t, entries, "%v", c.args)
	}
	succeed(t, "import", cats, "--out", "run")
	o := run(t, "import", cats, "--out", "run")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "run: file already exists")
}

func TestInspectTorch(t *testing.T) {
	cats := fixture(t, "adam_legacy.pth.tar")
	t.Chdir(t.TempDir())
	o := succeed(t, "inspect", cats)
	for _, want := range []string{
		`adam_legacy\.pth\.tar: PyTorch, legacy format, \d+\.\d kB\n`,
		`(?m)^epoch +3$`,
		`(?m)^optimizer\.param_groups\.0\.betas +\(0, 0\.9\)$`,
		`(?m)^optimizer\.param_groups\.0\.fused +None$`,
		`(?m)^optimizer\.param_groups\.0\.amsgrad +False$`,
		`(?m)^optimizer\.param_groups\.0\.params +\[0, 1, 2, 3, 4, 5, 6, 7\]$`,
		`(?m)^state_dict\.gen\.0\.0\.weight +float32 +\(8,4,4,4\) +-\d\S+ +\d\S+ +0$`,
		`(?m)^state_dict\.gen\.0\.1\.num_batches_tracked +int64 +\(\) +3 +3 +0$`,
	} {
		assert.Regexp(t, want, o.out)
	}

	var b bytes.Buffer
	require.NoError(t, torchfile.Write(&b, torchfile.NewDict().Set("bad\x1b", torchfile.NewFloat32([]int{2}, []float32{1, float32(math.Inf(1))})).
		Set("empty", torchfile.NewDict()).Set("type", torchfile.Float16).Set("on", true).Set("list", torchfile.NewList()).
		Set("device", torchfile.Device("cuda:0")).Set("none", torchfile.NewInt64([]int{0}, nil))))
	require.NoError(t, os.WriteFile("x.pth", b.Bytes(), 0o666))
	o = succeed(t, "inspect", "x.pth")
	for _, want := range []string{
		`(?m)^bad\\x1b +float32 +\(2\) +1 +1 +1$`, `(?m)^empty +\{\}$`, `(?m)^list +\[\]$`, `(?m)^type +torch\.float16$`, `(?m)^on +True$`,
		`(?m)^device +cuda:0$`, `(?m)^none +int64 +\(0\) +- +- +0$`, `2 tensors, 2 elements, 1 not finite\n$`,
	} {
		assert.Regexp(t, want, o.out)
	}
}
