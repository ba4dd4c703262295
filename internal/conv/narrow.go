package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// narrowInput is the pass towards images of few channels, as the phases of the direct pass would leave
// most lanes empty: the outputs' gradients times all weights give every output's share in the pixels
// under its kernel, and the shares are added up line by line. A task takes an image, so that its shares
// stay in the cache.
type narrowInput struct {
	Geometry
	isa    simd.ISA
	dx, dy []float32
	b      gemm.Packed // weights (O, KH·KW·C)
	ld     int         // distance of the rows of shares
	groups int         // of neighbouring outputs, whose pixels overlap: only every groups-th is added at once
	line   int         // length of a line of pixels, with those outside the image
}

// narrowFits reports whether an output's share in a line of pixels is one piece.
func narrowFits(g Geometry) bool { return g.KW*g.C <= simd.MaxPiece }

func (e Engine) narrowInput(g Geometry, dx, dy, w []float32) {
	weights := work.Borrow[float32](gemm.PackedLen(e.ISA, g.O, g.patch()))
	b := gemm.NewPacked(e.ISA, weights.Data, g.O, g.patch())
	b.Pack(e.Pool, w, g.patch(), false)
	work.Run(e.Pool, g.N, 1, narrowInput{
		Geometry: g, isa: e.ISA, dx: dx, dy: dy, b: b,
		ld:     (g.patch() + 15) / 16 * 16,
		groups: (g.KW + g.SW - 1) / g.SW,
		line:   max((g.OW-1)*g.SW+g.KW, g.Left+g.W) * g.C,
	})
	work.GiveBack(weights)
}

// Run computes images lo to hi.
func (k *narrowInput) Run(lo, hi int) {
	shares := work.Borrow[float32](k.OH * k.OW * k.ld)
	line := work.Borrow[float32](k.line)
	for n := lo; n < hi; n++ {
		k.share(shares.Data, k.dy[n*k.OH*k.OW*k.O:])
		for h := range k.H {
			clear(line.Data)
			k.gather(line.Data, shares.Data, h)
			copy(k.dx[(n*k.H+h)*k.W*k.C:][:k.W*k.C], line.Data[k.Left*k.C:])
		}
	}
	work.GiveBack(shares)
	work.GiveBack(line)
}

// share computes the shares of one image's outputs, row by row of the matrix (OH·OW, KH·KW·C).
func (k *narrowInput) share(shares, dy []float32) {
	heights := gemm.CutRows(k.OH*k.OW, k.isa.Rows())
	tile := work.Free[simd.Tile]().Get()
	for o := 0; o < k.O; o += tileDepth {
		terms := min(tileDepth, k.O-o)
		for i := range heights.Panels {
			at, rows := heights.At(i)
			for r := range rows {
				tile[r] = &shares[(at+r)*k.ld]
			}
			for j := range k.b.Panels() {
				b, column, width, valid := k.b.Panel(j, o)
				k.isa.Gemm(rows, width, terms, &dy[at*k.O+o], k.O, 1, &b[0], width, tile, column, simd.Mask(valid), o > 0)
			}
		}
	}
	work.Free[simd.Tile]().Put(tile)
}

// gather adds up the shares in line h of the image. The line begins at the first pixel of the first
// output's kernel.
func (k *narrowInput) gather(line, shares []float32, h int) {
	across := k.KW * k.C
	for a := range k.KH {
		i := h + k.Top - a
		if i < 0 || i%k.SH != 0 || i/k.SH >= k.OH {
			continue
		}
		row := shares[i/k.SH*k.OW*k.ld+a*across:]
		for q := range min(k.groups, k.OW) {
			n := (k.OW-1-q)/k.groups + 1
			k.isa.AddPieces(n, across, row[q*k.ld:], k.groups*k.ld, line[q*k.SW*k.C:], k.groups*k.SW*k.C)
		}
	}
}
