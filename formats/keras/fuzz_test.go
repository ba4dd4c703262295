package keras_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/formats/keras"
	"ganlib/internal/enginetest"
)

// Whatever the bytes are, Read gives an error or datasets that can be asked for, with the memory that the
// package promises.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"critic_latest.h5", "critic_keras2.h5", "storage.h5", "dense.h5", "loop.h5"} {
		f.Add(fixture(f, name)) // the small ones
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var w *keras.Weights
		var err error
		enginetest.AllocatesAtMost(t, 80<<20, func() { w, err = read(data) })
		if err != nil {
			return
		}
		for i, d := range w.Datasets() {
			if i == 20 {
				break
			}
			var values []float64
			enginetest.AllocatesAtMost(t, 10*len(data)+1<<20, func() { values, err = d.Float64s() })
			if err == nil {
				require.Len(t, values, d.Len())
			}
		}
		tensors, err := w.WGAN()
		if err != nil {
			return
		}
		for _, x := range tensors {
			n := 1
			for _, d := range x.Shape {
				n *= d
			}
			if values, err := x.Values(); err == nil {
				require.Len(t, values, n)
			}
		}
	})
}
