package device

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/ptxsim"
)

func TestPrecision(t *testing.T) {
	for p := Float32; p <= BFloat16; p++ {
		parsed, err := ParsePrecision(p.String())
		assert.NoError(t, err)
		assert.Equal(t, p, parsed)
	}
	p, err := ParsePrecision("")
	assert.NoError(t, err)
	assert.Equal(t, Float32, p)
	_, err = ParsePrecision("fp16")
	assert.ErrorContains(t, err, `"fp16": want float32, tf32 or bf16`)
	assert.Equal(t, "Precision(7)", Precision(7).String())

	dev, err := Open(Options{Name: "ptxsim", Precision: "bf16"})
	require.NoError(t, err)
	defer dev.Close()
	assert.Equal(t, BFloat16, dev.(*CUDA).Precision())
	assert.Contains(t, dev.String(), ", in bf16)")
	assert.ErrorIs(t, dev.(*CUDA).SetPrecision(7), ErrPrecision)
	assert.Equal(t, BFloat16, dev.(*CUDA).Precision())

	_, err = Open(Options{Name: "cpu", Precision: "tf32"})
	assert.ErrorIs(t, err, ErrPrecision)
	_, err = Open(Options{Name: "cpu", Precision: "fp16"})
	assert.Error(t, err)
	cpu, err := Open(Options{Name: "cpu", Precision: "float32"})
	require.NoError(t, err)
	cpu.Close()

	old, err := OpenCUDA(ptxsim.New(ptxsim.Options{Major: 7, Minor: 5}), 0)
	require.NoError(t, err)
	defer old.Close()
	assert.ErrorIs(t, old.SetPrecision(TF32), ErrPrecision)
	assert.Equal(t, Float32, old.Precision())
	assert.NoError(t, old.SetPrecision(Float32))
}
