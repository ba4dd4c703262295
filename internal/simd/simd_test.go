package simd_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/simd"
)

// eachISA runs a test or a benchmark on every instruction set of this machine.
func eachISA[T interface {
	testing.TB
	Run(string, func(T)) bool
}](t T, test func(t T, isa simd.ISA)) {
	for _, c := range []struct {
		isa    simd.ISA
		engine device.Engine
	}{{simd.Go, device.EngineReference}, {simd.AVX2, device.EngineAVX2}, {simd.AVX512, device.EngineAVX512}} {
		t.Run(c.isa.String(), func(t T) {
			enginetest.Need(t, c.engine)
			test(t, c.isa)
		})
	}
}

// numbers returns n numbers in [-1,1) at the end of mapped memory.
func numbers(t testing.TB, n int, seed uint64) []float32 {
	x, _ := enginetest.Guarded(t, n)
	for i := range x {
		x[i] = 2*device.Random{Seed: seed}.Uniform(i) - 1
	}
	return x
}

// empty returns n NaNs at the end of mapped memory.
func empty(t testing.TB, n int) []float32 {
	x, _ := enginetest.Guarded(t, n)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	return x
}

func TestGemm(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, width := range []int{isa.Panel() / 2, isa.Panel()} {
			for rows := 1; rows <= isa.Rows(); rows++ {
				for _, k := range []int{1, 3, 4, 17, 60} {
					for _, columns := range []int{1, width/2 + 1, width} {
						testGemm(t, isa, rows, width, k, columns)
					}
				}
			}
		}
	})
}

// tileOf returns a tile on rows of n numbers each, the same for every call, and these rows.
func tileOf(t *testing.T, rows, n int) (tile simd.Tile, all [][]float32) {
	for r := range rows {
		c := numbers(t, n, uint64(10+r))
		tile[r], all = &c[0], append(all, c)
	}
	return tile, all
}

func testGemm(t *testing.T, isa simd.ISA, rows, width, k, columns int) {
	const offset = 2
	b := numbers(t, k*width, 1)
	for _, trans := range []bool{false, true} {
		rs, ks := k, 1
		if trans {
			rs, ks = 1, rows
		}
		a := numbers(t, rows*k, 2)
		for _, add := range []bool{false, true} {
			got, gotRows := tileOf(t, rows, offset+columns)
			want, wantRows := tileOf(t, rows, offset+columns)
			beyond := simd.Ahead{P: &a[len(a)-1], Stride: 1 << 20, N: rows} // asking for what is not there must not fault
			isa.GemmAhead(rows, width, k, &a[0], rs, ks, &b[0], width, &got, offset, simd.Mask(columns), add, beyond)
			simd.Go.Gemm(rows, width, k, &a[0], rs, ks, &b[0], width, &want, offset, simd.Mask(columns), add)
			for r := range rows {
				assert.InDeltaSlice(t, wantRows[r], gotRows[r], 2e-6, "%d×%d of %d columns, k %d, transposed %v, add %v, row %d", rows, width, columns, k, trans, add, r)
			}
		}
	}
}

func TestGemmParts(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, width := range []int{isa.Lanes(), isa.Panel()} {
			for rows := 1; rows <= isa.PartsRows(width); rows++ {
				t.Run(fmt.Sprintf("%dx%d", rows, width), func(t *testing.T) { // frees its memory at the end
					for _, k := range []int{1, 4, 7, 12} {
						for _, columns := range []int{1, width/2 + 1, width} {
							testGemmParts(t, isa, rows, width, k, columns)
						}
					}
				})
			}
		}
	})
}

