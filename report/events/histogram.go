package events

import "math"

// buckets is into how many a histogram is divided: as many as TensorBoard's own.
const buckets = 30

// NewHistogram counts values in 30 buckets of equal width between the smallest and the largest finite
// one,
//
//	bucket of v = ⌊30·(v - min)/(max - min)⌋, that of max being the last
//
// or in a single one if all are equal. What is not finite is left out; ok is false if nothing is left.
func NewHistogram(values []float32) (h Histogram, ok bool) {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	n := 0
	for _, v := range values {
		if v-v != 0 { // NaN or infinite
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
		h.Sum += float64(v)
		h.SumSquares += float64(v) * float64(v)
		n++
	}
	if n == 0 {
		return Histogram{}, false
	}
	h.Min, h.Max, h.Num = float64(lo), float64(hi), float64(n)
	if lo == hi {
		h.Limits, h.Counts = []float64{h.Max}, []float64{h.Num}
		return h, true
	}
	scale := buckets / (h.Max - h.Min)
	var counts [buckets]int
	for _, v := range values {
		if v-v == 0 {
			counts[min(int((float64(v)-h.Min)*scale), buckets-1)]++
		}
	}
	h.Limits, h.Counts = make([]float64, buckets), make([]float64, buckets)
	for i, n := range counts {
		h.Limits[i] = h.Min + float64(i+1)/scale
		h.Counts[i] = float64(n)
	}
	h.Limits[buckets-1] = h.Max
	return h, true
}
