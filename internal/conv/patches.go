package conv

import "ganlib/internal/simd"

// patches is a batch of images as a matrix: row (n,i,j) holds the kh×kw pixels of image n from pixel
// (i·sh−top, j·sw−left) on, channel by channel, with zeros outside the image. Each row of the kernel is
// one stretch of memory.
type patches struct {
	x         []float32
	h, w, c   int // images
	kh, kw    int
	sh, sw    int
	top, left int
	oh, ow    int // rows of the matrix, for each image
}

// columns is the length of a row.
func (p *patches) columns() int { return p.kh * p.kw * p.c }

// place is a row of the matrix: the pixel that its patch begins at.
type place struct{ n, i, j int }

// at returns row r.
func (p *patches) at(r int) place {
	q := r / p.ow
	return place{q / p.oh, q % p.oh, r % p.ow}
}

// next moves on by a row.
func (p *patches) next(at *place) {
	at.j++
	if at.j == p.ow {
		at.j = 0
		at.i++
		if at.i == p.oh {
			at.i = 0
			at.n++
		}
	}
}

// fill copies the columns from l on, so many, of the rows from r on, to dst, whose rows are ld apart.
// Of narrow images, the rows whose patches lie side by side within the image are copied together, a
// piece of every patch at a time.
func (p *patches) fill(isa simd.ISA, dst []float32, ld, r, rows, l, columns int) {
	at := p.at(r)
	const narrow = 64 // floats of a patch's line that are quicker to copy in pieces
	first, last := p.inside()
	for q := 0; q < rows; {
		if p.kw*p.c > narrow || at.j < first || at.j > last {
			p.copyRow(dst[q*ld:q*ld+columns], at, l)
			p.next(&at)
			q++
			continue
		}
		n := min(last+1-at.j, rows-q)
		p.copyRun(isa, n, dst[q*ld:], ld, at, l, columns)
		q += n
		at.j += n - 1
		p.next(&at)
	}
}

// inside returns the first and the last j whose patches lie between the left and right edges.
func (p *patches) inside() (first, last int) {
	if p.w+p.left < p.kw {
		return 0, -1
	}
	return max(p.left+p.sw-1, 0) / p.sw, min((p.w-p.kw+p.left)/p.sw, p.ow-1)
}

// copyRun is copyRow for n neighbouring rows whose patches lie between the left and right edges.
func (p *patches) copyRun(isa simd.ISA, n int, dst []float32, ld int, at place, l, columns int) {
	across, line := p.kw*p.c, p.w*p.c
	y := at.i*p.sh - p.top
	start := (at.j*p.sw - p.left) * p.c
	image := p.x[at.n*p.h*line:]
	a := l / across
	l -= a * across
	for to := 0; to < columns; a, l = a+1, 0 {
		width := min(across-l, columns-to)
		if uint(y+a) >= uint(p.h) {
			for q := range n {
				clear(dst[q*ld+to : q*ld+to+width])
			}
			to += width
			continue
		}
		for src := image[(y+a)*line+start+l:]; width > 0; {
			w := min(width, simd.MaxPiece)
			isa.CopyPieces(n, w, src, p.sw*p.c, dst[to:], ld)
			src = src[w:]
			to += w
			width -= w
		}
	}
}

// copyRow copies len(dst) columns of a row, from column l on.
func (p *patches) copyRow(dst []float32, at place, l int) {
	across, line := p.kw*p.c, p.w*p.c
	y := at.i*p.sh - p.top
	start := (at.j*p.sw - p.left) * p.c // of the patch, in an image's line
	image := p.x[at.n*p.h*line:]
	a := l / across
	for l -= a * across; len(dst) > 0; a, l = a+1, 0 {
		n := min(across-l, len(dst))
		to := dst[:n]
		dst = dst[n:]
		if uint(y+a) >= uint(p.h) {
			clear(to)
			continue
		}
		from := start + l
		if from >= 0 && from+n <= line {
			copy(to, image[(y+a)*line+from:])
			continue
		}
		first, last := min(max(-from, 0), n), max(min(line-from, n), 0) // what lies in the image
		if first >= last {
			clear(to)
			continue
		}
		clear(to[:first])
		copy(to[first:last], image[(y+a)*line+from+first:])
		clear(to[last:])
	}
}
