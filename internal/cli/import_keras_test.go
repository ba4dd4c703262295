package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestImportKeras(t *testing.T) {
	fixture, err := filepath.Abs("../../formats/keras/testdata/generator_model.h5")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	o := succeed(t, "import", fixture, "--preset", "keras-wgan", "--out", "wgan")
	assert.Contains(t, o.out, "wgan: preset keras-wgan, z 5, 1×28×28, from ")
	succeed(t, "sample", "--path", "wgan", "--n", "2", "--out", "two.png")
	assert.FileExists(t, "two.png")

	o = succeed(t, "inspect", fixture)
	assert.Regexp(t, `(?m)^model_weights/dense/sequential/dense/kernel +float32 +\(5,2\) +-\d.* 0$`, o.out)

	// The weights of another system, and half a file, make no run.
	o = run(t, "import", fixture, "--preset", "catfaces", "--out", "cats")
	assert.Equal(t, exitFailure, o.code)
	assert.NoDirExists(t, "cats")
	data, err := os.ReadFile(fixture)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("cut.h5", data[:len(data)/2], 0o666))
	o = run(t, "import", "cut.h5", "--preset", "keras-wgan", "--out", "cut")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "import cut.h5: keras: read: ")
	assert.NoDirExists(t, "cut")
}
