package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
)

// attempt runs the program in a process of its own, and returns what it printed and the most memory that it took,
// in bytes.
func attempt(t *testing.T, args ...string) (out string, peak float64, failed error) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	file := filepath.Join(t.TempDir(), "peak")
	cmd.Env = append(os.Environ(), asProgram+"=1", peakFile+"="+file, "GOMEMLIMIT=off", "GOGC=100")
	data, failed := cmd.CombinedOutput()
	taken, err := os.ReadFile(file)
	require.NoError(t, err, "%s", data)
	peak, err = strconv.ParseFloat(string(taken), 64)
	require.NoError(t, err)
	return string(data), peak, failed
}

// program is an attempt that succeeds.
func program(t *testing.T, args ...string) (out string, peak float64) {
	t.Helper()
	out, peak, err := attempt(t, args...)
	require.NoError(t, err, out)
	return out, peak
}

// TestPlannedMemory trains in a process of its own, with pictures and checkpoints: the most memory that
// it takes is what --dry-run says, within 5 %. Trainings are large enough for that to be more than what processes
// differ by, some 10 MB: how much of their program's file is in memory, and whether a step's pictures wait for those before.
func TestPlannedMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	enginetest.Each(t, func(t *testing.T, e device.Engine) {
		for _, test := range []struct {
			name string
			sets []string
		}{
			{"catfaces", []string{"PRESET=catfaces", "FEATURES_GEN=16", "FEATURES_CRITIC=16", "BATCH_SIZE=80", "DATA_SIZE=300", "CRITIC_ITERATIONS=1"}},
			{"many images", []string{"PRESET=catfaces", "FEATURES_GEN=4", "FEATURES_CRITIC=4", "DATA_SIZE=4000", "CRITIC_ITERATIONS=1"}},
			{"wide", []string{"PRESET=catfaces", "FEATURES_GEN=64", "FEATURES_CRITIC=64", "BATCH_SIZE=8", "DATA_SIZE=64", "CRITIC_ITERATIONS=1", "EXPORT_EVERY=1"}},
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

// within runs a command with a limit in a process of its own, which stays below it.
func within(t *testing.T, limit string, args ...string) {
	t.Helper()
	said, peak := program(t, append(args, "--max-memory", limit)...)
	var most maxMemory
	require.NoError(t, most.Set(limit))
	t.Logf("limit %s, taken %.1f MB", limit, peak/1e6)
	assert.LessOrEqual(t, peak, float64(most), said)
}

// refusal is what a command says that needs too much memory.
var refusal = regexp.MustCompile(`takes [\d.]+ MB in all, and a plan may fill [\d.]+ MB of the limit of [\d.]+ MB; the largest part is .+ with [\d.]+ MB; the largest .+ that fits is (\d+)`)

// TestMaxMemory runs commands with limits in processes of their own: below what they take they are refused, with the
// size that fits, and with that size or that limit they stay below it.
func TestMaxMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	folder := t.TempDir()
	root, out := filepath.Join(folder, "runs"), filepath.Join(folder, "out")
	shared := []string{"--set", "PRESET=catfaces", "--set", "FEATURES_GEN=16", "--set", "FEATURES_CRITIC=16", "--set", "DATA_SIZE=300", "--set", "CRITIC_ITERATIONS=1",
		"--set", "DATA_ROOT=" + folder, "--device", "cpu", "--threads", "2"}
	training := append([]string{"train", "--steps", "3", "--runs", root, "--set", "CHECKPOINT_EVERY=1"}, shared...)
	run := filepath.Join(root, "train0")
	for _, c := range []struct {
		name   string
		args   []string
		low    string // a limit that is too small for the number asked for
		number string // --set BATCH_SIZE=, or a flag
		more   string // that is too many
		enough string // a limit that is enough
	}{
		{"train", training, "170MB", "--set=BATCH_SIZE=", "32", "270MB"},
		{"resume", []string{"train", "--resume", run, "--steps", "6", "--threads", "2", "--device", "cpu"}, "", "", "", "270MB"},
		{"sample", []string{"sample", "--path", run, "--out", out + ".png"}, "130MB", "--n=", "1500", "200MB"},
		{"sample scaled", []string{"sample", "--path", run, "--out", out + ".png", "--size", "6000"}, "300MB", "--n=", "64", "400MB"},
		{"walk", []string{"walk", "--path", run, "--out", out + ".gif", "--keys", "3"}, "130MB", "--n=", "90", "150MB"},
		{"neighbours", []string{"neighbours", "--path", run, "--out", out + ".png"}, "", "", "", "150MB"},
		{"export", []string{"export", "--path", run, "--out", out + ".pth"}, "", "", "", "80MB"},
		{"bench", append([]string{"bench", "--rounds", "1"}, shared...), "200MB", "--set=BATCH_SIZE=", "32", "300MB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			within(t, c.enough, c.args...)
			if c.low == "" {
				return
			}
			said, peak, err := attempt(t, append(slices.Clone(c.args), c.number+c.more, "--max-memory", c.low)...)
			require.Error(t, err, said)
			assert.Less(t, peak, 60e6, "refused before anything large is made")
			words := refusal.FindStringSubmatch(said)
			require.NotNil(t, words, said)
			fits, err := strconv.Atoi(words[1])
			require.NoError(t, err)
			fits -= max(fits/10, 1) // processes begin with a little more or less
			within(t, c.low, append(slices.Clone(c.args), c.number+strconv.Itoa(fits))...)
		})
	}
}
