package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
)

// The figures that torchinfo prints for batch 8 and features 8, which is what a start without any
// choice has.
const (
	generatorFigures = `Total params: 378083
Trainable params: 378083
Non-trainable params: 0
Total mult-adds (M): 252.81
Mult-adds really done (M): 58.26
Input size (MB): 0.00
Forward/backward pass size (MB): 4.72
Params size (MB): 1.51
Estimated Total Size (MB): 6.23
`
	criticFigures = `Total params: 44649
Trainable params: 44649
Non-trainable params: 0
Total mult-adds (M): 15.80
Mult-adds really done (M): 15.74
Input size (MB): 0.39
Forward/backward pass size (MB): 1.44
Params size (MB): 0.18
Estimated Total Size (MB): 2.01
`
)

func TestSummary(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"summary", "--preset", "catfaces", "--set", "FEATURES_GEN=8", "--set", "FEATURES_CRITIC=8"},
		{"summary", "--batch", "8", "--set", "FEATURES_GEN=8", "--set", "FEATURES_CRITIC=8"},
	} {
		o := succeed(t, args...)
		first, second, found := strings.Cut(o.out, "\ncritic\n")
		require.True(t, found)
		assert.True(t, strings.HasPrefix(first, "generator\n"))
		assert.True(t, strings.HasSuffix(first, "\n"+generatorFigures), first)
		assert.True(t, strings.HasSuffix(second, "\n"+criticFigures), second)
	}
	o := succeed(t, "summary", "--preset", "catfaces_128", "--batch", "1")
	assert.Contains(t, o.out, "Total params: 47855363\n")
	assert.Contains(t, o.out, "Total params: 11164481\n")
	assert.Contains(t, o.out, "(1,128,128,3)")
	assert.Empty(t, o.errout)
}

// summary tells which networks a command line stands for.
func TestWhatIsTrained(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(device.EngineVariable, device.EngineReference.String())
	const full = "Total params: 12658435\n"
	small := succeed(t, "summary")
	assert.Contains(t, small.errout, "FEATURES_CRITIC and FEATURES_GEN 8 instead of 64")
	assert.Contains(t, small.errout, "--preset catfaces")
	assert.NotContains(t, small.out, full)
	assert.Contains(t, small.out, "(8,64,64,3)", "the images keep their size")

	whole := succeed(t, "summary", "--preset", "catfaces")
	assert.Contains(t, whole.out, full)
	assert.Empty(t, whole.errout)
	assert.Contains(t, succeed(t, "summary", "--set", "PRESET=celeba").out, full)
	asked := succeed(t, "summary", "--set", "FEATURES_GEN=64", "--set", "FEATURES_CRITIC=64")
	assert.Contains(t, asked.out, full, "what is asked for counts")
	assert.Empty(t, asked.errout)
	half := succeed(t, "summary", "--set", "FEATURES_GEN=64")
	assert.Contains(t, half.out, full)
	assert.Contains(t, half.errout, "FEATURES_CRITIC 8 instead of 64")

	// A file in the current folder is found, and said to be used; a flag comes before it.
	write(t, defaultFile, "FEATURES_GEN: 16\nIMAGE_SIZE: 16\n")
	found := succeed(t, "summary")
	assert.Equal(t, "Configuration: train.config.yaml of the current folder.\n", found.errout)
	assert.Contains(t, found.out, "(8,16,16,3)")
	assert.Contains(t, succeed(t, "summary", "--set", "IMAGE_SIZE=32").out, "(8,32,32,3)")
	assert.Contains(t, succeed(t, "summary", "--preset", "celeba_128").out, "(8,16,16,3)")

	// The file that is named counts instead of it, even an empty one.
	write(t, "other.yaml", "IMAGE_SIZE: 32\nPRESET: celeba\n")
	other := succeed(t, "summary", "--hyp", "other.yaml")
	assert.Empty(t, other.errout)
	assert.Contains(t, other.out, "(8,32,32,3)")
	write(t, "empty.yaml", "")
	assert.Contains(t, succeed(t, "summary", "--hyp", "empty.yaml").out, full)

	// A file that cannot be read is no missing file.
	require.NoError(t, os.Remove(defaultFile))
	require.NoError(t, os.Mkdir(defaultFile, 0o777))
	assert.Equal(t, exitFailure, run(t, "summary").code)
}

// A start without any choice trains networks that suit the engine.
func TestPlainFeatures(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, e := range device.Engines() {
		want := "FEATURES_CRITIC and FEATURES_GEN 16 instead of 64"
		if e == device.EngineReference {
			want = "FEATURES_CRITIC and FEATURES_GEN 8 instead of 64"
		}
		t.Setenv(device.EngineVariable, e.String())
		assert.Contains(t, succeed(t, "summary").errout, want, e)
	}
	assert.Zero(t, plainFeatures("cuda:0 (some GPU)"))
	assert.NotEmpty(t, engineOf(device.Options{Name: "no device"}))
}

// The configuration file of the tutorial is read as it was shipped.
func TestShippedFile(t *testing.T) {
	shipped, err := filepath.Abs(filepath.Join("..", "..", "config", "testdata", "train.config.yaml"))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	o := succeed(t, "summary", "--hyp", shipped)
	assert.Contains(t, o.out, "Total params: 12658435\n")
	assert.Empty(t, o.errout)
}

func TestSetWords(t *testing.T) {
	words := setWords()
	assert.Len(t, words, len(config.Keys()))
}
