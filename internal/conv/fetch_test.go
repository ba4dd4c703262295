package conv

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/internal/gemm"
	"ganlib/internal/simd"
)

// Every pixel of a group's tiles is asked for, and no more than their rows.
func TestFetchRegions(t *testing.T) {
	testFetchRegions(t, newTiles(square(12, 16, 16, 16, 48, 4, 2, 1))) // tiles of 4×4
	testFetchRegions(t, newTiles(square(3, 16, 16, 16, 2592, 4, 2, 1)))
}

func testFetchRegions(t *testing.T, g winograd) {
	x, y := indices(g.N*g.H*g.W*g.C), indices(g.positions()*g.O)
	for _, group := range [][2]int{{0, 5}, {5, 11}, {14, 30}, {40, 48}, {44, 60}} {
		first, end := group[0], min(group[1], g.tiles)
		outer, inner := g.outer(x, g.C, first, group[1]), g.inner(y, g.O, first, group[1])
		n, ty, _ := g.tile(first)
		assert.Equal(t, float32((n*g.H+2*g.size*ty)*g.W*g.C), outer.data[0])
		assert.Equal(t, float32((n*g.OH+g.size*ty)*g.OW*g.O), inner.data[0])
		n, ty, _ = g.tile(end - 1)
		assert.Equal(t, float32((n*g.H+2*g.size*(ty+1))*g.W*g.C-1), outer.data[len(outer.data)-1])
		assert.Equal(t, float32((n*g.OH+g.size*(ty+1))*g.OW*g.O-1), inner.data[len(inner.data)-1])
	}
	assert.Empty(t, g.outer(x, g.C, g.tiles, g.tiles+4).data)
	odd := newTiles(same(1, 14, 16, 16)) // its last tiles reach beyond the image
	assert.Len(t, odd.outer(x, odd.C, 0, odd.tiles).data, 14*14*16)
	assert.Len(t, odd.inner(y, odd.O, 0, odd.tiles).data, 7*7*16)

	r := g.inner(y, g.O, 0, 8)
	for _, c := range []struct{ column, columns int }{{0, g.O}, {16, 32}, {0, 16}} {
		asked := map[float32]bool{}
		var f fetch
		for r.over(&f.second, c.column, c.columns, 7); ; {
			a := f.next(32)
			if a.N == 0 {
				break
			}
			for i := range a.N {
				asked[*a.P+float32(i*a.Stride)] = true
			}
		}
		pieces := (c.columns + gemm.AheadWidth - 1) / gemm.AheadWidth * len(r.data) / g.O
		if c.columns == g.O {
			pieces = len(r.data) / gemm.AheadWidth
		}
		assert.Len(t, asked, pieces, "columns %d to %d", c.column, c.column+c.columns)
		assert.True(t, asked[float32(c.column)])
	}
}

// indices returns the numbers from 0 to n.
func indices(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i)
	}
	return x
}

// newTiles cuts a convolution as towards the output.
func newTiles(g Geometry) winograd { return newWinograd(g, simd.Go, tileSize(g)) }
