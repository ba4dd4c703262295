package kernels

import (
	"maps"
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
	files, err := filepath.Glob("*.ptx.gz")
	require.NoError(t, err)
	found := map[string]bool{}
	for _, file := range files {
		entries := entryPattern.FindAllStringSubmatch(ptxText(file), -1)
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

// A normalisation of (2, 100, 20) in tiles of 8 columns and 3 slices: its first launch leaves sums, the second adds them
// up and writes.
func TestCostsOfSlices(t *testing.T) {
	const n, sums = 2 * 100 * 20, 2 * 20 * 3 // elements, and the sums of each column and slice
	grid := [3]int{2 * 3 * 3, 1, 1}
	args := func(count, steps int, there ...int) []uint64 {
		a := make([]uint64, count)
		for _, i := range there {
			a[i] = 0x100
		}
		copy(a[count-5:], []uint64{100, 20, 8, 3, uint64(steps)})
		return a
	}
	for _, c := range []struct {
		kernel       string
		grid         [3]int
		args         []uint64
		bytes, flops int64
	}{
		{"norm_forward", grid, args(23, normTakeSums), 4*n + 8*2*sums, 4 * n},
		{"norm_forward", grid, args(23, normAddSums|normWrite), 2*4*n + 8*2*sums, 5 * n},
		{"norm_backward", grid, args(23, normAddSums|normWrite, 4), 4*4*n + 8*2*sums, 6 * n},
		{"norm_second", grid, args(27, normAddSums|normWrite), 4*4*n + 8*7*sums, 10 * n},
		{"norm_second", grid, args(27, normTakeSums, 2, 6), 5*4*n + 8*7*sums, 14 * n},
		{"norm_param", [3]int{9, 1, 1}, args(22, normTakeSums, 2, 3), 3*4*n/2 + 8*2*sums/2, 6 * n / 2},
		{"norm_param", [3]int{3, 1, 1}, args(22, normAddSums|normWrite, 2, 3), 8 * 2 * sums / 2, 0}, // of one group
	} {
		assert.Equal(t, device.Cost{Bytes: c.bytes, Flops: c.flops}, costOf(c.kernel, c.grid, c.args), "%s %v", c.kernel, c.args)
	}
}
