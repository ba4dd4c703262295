package simd_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/internal/simd"
)

var filters = []simd.Filter{{Tile: 2, Rows: 2, Cols: 2}, {Tile: 2, Rows: 2, Cols: 3}, {Tile: 2, Rows: 3, Cols: 2}, {Tile: 2, Rows: 3, Cols: 3}, {Tile: 4, Rows: 2, Cols: 2}}

// pixels returns pointers at count vectors of n numbers, and the numbers.
func pixels(t *testing.T, count, n int, seed uint64) (*simd.Patch, []float32) {
	x := numbers(t, count*n, seed)
	var p simd.Patch
	for i := range count {
		p[i] = &x[i*n]
	}
	return &p, x
}

// outputs returns pointers at count vectors of n numbers of dst.
func outputs(dst []float32, count, n int) *simd.Outputs {
	var y simd.Outputs
	for i := range count {
		y[i] = &dst[i*n]
	}
	return &y
}

func TestWinograd(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, n := range []int{16, 48} {
			check := func(name string, length int, run func(isa simd.ISA, dst []float32)) {
				got, want := numbers(t, length, 99), numbers(t, length, 99)
				run(isa, got)
				run(simd.Go, want)
				assert.InDeltaSlice(t, want, got, 2e-6, fmt.Sprintf("%s of %d", name, n))
			}
			ps := n + 3
			for _, k := range filters {
				name := fmt.Sprintf("%+v ", k)
				length := (k.Points()-1)*ps + n
				check(name+"input", length, func(isa simd.ISA, dst []float32) {
					px, _ := pixels(t, k.Points(), n, 1)
					isa.WinogradInput(k, n, px, &dst[0], ps)
				})
				check(name+"weight", length, func(isa simd.ISA, dst []float32) {
					px, _ := pixels(t, k.Rows*k.Cols, n, 1)
					isa.WinogradWeight(k, n, px, &dst[0], ps)
				})
				check(name+"output", k.Tile*k.Tile*n, func(isa simd.ISA, dst []float32) {
					m := numbers(t, length, 5)
					isa.WinogradOutput(k, n, &m[0], ps, outputs(dst, k.Tile*k.Tile, n))
				})
				check(name+"sums", k.Rows*k.Cols*n, func(isa simd.ISA, dst []float32) {
					m := numbers(t, length, 5)
					isa.WinogradSums(k, n, &m[0], ps, outputs(dst, k.Rows*k.Cols, n))
				})
			}
			check("input5", 24*ps+n, func(isa simd.ISA, dst []float32) {
				px, _ := pixels(t, 16, n, 1)
				isa.WinogradInput5(n, px, &dst[0], ps)
			})
			for _, grid := range []int{3, 4, 5} {
				check(fmt.Sprintf("gradient %d", grid), (grid*grid-1)*ps+n, func(isa simd.ISA, dst []float32) {
					px, _ := pixels(t, 16, n, 1)
					isa.WinogradGradient(grid, n, px, &dst[0], ps)
				})
			}
		}
	})
}

// The transforms together are a correlation, and its gradient at the taps.
func TestWinogradCorrelates(t *testing.T) {
	const n = 16
	for _, k := range filters {
		t.Run(fmt.Sprintf("%+v", k), func(t *testing.T) {
			outs := k.Tile * k.Tile
			px, d := pixels(t, k.Points(), n, 1)
			tap, w := pixels(t, k.Rows*k.Cols, n, 2)
			tile, g := pixels(t, outs, n, 3)
			var v, u, s, all [25 * n]float32
			simd.Go.WinogradInput(k, n, px, &v[0], n)
			simd.Go.WinogradWeight(k, n, tap, &u[0], n)
			grid := max(k.Down(), k.Across())
			simd.Go.WinogradGradient(grid, n, tile, &all[0], n)
			onGrid := func(p int) int { // two taps lack the third point of a grid of four
				row, col := p/k.Across(), p%k.Across()
				if row == k.Down()-1 {
					row = grid - 1
				}
				if col == k.Across()-1 {
					col = grid - 1
				}
				return row*grid + col
			}
			for i := range k.Points() * n {
				s[i] = v[i] * all[onGrid(i/n)*n+i%n]
				v[i] *= u[i]
			}
			var y, dw, wantY, wantW [16 * n]float32
			simd.Go.WinogradOutput(k, n, &v[0], n, outputs(y[:], outs, n))
			simd.Go.WinogradSums(k, n, &s[0], n, outputs(dw[:], k.Rows*k.Cols, n))
			for e := range n {
				for r := range k.Tile {
					for c := range k.Tile {
						for a := range k.Rows {
							for b := range k.Cols {
								pixel := d[((r+a)*k.Across()+c+b)*n+e]
								wantY[(k.Tile*r+c)*n+e] += pixel * w[(k.Cols*a+b)*n+e]
								wantW[(k.Cols*a+b)*n+e] += pixel * g[(k.Tile*r+c)*n+e]
							}
						}
					}
				}
			}
			assert.InDeltaSlice(t, wantY[:], y[:], 1e-5)
			assert.InDeltaSlice(t, wantW[:], dw[:], 1e-5)
		})
	}
}
