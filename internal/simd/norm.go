package simd

// NormTile is a part of the tensors of a normalisation: Rows rows of Columns elements, Stride elements
// from row to row, and what is known of its columns. Fields that a kernel does not name may be nil.
//
// Row i of Coef and Sums lies at i·Pad; Pad is a multiple of NormPad, at least Columns. c, A and so on are
// the coefficients of the column, the rows of Coef that the constants name.
//
// If Leaky is set there is a leaky ReLU: a(v) is v where its output Y is above zero, and Slope·v elsewhere
// and where Y is not a number. If not, a(v) is v. γ and β are elements of Gamma and Beta, laid out as the
// other tensors are; if Gamma is nil γ is 1. Elements are computed and added up in float64; a is computed
// in float32, as it would be alone.
type NormTile struct {
	Rows, Columns, Stride int
	X, U, V, Dot, Y, Out  *float32
	Gamma, Beta           *float32
	Coef, Sums            *float64
	Pad                   int
	Slope                 float32
	Leaky                 bool
}

// Rows of coefficients, each with one number for a column, and how many rows of sums there are.
const (
	NormMean    = iota // m, or for NormStats any number near it
	NormRoot           // r = 1/√(variance+eps)
	NormGamma          // γ, of a parameter for each column
	NormBeta           // β
	NormWeight         // what means are multiplied by
	NormMeanDot        // mean ẋ
	NormCorr           // mean(x'ẋ)
	NormVariance
	NormA // to E: of the kernels that write elements
	NormB
	NormC
	NormD
	NormE
	NormCoefs
	NormSums = 7
	NormPad  = 16
)

// NormStats adds d = X − c and d² to sums 0 and 1, c being row NormMean.
func (i ISA) NormStats(t *NormTile) {
	switch i {
	case AVX512:
		normStatsAVX512(t)
	case AVX2:
		normStatsAVX2(t)
	default:
		t.each(func(e normElement) {
			d := e.x - e.coef(NormMean)
			e.add(0, d)
			e.add(1, d*d)
		})
	}
}

// NormScale computes Out = a(A·γ·(X − m) + β), a being decided by its own argument; without Gamma β is
// row NormBeta.
func (i ISA) NormScale(t *NormTile) {
	switch i {
	case AVX512:
		normScaleAVX512(t)
	case AVX2:
		normScaleAVX2(t)
	default:
		t.each(func(e normElement) {
			beta := e.beta
			if t.Gamma == nil {
				beta = e.coef(NormBeta)
			}
			y := e.coef(NormA)*(e.gamma*(e.x-e.coef(NormMean))) + beta
			*e.out = e.gate(float32(y), float32(y))
		})
	}
}

// NormSums adds w = γ·a(U) and w·X to sums 0 and 1.
func (i ISA) NormSums(t *NormTile) {
	switch i {
	case AVX512:
		normSumsAVX512(t)
	case AVX2:
		normSumsAVX2(t)
	default:
		t.each(func(e normElement) {
			w := e.gamma * float64(e.gate(e.y, e.u))
			e.add(0, w)
			e.add(1, w*e.x)
		})
	}
}

// NormProject computes Out = A·γ·a(U) + B·X + C.
func (i ISA) NormProject(t *NormTile) {
	switch i {
	case AVX512:
		normProjectAVX512(t)
	case AVX2:
		normProjectAVX2(t)
	default:
		t.each(func(e normElement) {
			*e.out = float32(e.coef(NormA)*e.gamma*float64(e.gate(e.y, e.u)) + e.coef(NormB)*e.x + e.coef(NormC))
		})
	}
}

// NormTangent computes Out = a(γ·(A·U + B·X + C)).
func (i ISA) NormTangent(t *NormTile) {
	switch i {
	case AVX512:
		normTangentAVX512(t)
	case AVX2:
		normTangentAVX2(t)
	default:
		t.each(func(e normElement) {
			*e.out = e.gate(e.y, float32(e.gamma*(e.coef(NormA)*float64(e.u)+e.coef(NormB)*e.x+e.coef(NormC))))
		})
	}
}

// NormTangentSums adds w = γ·a(V), w·X, w·Dot, Dot and Dot·X to sums 2 to 6.
func (i ISA) NormTangentSums(t *NormTile) {
	switch i {
	case AVX512:
		normTangentSumsAVX512(t)
	case AVX2:
		normTangentSumsAVX2(t)
	default:
		t.each(func(e normElement) {
			w := e.gamma * float64(e.gate(e.y, e.v))
			for s, v := range [...]float64{w, w * e.x, w * e.dot, e.dot, e.dot * e.x} {
				e.add(2+s, v)
			}
		})
	}
}

// NormSecond computes Out = A·γ·a(U) + D·γ·a(V) + E·Dot + B·X + C; U may be nil for zeros.
func (i ISA) NormSecond(t *NormTile) {
	switch i {
	case AVX512:
		normSecondAVX512(t)
	case AVX2:
		normSecondAVX2(t)
	default:
		t.each(func(e normElement) {
			*e.out = float32(e.coef(NormA)*e.gamma*float64(e.gate(e.y, e.u)) + e.coef(NormD)*e.gamma*float64(e.gate(e.y, e.v)) + e.coef(NormE)*e.dot + e.coef(NormB)*e.x + e.coef(NormC))
		})
	}
}

// normElement is an element of a tile, for the twins.
type normElement struct {
	tile        NormTile // a copy: what an unknown function gets a pointer to would move to the heap
	column      int
	u, v, y     float32
	x, dot      float64
	gamma, beta float64
	out         *float32
}

// each calls do for every element of the tile.
func (t *NormTile) each(do func(e normElement)) {
	for r := range t.Rows {
		for c := range t.Columns {
			of := func(p *float32, missing float64) float64 {
				if p == nil {
					return missing
				}
				return float64(*element(p, r*t.Stride+c))
			}
			e := normElement{tile: *t, column: c, x: of(t.X, 0), u: float32(of(t.U, 0)), v: float32(of(t.V, 0)), dot: of(t.Dot, 0), y: float32(of(t.Y, 0)), gamma: of(t.Gamma, 1), beta: of(t.Beta, 0)}
			if t.Out != nil {
				e.out = element(t.Out, r*t.Stride+c)
			}
			do(e)
		}
	}
}

func (e normElement) coef(i int) float64 { return *element64(e.tile.Coef, i*e.tile.Pad+e.column) }

func (e normElement) add(i int, v float64) { *element64(e.tile.Sums, i*e.tile.Pad+e.column) += v }

func (e normElement) gate(y, v float32) float32 {
	if !e.tile.Leaky || y > 0 {
		return v
	}
	return e.tile.Slope * v
}
