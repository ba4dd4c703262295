package simd

import "math"

// NormTile is a part of the tensors of a normalisation: Rows rows of Columns elements, Stride elements
// from row to row, and what is known of its columns. Fields that a kernel does not name may be nil.
//
// Coefficient i of column c is Coef[i·Pad + c], c0 and so on below; sum i is Sums[i·Pad + c]. Rows of
// both are padded: Pad is a multiple of 16, at least Columns. Rows of Gamma and Beta lie Step
// elements apart, 0 if they are the same for all rows. Products and sums of elements are taken in
// float32, sums over rows in float64.
//
// Where Y is not nil it is the output of a leaky ReLU: a(v) is v where Y > 0, and Slope·v elsewhere and
// where Y is not a number. Where it is nil, a(v) is v. In all kernels x' = (X − c0)·c1. γ and β are
// Gamma and Beta.
type NormTile struct {
	Rows, Columns, Stride int
	X, U, V, Dot, Y, Out  *float32
	Gamma, Beta           *float32
	Step                  int
	Coef                  *float32
	Sums                  *float64
	Pad                   int
	Slope                 float32
}

// Places of coefficients and sums.
const (
	NormMean   = iota // c0: the mean, or any number near it
	NormRoot          // c1: 1/√(variance+eps)
	NormFirst         // c2
	NormCross         // c3
	_                 // c4 to c7, of NormSecond
	_                 //
	_                 //
	_                 //
	NormWeight        // c8: γ, for the kernels that make coefficients of sums
	NormCoefs         // how many there are
	NormSums   = 5    // as many sums, at most
	NormPad    = 16   // what Pad is a multiple of
)

// NormStats adds d = X − c0 and d² to sums 0 and 1, d in float64.
func (i ISA) NormStats(t *NormTile) {
	switch i {
	case AVX512:
		normStatsAVX512(t)
	case AVX2:
		normStatsAVX2(t)
	default:
		t.each(func(e normElement) {
			d := float64(*e.x) - float64(e.coef(0))
			e.add(0, d)
			e.add(1, d*d)
		})
	}
}

// NormScale computes Out = a(γ·((X − c0)·c1 + c2) + β), a being a leaky ReLU, of its argument, if leaky
// is set.
func (i ISA) NormScale(t *NormTile, leaky bool) {
	switch {
	case i == AVX512 && leaky:
		normScaleLeakyAVX512(t)
	case i == AVX512:
		normScaleAVX512(t)
	case i == AVX2 && leaky:
		normScaleLeakyAVX2(t)
	case i == AVX2:
		normScaleAVX2(t)
	default:
		t.each(func(e normElement) {
			y := e.gamma*((*e.x-e.coef(0))*e.coef(1)+e.coef(2)) + e.beta
			if leaky && !(y > 0) {
				y *= t.Slope
			}
			*e.out = y
		})
	}
}

// NormSums adds w = γ·a(U) and w·x' to sums 0 and 1.
func (i ISA) NormSums(t *NormTile) {
	switch {
	case i == AVX512 && t.Y != nil:
		normSumsLeakyAVX512(t)
	case i == AVX512:
		normSumsAVX512(t)
	case i == AVX2 && t.Y != nil:
		normSumsLeakyAVX2(t)
	case i == AVX2:
		normSumsAVX2(t)
	default:
		t.each(func(e normElement) {
			w := e.gamma * e.gate(*e.u)
			e.add(0, float64(w))
			e.add(1, float64(w)*float64(e.hat()))
		})
	}
}

// NormProject computes Out = c1·(γ·a(U) − c2 − c3·x').
func (i ISA) NormProject(t *NormTile) {
	switch {
	case i == AVX512 && t.Y != nil:
		normProjectLeakyAVX512(t)
	case i == AVX512:
		normProjectAVX512(t)
	case i == AVX2 && t.Y != nil:
		normProjectLeakyAVX2(t)
	case i == AVX2:
		normProjectAVX2(t)
	default:
		t.each(func(e normElement) {
			*e.out = e.coef(1) * (e.gamma*e.gate(*e.u) - e.coef(2) - e.hat()*e.coef(3))
		})
	}
}

