package kernels

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

var entryPattern = regexp.MustCompile(`(?s)\.entry (\w+)\((.*?)\)`)

// TestCosts holds the costs against the kernels: each has one, for as many arguments as it takes.
func TestCosts(t *testing.T) {
	files, err := filepath.Glob("*.ptx")
	require.NoError(t, err)
	found := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		entries := entryPattern.FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, entries, file)
		for _, e := range entries {
			name, parameters := e[1], strings.Count(e[2], ".param")
			if strings.HasPrefix(name, "peak_") {
				continue
			}
			found[name] = true
			c, ok := costingOf(name)
			if assert.True(t, ok, "kernel %s of %s: add its cost to cost.go", name, file) {
				assert.Equal(t, parameters, c.args, "kernel %s of %s takes other arguments than those that cost.go knows", name, file)
			}
		}
	}
	for name := range costs {
		assert.True(t, found[name], "cost.go has a kernel %s that there is not", name)
	}
	assert.Contains(t, slices.Collect(maps.Keys(found)), "conv2d_input_tf32_128x64")
	assert.Equal(t, device.Cost{}, costOf("adam", [3]int{1, 1, 1}, make([]uint64, 3)), "other arguments than known")
	assert.Equal(t, device.Cost{}, costOf("nothing", [3]int{1, 1, 1}, nil))
}
