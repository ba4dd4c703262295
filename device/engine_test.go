package device_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"

	"ganlib/device"
	"ganlib/internal/enginetest"
)

func TestEngines(t *testing.T) {
	list := device.Engines()
	assert.Equal(t, device.EngineReference, list[len(list)-1])
	assert.IsDecreasing(t, append(list, -1), "fastest first, none twice")
	assert.Equal(t, "engine 7", device.Engine(7).String())
}

// An engine is chosen by the option, else by the environment, else by speed.
func TestChooseEngine(t *testing.T) {
	fastest := device.Engines()[0]
	for _, e := range []device.Engine{device.EngineReference, device.EngineAVX2, device.EngineAVX512} {
		t.Run(e.String(), func(t *testing.T) {
			t.Setenv(device.EngineVariable, "")
			opened := func(name string) (string, error) {
				dev, err := device.Open(device.Options{Name: "cpu", Engine: name, Threads: 2})
				if err != nil {
					return "", err
				}
				return dev.String(), dev.Close()
			}
			text, err := opened(e.String())
			t.Setenv(device.EngineVariable, e.String())
			byVariable, variableErr := opened("")
			if fastest < e {
				want := fmt.Sprintf("device: engine %v: ", e)
				assert.ErrorContains(t, err, want)
				assert.ErrorContains(t, variableErr, want)
				assert.ErrorContains(t, variableErr, "environment variable GANLIB_CPU")
				_, err = device.NewCPUEngine(1, e)
				assert.ErrorContains(t, err, want)
				enginetest.Need(t, e)
			}
			require.NoError(t, err)
			require.NoError(t, variableErr)
			assert.Equal(t, fmt.Sprintf("cpu (%v engine, 2 threads)", e), text)
			assert.Equal(t, text, byVariable)
			text, err = opened("auto")
			require.NoError(t, err)
			assert.Contains(t, text, fastest.String(), "the option overrules the variable")
		})
	}
	t.Setenv(device.EngineVariable, "neon")
	_, err := device.Open(device.Options{Name: "auto"})
	assert.EqualError(t, err, `device: engine "neon": want auto, avx512, avx2 or reference (from the environment variable GANLIB_CPU)`)
	_, err = device.Open(device.Options{Name: "auto", Engine: "sse"})
	assert.EqualError(t, err, `device: engine "sse": want auto, avx512, avx2 or reference`)
	assert.Equal(t, device.EngineReference, device.NewCPU(1).Engine())
}

// A program that brings its own BLAS gets it, through the reference engine.
func TestForeignBLAS(t *testing.T) {
	dev, err := device.NewCPUEngine(1, device.Engines()[0])
	require.NoError(t, err)
	engine := dev.Engine()
	old := blas32.Implementation()
	defer blas32.Use(old)
	blas32.Use(struct{ gonum.Implementation }{})
	assert.True(t, device.ForeignBLAS())
	assert.Equal(t, device.EngineReference, dev.Engine())
	blas32.Use(own{})
	assert.False(t, device.ForeignBLAS())
	assert.Equal(t, engine, dev.Engine())
}

// own is a BLAS that calls itself ganlib's.
type own struct{ gonum.Implementation }

func (own) GanlibBLAS() {}
