package conv

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
func (p *patches) fill(dst []float32, ld, r, rows, l, columns int) {
	at := p.at(r)
	for range rows {
		p.copyRow(dst[:columns], at, l)
		if len(dst) > ld {
			dst = dst[ld:]
		}
		p.next(&at)
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
