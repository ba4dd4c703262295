package snippets_test

import (
	"testing"

	"ganlib/device/driver/snippets"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEmulator runs the list on the emulator. A GPU's test does the same with its own driver.
func TestEmulator(t *testing.T) {
	ctx, err := ptxsim.New(ptxsim.Options{}).Open(0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, ctx.Close()) }()
	names := map[string]bool{}
	for _, s := range snippets.All() {
		t.Run(s.Name, func(t *testing.T) {
			assert.False(t, names[s.Name], "two snippets of one name")
			names[s.Name] = true
			got, err := snippets.Run(ctx, s)
			require.NoError(t, err)
			assert.NoError(t, s.Check(got))
		})
	}
	t.Logf("%d snippets", len(names))
}
