package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
)

// FuzzSets resolves what --set gives, one a line: problems, or a configuration that is valid and survives being
// written and read.
func FuzzSets(f *testing.F) {
	for _, sets := range []string{
		"", "SEED=1", "SEED=-1\nSEED=2", "PRESET=dcgan16\nCOMPAT=all", "BATCH_SIZE=1e9", "LEARNING_RATE=NaN", "=", "A", "DATA_NAME=\u202e", "DATA_NAME=..", "DATA_ROOT=\x1b[0m",
		"CHECKPOINT_EVERY=1h", "COMPAT=[log-axis, sigmoid-bce]", "VARIANT=wgan\nCLIP_VALUE=0", "IMAGE_SIZE=99999999999999999999", "Z_DIM= 7 ",
	} {
		f.Add("catfaces", sets)
	}
	f.Add("toy-8gaussians", "DATA_SIZE=2147483647")
	f.Add("\x00", "SEED=1")
	f.Fuzz(func(t *testing.T, preset, sets string) {
		var c Config
		var err error
		enginetest.AllocatesAtMost(t, 4096*(len(preset)+len(sets))+4<<20, func() {
			c, err = Resolve(Sources{Preset: preset, Sets: strings.Split(sets, "\n")})
		})
		if err != nil {
			return
		}
		require.NoError(t, c.Validate())
		again, err := FromMap(Map(c))
		require.NoError(t, err)
		assert.Equal(t, c, again)
	})
}
