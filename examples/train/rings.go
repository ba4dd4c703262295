package main

import "math"

// rings is a data set of 1,000 grey 16×16 images of a ring each, of different places and sizes. It
// implements datasets.Images.
type rings struct{}

func (rings) Name() string        { return "rings" }
func (rings) Len() int            { return 1000 }
func (rings) Size() (h, w, c int) { return 16, 16, 1 }

// Read draws ring i.
func (rings) Read(i int, dst []byte) error {
	radius := 3 + 3*fraction(i, 0.7548776662) // a low-discrepancy sequence in place of chance
	cx, cy := 6+4*fraction(i, 0.5698402910), 6+4*fraction(i, 0.8191725134)
	for y := range 16 {
		for x := range 16 {
			off := math.Abs(math.Hypot(float64(x)-cx, float64(y)-cy) - radius)
			dst[16*y+x] = uint8(255 * math.Exp(-off*off))
		}
	}
	return nil
}

func fraction(i int, step float64) float64 {
	_, f := math.Modf(float64(i) * step)
	return f
}
