package conv

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/internal/gemm"
)

// An epilogue gives what the same operation gives after the pass, to the byte.
func TestEpilogue(t *testing.T) {
	for _, e := range engines(t, 2) {
		for _, g := range geometries {
			t.Run(fmt.Sprintf("%v/%dx%dx%dx%d-%d-k%d", e.ISA, g.N, g.H, g.W, g.C, g.O, g.KH), func(t *testing.T) {
				w := gemm.Weights{Data: numbers(g.O*g.patch(), 2)}
				x, dy := numbers(g.N*g.H*g.W*g.C, 1), numbers(g.positions()*g.O, 3)
				compare := func(n, channels int, pass func(y []float32, then Epilogue)) {
					then := Epilogue{Bias: numbers(channels, 4), Slope: 0.2}
					got, want := numbers(n, 5), numbers(n, 6)
					pass(got, then)
					pass(want, Epilogue{})
					then.apply(e.ISA, want, channels, 0, n/channels, 0, channels)
					assert.Equal(t, want, got)
				}
				compare(len(dy), g.O, func(y []float32, then Epilogue) { e.Forward(g, y, x, w, then) })
				compare(len(x), g.C, func(dx []float32, then Epilogue) { e.Input(g, dx, dy, w, then) })
				compare(len(x), g.C, func(dx []float32, then Epilogue) { e.directInput(g, dx, dy, w, then) })
				if narrow(g) {
					compare(len(x), g.C, func(dx []float32, then Epilogue) { e.narrowInput(g, dx, dy, w, then) })
					compare(len(x), g.C, func(dx []float32, then Epilogue) { e.planarInput(g, dx, dy, w, then) })
				}
			})
		}
	}
}
