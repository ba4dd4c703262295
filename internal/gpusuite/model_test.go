package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

func TestModel(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666))
	}
	// Of an older ganlib: four launches took 8 µs more than the iteration, 2 each.
	write("bench_tf32.json", `{"ms_per_iteration": 12, "kernels": [{"name": "conv2d_input_tf32_128x64", "calls": 1, "ms": 4.002},
		{"name": "conv2d_input_tall", "calls": 1, "ms": 2.002}, {"name": "adam", "calls": 2, "ms": 6.004}]}`)
	write("bench_bf16.json", `{"ms_per_iteration": 9, "launches": 2, "kernels": [{"name": "adam", "calls": 2, "ms": 0.5}]}`)
	write("tune_tf32.json", `[{"kernel": "conv2d_forward", "count": 1, "m": 8192, "n": 256, "k": 2048, "seconds": 0.0001}]`)
	var out bytes.Buffer
	require.NoError(t, writeModel(&out, folder))
	text := out.String()
	for _, want := range []string{
		`(?m)^### float32$`, `(?m)^\| conv2d_input \| \d+ \| \S+ \| \S+ \| \S+ \| 6 \| `, // with the tall one
		`(?m)^\| adam \| 6 \| 847.6 \| 0.344 \| 0.2825 \| 6 \| 21.2 \|$`, `(?m)^\| adam \| 6 \| 794.6 \| 0.344 \| 0.2649 \| 0.5 \| 1.9 \|$`,
		`(?m)^\| adam \| 6 \| 741.6 \| 0.344 \| 0.2472 \|  \|  \|$`, `(?m)^\| iteration \| \d+ \| \S+ \| \S+ \| \S+ \| 12 \| `,
		`(?m)^\| conv2d_forward \| 1 \| 8192 \| 256 \| 2048 \| \d+ \| 27.7 \| 100 \| 3.6 \| 85.9 \|$`,
	} {
		assert.Regexp(t, want, text)
	}
	write("tune_bf16.json", "{")
	assert.ErrorContains(t, writeModel(&out, folder), "tune_bf16.json")
}

func TestFloor(t *testing.T) {
	assert.InDelta(t, 0.0015, floorOf(device.Cost{Bytes: 4}), 1e-12, "a launch")
	assert.InDelta(t, 1, floorOf(device.Cost{Bytes: 3e9, Flops: 1e9}), 1e-9, "memory")
	assert.InDelta(t, 2, floorOf(device.Cost{Flops: 620e9, Precision: device.TF32}), 1e-9)
	assert.InDelta(t, 1, floorOf(device.Cost{Flops: 620e9, Precision: device.BFloat16}), 1e-9)
}
