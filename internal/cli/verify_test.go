package cli

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/replay"
)

// ownRun copies the shared run to change it.
func ownRun(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "train0")
	require.NoError(t, os.CopyFS(folder, os.DirFS(trainedRun(t))))
	return folder
}

func TestVerify(t *testing.T) {
	folder := trainedRun(t)
	o := run(t, "verify", folder)
	assert.Equal(t, exitOK, o.code, o.errout)
	assert.Contains(t, o.out, "same       losses logs/scalars.csv: steps 0 to 2 trained again, every byte\n")
	assert.Contains(t, o.out, "same       checkpoint model/checkpoint-00000003.safetensors: the state that was trained again, every byte\n")
	assert.Empty(t, o.errout)

	o = run(t, "verify", folder, "--steps", "1", "--engine", "reference")
	if o.code != exitOK { // the run's engine is another
		assert.Equal(t, exitUnchecked, o.code)
		assert.Contains(t, o.errout, "not everything could be checked")
	}
	r := facts[replay.Report](t, "verify", folder, "--to", "2")
	assert.Equal(t, replay.Same, r.State)
	assert.EqualValues(t, 2, r.To)
	assert.Equal(t, []string{"run", "state", "from", "to", "device", "findings"}, keysOf(t, "verify", folder, "--steps", "1"))
}

func TestVerifyDifferent(t *testing.T) {
	folder := ownRun(t)
	path, data := newest(t, folder)
	data[len(data)-1] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o666))
	o := run(t, "verify", folder)
	assert.Equal(t, exitFailure, o.code)
	assert.Regexp(t, `differs    checkpoint model/checkpoint-00000003.safetensors: .*tensor "optimizer.generator.v.gen.2.weight" has checksum`, o.out)
	assert.Contains(t, o.errout, "something differs")
}

func TestVerifyErrors(t *testing.T) {
	folder := trainedRun(t)
	for _, args := range [][]string{
		{"verify"}, {"verify", folder, folder}, {"verify", folder, "--from", "-1"}, {"verify", folder, "--steps", "0"}, {"verify", folder, "--to", "0"},
		{"verify", folder, "--to", "1", "--steps", "1"}, {"verify", folder, "--engine", "sse"}, {"verify", folder, "--threads", "-1"},
		{"bisect", folder}, {"bisect", folder, folder, "--threads", "-1"}, {"bisect", folder, folder, "--engine", "sse"},
	} {
		assert.Equal(t, exitUsage, run(t, args...).code, "%v", args)
	}
	assert.Equal(t, exitFailure, run(t, "verify", t.TempDir()).code)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, exitInterrupted, runContext(t, ctx, "verify", folder).code)
}

func TestBisect(t *testing.T) {
	folder := trainedRun(t)
	o := run(t, "bisect", folder, ownRun(t))
	assert.Equal(t, exitOK, o.code, o.errout)
	assert.Contains(t, o.out, "Nothing differs: 3 rows and 1 checkpoint are the same.\n")

	root := t.TempDir()
	succeed(t, tiny("--runs", root, "--steps", "3", "--seed", "7", "--set", "LEARNING_RATE=2e-4")...)
	o = run(t, "bisect", folder, filepath.Join(root, "train0"))
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.out, "made with LEARNING_RATE: 0.0001 and 0.0002\n")
	assert.Contains(t, o.out, "They part at step 0, with critic step 1 of 2: the first tensor that differs after it is critic.disc.0.weight.\n")
	assert.Contains(t, o.errout, "they differ")
	o = run(t, "bisect", folder, filepath.Join(root, "train0"), "--json")
	assert.Contains(t, o.out, `"step":{"step":0,"update":"critic step 1 of 2","tensor":"critic.disc.0.weight"}`)
	assert.Equal(t, []string{"a", "b", "state", "made", "rows", "row", "checkpoints", "last_same", "first_other", "other_tensor", "step", "conclusion"},
		keysOf(t, "bisect", folder, folder))
}
