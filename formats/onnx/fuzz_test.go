package onnx_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/formats/onnx"
	"ganlib/internal/enginetest"
	"ganlib/layers"
)

// Whatever the bytes are, Read gives an error or a model that comes back the same when it is written again.
func FuzzRead(f *testing.F) {
	foreign, err := os.ReadFile("testdata/foreign.onnx")
	require.NoError(f, err)
	f.Add(foreign)
	_, small := exported(f, network(f, "net", device.Shape{2, 2, 1}, &layers.Flatten{}, &layers.Linear{In: 4, Out: 2, Bias: true}), onnx.Options{Metadata: map[string]string{"k": "v"}})
	f.Add(small)
	f.Fuzz(func(t *testing.T, data []byte) {
		var m *onnx.Model
		var err error
		enginetest.AllocatesAtMost(t, 250*len(data)+1<<16, func() { m, err = read(data) })
		if err != nil {
			return
		}
		for i := range m.Graph.Initializers {
			x := &m.Graph.Initializers[i]
			n, err := x.Len()
			require.NoError(t, err)
			if values, err := x.Float64s(); err == nil {
				require.Len(t, values, n)
			} else {
				return // it cannot be written
			}
		}
		var b, again bytes.Buffer
		require.NoError(t, m.Write(&b))
		m, err = read(b.Bytes())
		require.NoError(t, err)
		require.NoError(t, m.Write(&again))
		require.True(t, bytes.Equal(b.Bytes(), again.Bytes()))
	})
}
