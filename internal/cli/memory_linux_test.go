package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
)

// TestPlannedMemory trains in a process of its own, with pictures and checkpoints: the most memory that
// it takes is what --dry-run says, within 5 %.
func TestPlannedMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	program := func(t *testing.T, args ...string) (out string, peak float64) {
		t.Helper()
		cmd := exec.Command(os.Args[0], args...)
		file := filepath.Join(t.TempDir(), "peak")
		cmd.Env = append(os.Environ(), asProgram+"=1", peakFile+"="+file, "GOMEMLIMIT=off", "GOGC=100")
		data, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", data)
		taken, err := os.ReadFile(file)
		require.NoError(t, err)
		peak, err = strconv.ParseFloat(string(taken), 64)
		require.NoError(t, err)
		return string(data), peak
	}
	enginetest.Each(t, func(t *testing.T, e device.Engine) {
		for _, test := range []struct {
			name string
			sets []string
		}{
			{"catfaces", []string{"PRESET=catfaces", "FEATURES_GEN=16", "FEATURES_CRITIC=16", "DATA_SIZE=300", "CRITIC_ITERATIONS=1"}},
			{"many images", []string{"PRESET=catfaces", "FEATURES_GEN=4", "FEATURES_CRITIC=4", "DATA_SIZE=4000", "CRITIC_ITERATIONS=1"}},
			{"linear layers", []string{"PRESET=toy-25gaussians", "FEATURES_GEN=1024", "FEATURES_CRITIC=1024", "CRITIC_ITERATIONS=1"}},
		} {
			if test.name != "catfaces" && e != device.Engines()[0] {
				continue // the engine matters little
			}
			t.Run(test.name, func(t *testing.T) {
				args := []string{"train", "--device", "cpu", "--engine", e.String(), "--threads", "2", "--steps", "3", "--runs", filepath.Join(t.TempDir(), "runs")}
				for _, set := range append(test.sets, "DATA_ROOT="+t.TempDir(), "CHECKPOINT_EVERY=1") {
					args = append(args, "--set", set)
				}
				plan, _ := program(t, append(args, "--dry-run")...)
				match := regexp.MustCompile(`(?m)^memory +([\d.]+) MB: `).FindStringSubmatch(plan)
				require.NotNil(t, match, plan)
				planned, err := strconv.ParseFloat(match[1], 64)
				require.NoError(t, err)
				_, peak := program(t, args...)
				t.Logf("planned %.1f MB, taken %.1f MB", planned, peak/1e6)
				assert.InEpsilon(t, peak/1e6, planned, 0.05)
			})
		}
	})
}
