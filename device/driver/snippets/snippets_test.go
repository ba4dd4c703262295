package snippets_test

import (
	"testing"

	"ganlib/device/driver/snippets"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEmulator runs the list on the emulator: on an Ampere, and what that lacks on a Hopper. A GPU's test does the
// same with its own driver.
func TestEmulator(t *testing.T) {
	ampere, err := ptxsim.New(ptxsim.Options{}).Open(0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, ampere.Close()) }()
	hopper, err := ptxsim.New(ptxsim.Options{Major: 9}).Open(0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, hopper.Close()) }()
	names := map[string]bool{}
	for _, s := range snippets.All() {
		t.Run(s.Name, func(t *testing.T) {
			assert.False(t, names[s.Name], "two snippets of one name")
			names[s.Name] = true
			ctx := ampere
			if !s.Runs(ctx.Properties()) {
				ctx = hopper
			}
			require.True(t, s.Runs(ctx.Properties()))
			got, err := snippets.Run(ctx, s)
			require.NoError(t, err)
			assert.NoError(t, s.Check(got))
		})
	}
	t.Logf("%d snippets", len(names))
}
