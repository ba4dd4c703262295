package simd

import "math"

// The kernels here make coefficients of sums over sets of count numbers, for n columns; they may read
// and write up to a multiple of NormPad columns. Rows of coef and sums are those that NormTile knows, S0,
// S1 and so on being the sums over count. (r·(S1 − m·S0) is a mean product with x' = (X − m)·r, of a sum of
// products with X.)

// NormRoots makes statistics of the sums of NormStats, c being what was subtracted:
//
//	variance = S1 − S0²      m = c + S0      r = 1/√(variance+eps)
func (i ISA) NormRoots(n int, count, eps float64, coef, sums []float64, pad int) {
	_, _ = coef[NormCoefs*pad-1], sums[NormSums*pad-1]
	switch i {
	case AVX512:
		normRootsAVX512(n, 1/count, eps, &coef[0], &sums[0], pad)
	case AVX2:
		normRootsAVX2(n, 1/count, eps, &coef[0], &sums[0], pad)
	default:
		eachColumn(n, count, coef, sums, pad, func(c normColumn) {
			m := c.mean(0)
			variance := c.mean(1) - m*m
			if variance < 0 {
				variance = 0
			}
			c.set(NormVariance, variance)
			c.set(NormMean, c.coef(NormMean)+m)
			c.set(NormRoot, 1/math.Sqrt(variance+eps))
		})
	}
}

// NormAffine makes the coefficient of NormScale: A = γ·r.
func (i ISA) NormAffine(n int, coef, sums []float64, pad int) {
	_, _ = coef[NormCoefs*pad-1], sums[NormSums*pad-1]
	switch i {
	case AVX512:
		normAffineAVX512(n, 0, &coef[0], &sums[0], pad)
	case AVX2:
		normAffineAVX2(n, 0, &coef[0], &sums[0], pad)
	default:
		eachColumn(n, 1, coef, sums, pad, func(c normColumn) {
			c.set(NormA, c.coef(NormGamma)*c.coef(NormRoot))
		})
	}
}

// NormProjection makes the coefficients of NormProject and NormTangent of the sums of NormSums:
//
//	mean ẋ = S0      corr = r·(S1 − m·S0)
//	A = γ·r      B = −w·r²·corr      C = −w·r·S0 − B·m
//
// w being row NormWeight, and count infinite for statistics that are constants.
func (i ISA) NormProjection(n int, count float64, coef, sums []float64, pad int) {
	_, _ = coef[NormCoefs*pad-1], sums[NormSums*pad-1]
	switch i {
	case AVX512:
		normProjectionAVX512(n, 1/count, &coef[0], &sums[0], pad)
	case AVX2:
		normProjectionAVX2(n, 1/count, &coef[0], &sums[0], pad)
	default:
		eachColumn(n, count, coef, sums, pad, func(c normColumn) {
			w, r, m := c.coef(NormWeight), c.coef(NormRoot), c.coef(NormMean)
			b := -w * r * r * c.corr(0)
			c.set(NormMeanDot, c.mean(0))
			c.set(NormCorr, c.corr(0))
			c.set(NormA, c.coef(NormGamma)*r)
			c.set(NormB, b)
			c.set(NormC, -w*r*c.mean(0)-b*m)
		})
	}
}

// NormCurvature makes the coefficients of NormSecond of the sums of NormSums, with U = ȳ, and of
// NormTangentSums, with V = δ and Dot = ẋ. With the means of ȳ, wδ and ẋ and their products with x',
//
//	cross = mean(wδ·ẋ') = r·(w·S4 − mean ẋ·mean(wδ) − corr·mean(wδ·x'))
//	u = w·ȳ − r·(wδ·corr + ẋ·mean(wδ·x')), whose mean and product with x' follow
//	A = γ·r      B = −r²·(mean(u·x') + cross)      C = −r·mean u − B·m
//	D = −γ·r²·corr      E = −r²·mean(wδ·x')
//
// where corr and mean ẋ without argument are the rows of coef, those that were rounded.
func (i ISA) NormCurvature(n int, count float64, coef, sums []float64, pad int) {
	_, _ = coef[NormCoefs*pad-1], sums[NormSums*pad-1]
	switch i {
	case AVX512:
		normCurvatureAVX512(n, 1/count, &coef[0], &sums[0], pad)
	case AVX2:
		normCurvatureAVX2(n, 1/count, &coef[0], &sums[0], pad)
	default:
		eachColumn(n, count, coef, sums, pad, func(c normColumn) {
			w, r, m, gamma, corr := c.coef(NormWeight), c.coef(NormRoot), c.coef(NormMean), c.coef(NormGamma), c.coef(NormCorr)
			delta, deltaCorr := w*c.mean(2), w*c.corr(2)
			cross := r * (w*c.mean(4) - c.coef(NormMeanDot)*delta - corr*deltaCorr)
			meanU := w*c.mean(0) - r*(delta*corr+c.mean(5)*deltaCorr)
			corrU := w*c.corr(0) - r*(deltaCorr*corr+c.corr(5)*deltaCorr)
			b := -r * r * (corrU + cross)
			c.set(NormA, gamma*r)
			c.set(NormB, b)
			c.set(NormC, -r*meanU-b*m)
			c.set(NormD, -gamma*r*r*corr)
			c.set(NormE, -r*r*deltaCorr)
		})
	}
}

