package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/internal/enginetest"
)

func TestPrecision(t *testing.T) {
	enginetest.Emulated(t)
	t.Chdir(t.TempDir())
	train := []string{"train", "--preset", "dcgan16", "--steps", "1", "--set", "DATA_SIZE=16", "--set", "BATCH_SIZE=4",
		"--set", "FEATURES_CRITIC=4", "--set", "FEATURES_GEN=4"}
	on := func(device, precision string) []string {
		return append(train[:len(train):len(train)], "--device", device, "--precision", precision)
	}
	assert.Regexp(t, `Device: ptxsim \(.*, in tf32\)`, succeed(t, on("ptxsim", "tf32")...).errout)
	assert.NotContains(t, succeed(t, on("ptxsim", "float32")...).errout, "in float32")
	succeed(t, "sample", "--path", "trains/train0", "--device", "ptxsim", "--precision", "bf16", "--n", "1")

	o := run(t, on("cpu", "tf32")...)
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "tf32 on cpu")
	for _, command := range [][]string{on("ptxsim", "half"), {"bench", "--precision", ""}, {"sample", "--path", "trains/train0", "--precision", "fp16"}} {
		o := run(t, command...)
		assert.Equal(t, exitUsage, o.code, command)
		assert.Contains(t, o.errout, "want float32, tf32 or bf16")
	}
}