// NormTangent computes Out = a(γ·c1·(U − c2 − c3·x')).
func (i ISA) NormTangent(t *NormTile) {
	switch {
	case i == AVX512 && t.Y != nil:
		normTangentLeakyAVX512(t)
	case i == AVX512:
		normTangentAVX512(t)
	case i == AVX2 && t.Y != nil:
		normTangentLeakyAVX2(t)
	case i == AVX2:
		normTangentAVX2(t)
	default:
		t.each(func(e normElement) { *e.out = e.gate(e.gamma * e.hatDot(*e.u)) })
	}
}

// NormTangentSums adds w = γ·a(V), w·x' and w·ẋ', with ẋ' = c1·(Dot − c2 − c3·x'), to sums 2, 3 and 4.
func (i ISA) NormTangentSums(t *NormTile) {
	s := *t
	s.Sums = element64(t.Sums, 2*t.Pad)
	switch {
	case i == AVX512 && t.Y != nil:
		normTangentSumsLeakyAVX512(&s)
	case i == AVX512:
		normTangentSumsAVX512(&s)
	case i == AVX2 && t.Y != nil:
		normTangentSumsLeakyAVX2(&s)
	case i == AVX2:
		normTangentSumsAVX2(&s)
	default:
		s.each(func(e normElement) {
			w := float64(e.gamma * e.gate(*e.v))
			e.add(0, w)
			e.add(1, w*float64(e.hat()))
			e.add(2, w*float64(e.hatDot(*e.dot)))
		})
	}
}

// NormSecond computes Out = c1·(γ·a(U) − c4·γ·a(V) − c5·(Dot − c2) − c6 − c7·x'); U may be nil for zeros.
func (i ISA) NormSecond(t *NormTile) {
	switch i {
	case AVX512:
		switch {
		case t.Y != nil && t.U != nil:
			normSecondBarLeakyAVX512(t)
		case t.Y != nil:
			normSecondLeakyAVX512(t)
		case t.U != nil:
			normSecondBarAVX512(t)
		default:
			normSecondAVX512(t)
		}
	case AVX2:
		switch {
		case t.Y != nil && t.U != nil:
			normSecondBarLeakyAVX2(t)
		case t.Y != nil:
			normSecondLeakyAVX2(t)
		case t.U != nil:
			normSecondBarAVX2(t)
		default:
			normSecondAVX2(t)
		}
	default:
		t.each(func(e normElement) {
			u := float32(0)
			if e.u != nil {
				u = e.gamma * e.gate(*e.u)
			}
			*e.out = e.coef(1) * (u - e.coef(4)*e.gamma*e.gate(*e.v) - e.coef(5)*(*e.dot-e.coef(2)) - e.coef(6) - e.coef(7)*e.hat())
		})
	}
}

// normElement is an element of a tile, for the twins.
type normElement struct {
	tile                 NormTile // a copy: what an unknown function gets would move to the heap
	column               int
	x, u, v, dot, y, out *float32
	gamma, beta          float32
}

// each calls do for every element of the tile.
func (t *NormTile) each(do func(e normElement)) {
	for r := range t.Rows {
		for c := range t.Columns {
			of := func(p *float32, stride int) *float32 {
				if p == nil {
					return nil
				}
				return element(p, r*stride+c)
			}
			e := normElement{tile: *t, column: c, x: of(t.X, t.Stride), u: of(t.U, t.Stride), v: of(t.V, t.Stride), dot: of(t.Dot, t.Stride), y: of(t.Y, t.Stride), out: of(t.Out, t.Stride)}
			if t.Gamma != nil {
				e.gamma = *of(t.Gamma, t.Step)
			}
			if t.Beta != nil {
				e.beta = *of(t.Beta, t.Step)
			}
			do(e)
		}
	}
}

func (e normElement) coef(i int) float32 { return *element(e.tile.Coef, i*e.tile.Pad+e.column) }

func (e normElement) add(i int, v float64) { *element64(e.tile.Sums, i*e.tile.Pad+e.column) += v }

func (e normElement) hat() float32 { return (*e.x - e.coef(0)) * e.coef(1) }

func (e normElement) hatDot(u float32) float32 {
	return (u - e.coef(2) - e.hat()*e.coef(3)) * e.coef(1)
}

