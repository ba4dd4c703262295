package simd

// linear is a linear map of a few numbers, a row of coefficients for each result.
type linear []coefficients

type coefficients []float32

// The transforms in one dimension, of F(tile, taps).
var (
	winogradInput = map[[2]int]linear{
		{2, 2}: {{1, -1, 0}, {0, 1, 0}, {0, 1, -1}},
		{2, 3}: {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
		{4, 2}: {{-b * aa, -aa, b, 1, 0}, {b * aa, -aa, -b, 1, 0}, {-a * bb, -bb, a, 1, 0}, {a * bb, -bb, -a, 1, 0}, {aa * bb, 0, -aa - bb, 0, 1}},
	}
	winogradOutput = map[[2]int]linear{
		{2, 2}: {{1, 1, 0}, {0, 1, -1}},
		{2, 3}: {{1, 1, 1, 0}, {0, 1, -1, -1}},
		{4, 2}: {{1, 1, -1, 1, 0}, {b, -b, -a, -a, 0}, {bb, bb, -aa, aa, 0}, {b * bb, -b * bb, -a * aa, -a * aa, 1}},
	}
	winogradWeight = map[[2]int]linear{
		{2, 2}: {{1, 0}, {1, 1}, {0, 1}},
		{2, 3}: {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}},
		{4, 2}: {{scale / b, scale}, {-scale / b, scale}, {scale / a, scale}, {scale / a, -scale}, {0, 1}},
	}
	winogradSums = map[[2]int]linear{
		{2, 2}: {{1, 1, 0}, {0, 1, -1}},
		{2, 3}: {{1, .5, .5, 0}, {0, .5, -.5, 0}, {0, .5, .5, -1}},
		{4, 2}: {{scale / b, -scale / b, -scale / a, scale / a, 0}, {scale, scale, -scale, -scale, 1}},
	}
	winogradInput5   = linear{{1, -1, 0, 0}, {0, 1, 0, 0}, {0, 1, -1, 0}, {0, 0, 1, 0}, {0, 0, 1, -1}}
	winogradGradient = map[int]linear{ // by the grid
		4: {{1, 0}, {1, 1}, {1, -1}, {0, 1}},
		5: {{1, b, bb, b * bb}, {1, -b, bb, -b * bb}, {1, a, aa, a * aa}, {1, -a, aa, -a * aa}, {0, 0, 0, 1}},
	}
)

// Numbers of F(4,2): its points ±b and ±a, their squares, and the weights' scale.
const (
	a, b   = 3. / 8, 5. / 4
	aa, bb = a * a, b * b
	scale  = 1 / (2 * (bb - aa))
)

// maps returns the place of a dimension's transforms.
func (f Filter) maps(taps int) [2]int { return [2]int{f.Tile, taps} }

// toPoints transforms elements at pointers to points, rows by one map and columns by another.
func toPoints(rows, cols linear, n int, px *Patch, dst *float32, ps int) {
	width := len(cols[0])
	for e := range n {
		separable(rows, cols, func(r, c int) float32 { return *element(px[r*width+c], e) },
			func(r, c int, v float32) { *element(dst, (r*len(cols)+c)*ps+e) = v })
	}
}

// fromPoints transforms points to elements at pointers, to be added there or not.
func fromPoints(rows, cols linear, n int, m *float32, ps int, y *Outputs, add bool) {
	width := len(cols[0])
	for e := range n {
		separable(rows, cols, func(r, c int) float32 { return *element(m, (r*width+c)*ps+e) },
			func(r, c int, v float32) {
				at := element(y[r*len(cols)+c], e)
				if add {
					v += *at
				}
				*at = v
			})
	}
}

// separable maps columns, then rows, of a small matrix.
func separable(rows, cols linear, load func(r, c int) float32, store func(r, c int, v float32)) {
	var sums [5]float32
	for r, row := range rows {
		for c := range cols[0] {
			sums[c] = row.dot(func(t int) float32 { return load(t, c) })
		}
		for c, col := range cols {
			store(r, c, col.dot(func(t int) float32 { return sums[t] }))
		}
	}
}

// dot sums the terms whose coefficients are not zero: what has none is not looked at.
func (c coefficients) dot(term func(t int) float32) (sum float32) {
	for t, v := range c {
		if v != 0 {
			sum += v * term(t)
		}
	}
	return sum
}
