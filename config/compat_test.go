package config

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompat(t *testing.T) {
	c := mustCompat(t, SwitchLogAxis, SwitchPerPixelNorm, SwitchLogAxis)
	assert.True(t, c.Has("per-pixel-norm"))
	assert.True(t, c.Has(SwitchLogAxis))
	assert.False(t, c.Has(SwitchLogFolders))
	assert.False(t, c.Has("no such switch"))
	assert.Equal(t, []Switch{"per-pixel-norm", "log-axis"}, c.Switches())
	assert.Equal(t, "per-pixel-norm,log-axis", fmt.Sprint(c))
	assert.Equal(t, "none", Compat{}.String())
	assert.Equal(t, c, mustCompat(t, "per-pixel-norm", "log-axis"), "comparable")
	_, err := NewCompat("log-axes")
	assert.EqualError(t, err, `config: new compat set: unknown switch "log-axes"; did you mean log-axis?`)
	assert.Less(t, len(switchTable), 31, "the bits of a set")
}

func TestCompatJSON(t *testing.T) {
	c := mustCompat(t, SwitchLogAxis, SwitchPerPixelNorm)
	text, err := json.Marshal(c)
	require.NoError(t, err)
	assert.Equal(t, `"per-pixel-norm,log-axis"`, string(text))
	var got Compat
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, c, got)
	require.NoError(t, json.Unmarshal([]byte(`"none"`), &got))
	assert.Zero(t, got)
	assert.EqualError(t, json.Unmarshal([]byte(`"all"`), &got), `config: compat set: got "all", want none or a list of switches`)
	assert.EqualError(t, json.Unmarshal([]byte(`"x"`), &got), `config: compat set: got "x", want none or a list of switches`)
}