func (e normElement) gate(v float32) float32 {
	if e.y == nil || *e.y > 0 {
		return v
	}
	return e.tile.Slope * v
}

// NormRoots makes statistics of the sums of NormStats over sets of count numbers, of n columns:
//
//	m = sum 0 / count      variance = sum 1 / count − m²      mean = c0 + m
//	c0 = mean      c1 = 1/√(variance+eps)      c2 = (c0 − mean)·c1      c3 = variance
//
// in float64, each rounded to float32 when it is stored; c2 is what rounding the mean costs. All
// elements up to a multiple of 16 columns may be read and written.
func (i ISA) NormRoots(n int, count, eps float64, sums []float64, coef []float32, pad int) {
	_, _ = sums[2*pad-1], coef[4*pad-1]
	switch i {
	case AVX512:
		normRootsAVX512(n, 1/count, eps, &sums[0], &coef[0], pad)
	case AVX2:
		normRootsAVX2(n, 1/count, eps, &sums[0], &coef[0], pad)
	default:
		for c := range n {
			m := sums[c] / count
			variance := sums[pad+c]/count - m*m
			if variance < 0 {
				variance = 0
			}
			mean := float64(coef[c]) + m
			root := 1 / math.Sqrt(variance+eps)
			coef[c], coef[pad+c], coef[3*pad+c] = float32(mean), float32(root), float32(variance)
			coef[2*pad+c] = float32((float64(coef[c]) - mean) * root)
		}
	}
}

// NormMeans makes the coefficients of NormProject, or of NormTangent, of the sums of NormSums over sets of
// count numbers, of n columns: c2 = c8·sum 0 / count and c3 = c8·sum 1 / count. All elements up to a
// multiple of 16 columns may be read and written.
func (i ISA) NormMeans(n int, count float64, sums []float64, coef []float32, pad int) {
	_, _ = sums[2*pad-1], coef[NormCoefs*pad-1]
	switch i {
	case AVX512:
		normMeansAVX512(n, 1/count, &sums[0], &coef[0], pad)
	case AVX2:
		normMeansAVX2(n, 1/count, &sums[0], &coef[0], pad)
	default:
		for c := range n {
			gamma := float64(coef[NormWeight*pad+c])
			coef[2*pad+c] = float32(gamma * sums[c] / count)
			coef[3*pad+c] = float32(gamma * sums[pad+c] / count)
		}
	}
}

// NormSecondMeans makes the coefficients of NormSecond of the sums of NormSums and NormTangentSums over
// sets of count numbers, of n columns. With mi = c8·sum i / count
//
//	c4 = c1·c3      c5 = c1·m3      c6 = m0 − c4·m2      c7 = m1 + m4 − 2·c4·m3
//
// All elements up to a multiple of 16 columns may be read and written.
func (i ISA) NormSecondMeans(n int, count float64, sums []float64, coef []float32, pad int) {
	_, _ = sums[NormSums*pad-1], coef[NormCoefs*pad-1]
	switch i {
	case AVX512:
		normSecondMeansAVX512(n, 1/count, &sums[0], &coef[0], pad)
	case AVX2:
		normSecondMeansAVX2(n, 1/count, &sums[0], &coef[0], pad)
	default:
		for c := range n {
			var m [NormSums]float64
			for s := range m {
				m[s] = float64(coef[NormWeight*pad+c]) * sums[s*pad+c] / count
			}
			root := float64(coef[pad+c])
			c4 := root * float64(coef[3*pad+c])
			coef[4*pad+c], coef[5*pad+c] = float32(c4), float32(root*m[3])
			coef[6*pad+c], coef[7*pad+c] = float32(m[0]-c4*m[2]), float32(m[1]+m[4]-2*c4*m[3])
		}
	}
}

// Add64 adds src to dst, of the same length, a multiple of 8.
func (i ISA) Add64(dst, src []float64) {
	if len(src) == 0 {
		return
	}
	_ = dst[len(src)-1]
	switch i {
	case AVX512:
		add64AVX512(len(src), &dst[0], &src[0])
	case AVX2:
		add64AVX2(len(src), &dst[0], &src[0])
	default:
		for e, v := range src {
			dst[e] += v
		}
	}
}
