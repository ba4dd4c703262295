package cli

import (
	"bytes"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/safetensors"
)

func writeTensors(t *testing.T, path string, metadata map[string]string, tensors ...safetensors.Tensor) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, safetensors.Write(&b, tensors, metadata))
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o666))
}

func TestInspect(t *testing.T) {
	t.Chdir(t.TempDir())
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	writeTensors(t, "some.safetensors", map[string]string{"made\x1bby": "a\nprogram"},
		safetensors.Tensor{Name: "weight", DType: safetensors.F32, Shape: []int{2, 3}, Data: []float32{1, -2.5, nan, inf, 0, 0.125}},
		safetensors.Tensor{Name: "broken", DType: safetensors.F64, Shape: []int{1}, Data: []float64{math.NaN()}},
		safetensors.Tensor{Name: "count", DType: safetensors.I64, Data: []int64{-7}},
		safetensors.Tensor{Name: "mask\r", DType: safetensors.BOOL, Shape: []int{2}, Data: []byte{0, 1}},
		safetensors.Tensor{Name: "none", DType: safetensors.F32, Shape: []int{0, 4}, Data: []float32{}},
	)
	o := succeed(t, "inspect", "some.safetensors")
	for _, want := range []string{
		`^some\.safetensors: safetensors, 0\.4 kB\n`,
		`(?m)^made\\x1bby +a\\nprogram$`,
		`(?m)^weight +F32 +\(2,3\) +-2\.5 +1 +2$`,
		`(?m)^broken +F64 +\(1\) +- +- +1$`,
		`(?m)^count +I64 +\(\) +-7 +-7 +0$`,
		`(?m)^mask\\r +BOOL +\(2\) +- +- +0$`,
		`(?m)^none +F32 +\(0,4\) +- +- +0$`,
		`5 tensors, 10 elements, 3 not finite\n$`,
	} {
		assert.Regexp(t, want, o.out)
	}
	assert.Empty(t, o.errout)
}

// A file that says it is a checkpoint but is not is an error.
func TestInspectFalseCheckpoint(t *testing.T) {
	t.Chdir(t.TempDir())
	writeTensors(t, "false.safetensors", map[string]string{"format": "ganlib checkpoint", "format_version": "99"})
	o := run(t, "inspect", "false.safetensors")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "version")
	data, err := os.ReadFile("false.safetensors")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("cut.safetensors", data[:len(data)-9], 0o666))
	assert.Equal(t, exitFailure, run(t, "inspect", "cut.safetensors").code)
}

func TestShortened(t *testing.T) {
	assert.Equal(t, "short", shortened("short"))
	long := shortened(string(bytes.Repeat([]byte("ä"), 1000)))
	assert.Len(t, []rune(long), 201)
}
