package kernels

import (
	"fmt"
	"math"

	"ganlib/device"
)

// How far the result of a way may be from the estimate's: of a number, relative to itself and to the root mean square
// of all. Ways of the same precision differ in the order of sums, others in how they round operands. A way that reads
// or writes the wrong numbers is off by about 1.
const (
	tuneSame = 1. / 128
	tuneTF32 = 1. / 32
	tuneBF16 = 1. / 4
)

// proof holds the ways to compute a product against the estimate, before any of them may be chosen: a kernel that a
// card, or its driver, gets wrong must never be.
type proof struct {
	to         *device.Tensor
	begin      float64 // what is in it before: NaN, so that what is not written shows, or 0 if products are added to it
	estimate   cut
	want, have []float32
}

// prove computes the estimate's result.
func (m measuring) prove(to *device.Tensor, f finish, estimate cut) (*proof, error) {
	p := &proof{to: to, begin: math.NaN(), estimate: estimate, want: make([]float32, to.Len()), have: make([]float32, to.Len())}
	if f.add {
		p.begin = 0
	}
	return p, m.compute(p, estimate, p.want)
}

// compute has a way compute its result.
func (m measuring) compute(p *proof, c cut, result []float32) error {
	if err := Fill(p.to, p.begin); err != nil {
		return err
	}
	if err := m.launch(c); err != nil {
		return err
	}
	return p.to.CopyTo(result)
}

// check computes the result of a way and says what is wrong with it, "" if nothing is.
func (m measuring) check(p *proof, c cut) (wrong string, err error) {
	if err := m.compute(p, c, p.have); err != nil {
		return "", err
	}
	return differs(p.have, p.want, c.bound(p.estimate)), nil
}

// bound is how far the results of two ways may be from each other.
func (c cut) bound(d cut) float64 {
	switch a, b := c.precision, d.precision; {
	case a == b:
		return tuneSame
	case max(a, b) == device.TF32:
		return tuneTF32
	}
	return tuneBF16
}

// differs names the number of a result that is the furthest from what is wanted, "" if all are near.
func differs(have, want []float32, bound float64) string {
	finite := func(v float64) bool { return v-v == 0 }
	squares := 0.0
	for _, v := range want {
		if w := float64(v); finite(w) {
			squares += w * w
		}
	}
	size := math.Sqrt(squares / float64(max(len(want), 1)))
	worst, at := bound, -1
	for i, v := range want {
		h, w := float64(have[i]), float64(v)
		switch off := math.Abs(h-w) / (math.Abs(w) + size); {
		case h == w || !finite(h) && !finite(w):
		case finite(h) != finite(w) || off > worst:
			if worst, at = off, i; off != off {
				worst = math.Inf(1)
			}
		}
	}
	if at < 0 {
		return ""
	}
	return fmt.Sprintf("its result is not that of the default: number %d of %d is %.4g, and should be %.4g", at, len(want), have[at], want[at])
}
