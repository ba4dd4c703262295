package config

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
)

// Whatever a file holds, Load returns problems or a configuration that is valid and survives being
// written and read.
func FuzzLoad(f *testing.F) {
	shipped, err := os.ReadFile("testdata/train.config.yaml")
	require.NoError(f, err)
	f.Add(shipped)
	f.Add(Marshal(base(f, "keras-wgan")))
	for _, text := range []string{
		"", "\ufeff# a\r\nSEED: 1\r\n", "COMPAT: all\nGEN_NOISE: reuse", "COMPAT:\n- log-axis\n", "PRESET: dcgan16\nCOMPAT: [sigmoid-bce]",
		"A: &a [*a]", "<<: *a", "? a\n: b", "{a: b}", "a: |\n b", "- - -", "a: 'b", "\tA: 1", "---\n---\n", "%A", "DATA_NAME: 'it''s'",
		"DATA_ROOT: \"\\x41\\u00e9\"", "CHECKPOINT_EVERY: 1h1s", "LR: .inf", "BETA1: -0", "VARIANT: wgan\n", "!!a b", "a: !b\n", "[", "a:\n  b:\n    c:", "- a: b\n  - c",
	} {
		f.Add([]byte(text))
	}
	over := base(f, "catfaces")
	f.Fuzz(func(t *testing.T, data []byte) {
		var c Config
		var err error
		enginetest.AllocatesAtMost(t, 4096*len(data)+4<<20, func() { c, err = Load(bytes.NewReader(data), "f", over) })
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			require.NotEmpty(t, e.Problems)
			assert.Zero(t, c)
			return
		}
		require.NoError(t, c.Validate())
		again, err := Load(bytes.NewReader(Marshal(c)), "g", over)
		require.NoError(t, err)
		require.Equal(t, c, again)
		again, err = FromMap(Map(c))
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}
