package cli

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSampleForeign draws from other programs' files what it draws from the run that they came from.
func TestSampleForeign(t *testing.T) {
	cats := fixture(t, "adam.pth.tar")
	t.Chdir(t.TempDir())
	succeed(t, "import", cats, "--out", "trains/cats")
	succeed(t, "sample", "--path", "trains/cats", "--n", "4", "--out", "want.png", "--scores", "want.csv")
	read := func(path string) string {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(data)
	}
	for _, file := range []string{"both.pth.tar", "both.npz", "both.safetensors"} {
		succeed(t, "export", "--path", "trains/cats", "--network", "both", "--out", file)
		o := succeed(t, "sample", "--path", file, "--n", "4", "--out", "got.png", "--scores", "got.csv")
		assert.Contains(t, o.out, "4 samples of seed 0 from "+file)
		assert.Equal(t, read("want.png"), read("got.png"), file)
		assert.Equal(t, read("want.csv"), read("got.csv"), file)
	}
	succeed(t, "sample", "--path", cats, "--n", "4", "--out", "got.png")
	assert.Equal(t, 4*18+2, decodePNG(t, "got.png").Bounds().Dx())
	succeed(t, "walk", "--path", cats, "--keys", "2", "--frames", "2", "--out", "walk.gif")
}

func TestSampleForeignRefuses(t *testing.T) {
	cats, malicious, views := fixture(t, "adam.pth.tar"), fixture(t, "malicious.pth"), fixture(t, "views.pth")
	t.Chdir(t.TempDir())
	succeed(t, "import", cats, "--out", "run")
	succeed(t, "export", "--path", "run", "--out", "cats.onnx")
	require.NoError(t, os.WriteFile("text", []byte("some text, of no format"), 0o666))
	for _, c := range []struct {
		args      []string
		want, own string // the error, and what to do
	}{
		{[]string{malicious}, `malicious.pth: torchfile: read: data.pkl: offset 22 asks for "posix.system"`, "torch.save(generator.state_dict(), FILE)"},
		{[]string{views}, "views.pth: interchange: any preset: no such generator in the file", "inspect FILE"},
		{[]string{"cats.onnx"}, "open cats.onnx: a file of ONNX: want one of PyTorch, NumPy, Keras and safetensors", "help formats"},
		{[]string{"text"}, "text: neither a checkpoint nor another file of a known format", "help formats"},
		{[]string{cats, "--scores", "s.csv"}, "there is no critic", "export --network both"},
	} {
		o := run(t, append([]string{"sample", "--out", "x.png", "--path"}, c.args...)...)
		assert.Equal(t, exitFailure, o.code, c.args)
		assert.Contains(t, o.errout, c.want)
		assert.Regexp(t, `\nNext: .*`, o.errout)
		assert.Contains(t, o.errout, c.own)
		assert.NoFileExists(t, "x.png")
	}
}
