package snippets_test

import (
	"encoding/json"
	"os"
	"testing"

	"ganlib/device/dlopen"
	"ganlib/device/driver/snippets"
	"ganlib/internal/enginetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answersVariable names a file that TestGPU writes the GPU's outputs to, for the emulator to be compared
// with on machines that have none.
const answersVariable = "GANLIB_SNIPPETS_OUT"

// TestGPU runs the list on a real GPU.
func TestGPU(t *testing.T) {
	ctx, err := dlopen.New().Open(0)
	enginetest.NeedTool(t, "cuda", err)
	defer func() { assert.NoError(t, ctx.Close()) }()
	p := ctx.Properties()
	a := answers{p.Name, p.Version, map[string][]uint32{}}
	for _, s := range snippets.All() {
		t.Run(s.Name, func(t *testing.T) {
			if !s.Runs(p) {
				t.Skipf("compute capability %d.%d", p.Major, p.Minor)
			}
			got, err := snippets.Run(ctx, s)
			require.NoError(t, err)
			assert.NoError(t, s.Check(got))
			a.Outputs[s.Name] = got
		})
	}
	if name := os.Getenv(answersVariable); name != "" {
		data, err := json.Marshal(a)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(name, data, 0o666))
	}
}