func testGemmParts(t *testing.T, isa simd.ISA, rows, width, k, columns int) {
	const offset, rs, ks = 2, 2, 1
	for _, parts := range []int{1, 2, 5} {
		for _, between := range []int{0, 7} {
			ap, bp := k+between+3, k*width+between // parts of A overlap
			a, b := numbers(t, (parts-1)*ap+(rows-1)*rs+k, 1), numbers(t, (parts-1)*bp+k*width, 2)
			for i := range 4 {
				add, apart := i%2 == 1, i/2 == 1
				got, gotRows := tileOf(t, rows, offset+columns)
				want, wantRows := tileOf(t, rows, offset+columns)
				isa.GemmParts(parts, ap, bp, apart, rows, width, k, &a[0], rs, ks, &b[0], width, &got, offset, simd.Mask(columns), add)
				for p := range parts { // not by the twin, which is tested too
					simd.Go.Gemm(rows, width, k, &a[p*ap], rs, ks, &b[p*bp], width, &want, offset, simd.Mask(columns), add || p > 0)
				}
				for r := range rows {
					assert.InDeltaSlice(t, wantRows[r], gotRows[r], 1e-5, "%d×%d of %d columns, %d parts of %d, %d between, apart %v, add %v, row %d", rows, width, columns, parts, k, between, apart, add, r)
				}
			}
		}
	}
}

// A sum that has grown to 2^24 loses every 1 that is added to it, but not the sum of four.
func TestGemmPartsApart(t *testing.T) {
	const large = 1 << 24
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, width := range []int{isa.Lanes(), isa.Panel()} {
			a, b := []float32{large, 0, 0, 0, 1, 1, 1, 1}, empty(t, 8*width)
			for i := range b {
				b[i] = 1
			}
			for apart, want := range map[bool]float32{false: large, true: large + 4} {
				c := empty(t, width)
				isa.GemmParts(2, 4, 4*width, apart, 1, width, 4, &a[0], 0, 1, &b[0], width, &simd.Tile{&c[0]}, 0, simd.Mask(width), false)
				for _, got := range c {
					assert.Equal(t, want, got, "apart %v", apart)
				}
			}
		}
	})
}

func TestTranspose(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, rows := range []int{1, 7, 8, 16, 35} {
			for _, columns := range []int{1, 5, 8, 16, 33} {
				src, dst := numbers(t, rows*columns, 3), empty(t, rows*columns)
				isa.Transpose(rows, columns, src, columns, dst, rows)
				for r := range rows {
					for c := range columns {
						assert.Equal(t, src[r*columns+c], dst[c*rows+r])
					}
				}
			}
		}
	})
}

func TestCopyRows(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		w := isa.Panel()
		for _, n := range []int{0, 1, 3} {
			src := numbers(t, n*w, 4)
			rows := empty(t, n*(w+3))
			if n > 0 {
				rows = rows[:n*(w+3)-3]
			}
			isa.CopyRows(n, src, w, rows, w+3)
			for i := range n {
				assert.Equal(t, src[i*w:(i+1)*w], rows[i*(w+3):][:w])
				if i > 0 {
					assert.True(t, math.IsNaN(float64(rows[i*(w+3)-1])), "between the rows nothing is written")
				}
			}
		}
	})
}

func TestPackColumns(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for w := 1; w <= isa.Lanes(); w++ {
			for _, n := range []int{0, 1, 2, 7} {
				const ss = 19
				src, dst := numbers(t, max(n-1, 0)*ss+min(n, 1)*w, 5), empty(t, n*w)
				isa.PackColumns(n, src, ss, dst, w)
				for l := range n {
					assert.Equal(t, src[l*ss:l*ss+w], dst[l*w:(l+1)*w], "row %d of %d, %d columns", l, n, w)
				}
			}
		}
	})
}

func TestCopyPieces(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for w := 1; w <= simd.MaxPiece; w++ {
			for _, n := range []int{0, 1, 4} {
				const ss, ds = 6, 17
				length := max(n-1, 0)*ds + min(n, 1)*w
				src, copied := numbers(t, max(n-1, 0)*ss+min(n, 1)*w, 5), numbers(t, length, 6)
				before := numbers(t, length, 6)
				isa.CopyPieces(n, w, src, ss, copied, ds)
				for i, was := range before {
					if p, j := i/ds, i%ds; j < w {
						assert.Equal(t, src[p*ss+j], copied[i])
					} else {
						assert.Equal(t, was, copied[i], "between the pieces")
					}
				}
			}
		}
	})
}
