package conformance_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runs"
)

// 18: the configuration file as shipped, the spellings of 1e-4, an unknown key, and the numbers of runs.
func TestCheck18Configuration(t *testing.T) {
	shipped, err := os.ReadFile(filepath.Join("..", "config", "testdata", "train.config.yaml"))
	require.NoError(t, err)
	c, err := config.Resolve(config.Sources{File: shipped, Filename: "train.config.yaml"})
	require.NoError(t, err)
	want, err := config.Preset("catfaces")
	require.NoError(t, err)
	assert.Equal(t, want, c, "the preset catfaces is the shipped file")

	for _, spelling := range []string{"1e-4", `"1e-4"`, "1.0e-4"} {
		c, err := config.Resolve(config.Sources{File: []byte("LEARNING_RATE: " + spelling + "\n"), Filename: "f.yaml"})
		require.NoError(t, err, spelling)
		assert.Equal(t, 1e-4, c.LearningRate, spelling)
	}
	_, err = config.Resolve(config.Sources{File: []byte("BATCH_SIZE: 32\nLERNING_RATE: 1e-4\n"), Filename: "f.yaml"})
	assert.ErrorContains(t, err, "f.yaml:2:1")
	assert.ErrorContains(t, err, "did you mean LEARNING_RATE?")

	assert.EqualValues(t, 0, runs.NextID("train", nil))
	assert.EqualValues(t, 3, runs.NextID("train", []string{"train0", "train2"}))
	assert.EqualValues(t, 0, runs.NextID("cat", []string{"cat", "catfaces0", "cat1x"}))
	assert.EqualValues(t, 0, runs.NextID("c.t", []string{"cat7"}), "a name with regexp characters is literal")
}
