package plot

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// ticks marks an axis at five or so multiples of 1, 2 or 5 times a power of ten.
type ticks struct{}

// Ticks implements [plot.Ticker].
func (ticks) Ticks(lo, hi float64) []plot.Tick {
	span := hi - lo
	if !(span > 0) || math.IsInf(span, 0) {
		return []plot.Tick{{Value: lo, Label: number(lo, 0)}}
	}
	unit := math.Pow(10, math.Floor(math.Log10(span/5)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if span/(unit*factor) <= 6 {
			unit *= factor
			break
		}
	}
	var list []plot.Tick
	for k := math.Ceil(lo / unit); k*unit <= hi && len(list) < 20; k++ {
		list = append(list, plot.Tick{Value: k * unit, Label: number(k*unit, unit)})
	}
	return list
}

// number writes a value with the digits that tell it from its neighbours, unit apart.
func number(v, unit float64) string {
	if size := max(math.Abs(v), unit); size >= 1e6 || size != 0 && size < 1e-3 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	digits := 0
	if unit > 0 && unit < 1 {
		digits = int(math.Ceil(-math.Log10(unit) - 1e-9))
	}
	return strconv.FormatFloat(v+0, 'f', digits, 64) // no minus before 0
}