// NormTotals adds Σ U to beta and Σ U·x' to gamma, of the sums of NormSums.
func (i ISA) NormTotals(n int, coef, sums []float64, pad int, beta, gamma []float64) {
	_, _, _, _ = coef[NormCoefs*pad-1], sums[NormSums*pad-1], beta[pad-1], gamma[pad-1]
	switch i {
	case AVX512:
		normTotalsAVX512(n, 1, &coef[0], &sums[0], pad, &beta[0], &gamma[0])
	case AVX2:
		normTotalsAVX2(n, 1, &coef[0], &sums[0], pad, &beta[0], &gamma[0])
	default:
		eachColumn(n, 1, coef, sums, pad, func(c normColumn) {
			beta[c.column] += c.mean(0)
			gamma[c.column] += c.corr(0)
		})
	}
}

// NormSecondTotals adds Σ V·ẋ' to gamma, of the sums of NormTangentSums:
// ẋ' = r·(ẋ − mean ẋ − corr·x').
func (i ISA) NormSecondTotals(n int, coef, sums []float64, pad int, gamma []float64) {
	_, _, _ = coef[NormCoefs*pad-1], sums[NormSums*pad-1], gamma[pad-1]
	switch i {
	case AVX512:
		normSecondTotalsAVX512(n, 1, &coef[0], &sums[0], pad, nil, &gamma[0])
	case AVX2:
		normSecondTotalsAVX2(n, 1, &coef[0], &sums[0], pad, nil, &gamma[0])
	default:
		eachColumn(n, 1, coef, sums, pad, func(c normColumn) {
			gamma[c.column] += c.coef(NormRoot) * (c.mean(4) - c.coef(NormMeanDot)*c.mean(2) - c.coef(NormCorr)*c.corr(2))
		})
	}
}

// normColumn is a column, for the twins.
type normColumn struct {
	column, pad int
	count       float64
	rows, sums  []float64
}

func eachColumn(n int, count float64, coef, sums []float64, pad int, do func(c normColumn)) {
	for c := range n {
		do(normColumn{c, pad, count, coef, sums})
	}
}

func (c normColumn) coef(i int) float64   { return c.rows[i*c.pad+c.column] }
func (c normColumn) set(i int, v float64) { c.rows[i*c.pad+c.column] = v }
func (c normColumn) mean(i int) float64   { return c.sums[i*c.pad+c.column] / c.count }

// corr is the mean product with x', of sum i and of that of products with X, which comes next.
func (c normColumn) corr(i int) float64 {
	return c.coef(NormRoot) * (c.mean(i+1) - c.coef(NormMean)*c.mean(i))
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

// Widen converts src to float64; dst has the same length.
func (i ISA) Widen(dst []float64, src []float32) {
	dst = dst[:len(src)]
	vectors := len(src) * 2 / i.Lanes()
	if vectors > 0 && i == AVX512 {
		widenAVX512(vectors, &dst[0], &src[0])
	} else if vectors > 0 && i == AVX2 {
		widenAVX2(vectors, &dst[0], &src[0])
	} else {
		vectors = 0
	}
	for e := vectors * i.Lanes() / 2; e < len(src); e++ {
		dst[e] = float64(src[e])
	}
}

// Narrow rounds src to float32; it has the length of dst.
func (i ISA) Narrow(dst []float32, src []float64) {
	src = src[:len(dst)]
	vectors := len(dst) * 2 / i.Lanes()
	if vectors > 0 && i == AVX512 {
		narrowAVX512(vectors, &dst[0], &src[0])
	} else if vectors > 0 && i == AVX2 {
		narrowAVX2(vectors, &dst[0], &src[0])
	} else {
		vectors = 0
	}
	for e := vectors * i.Lanes() / 2; e < len(dst); e++ {
		dst[e] = float32(src[e])
	}
}
