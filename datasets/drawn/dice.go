package drawn

import "ganlib/device"

// Streams of random numbers, which keep faces apart from every other use of the same seed.
const (
	traitStream   = 0xCA7FACE
	latticeStream = 0xCA7F0E
)

// Groups of traits. Each draws from a range of its own, so that a new trait in one group leaves the
// others as they were.
const (
	groupPose uint32 = iota << 8
	groupHead
	groupEyes
	groupCoat
	groupLight
	groupBackdrop
	groupTexture
)

// dice draws the traits of one group in turn.
type dice struct {
	random device.Random
	block  uint32
	left   [4]float32
	used   int
}

func newDice(seed uint64, index int, group uint32) *dice {
	return &dice{random: device.Random{Seed: seed, Stream: traitStream, Step: uint64(index)}, block: group, used: 4}
}

// unit returns a number in [0,1).
func (d *dice) unit() float64 {
	if d.used == len(d.left) {
		d.left = d.random.Uniforms(d.block)
		d.block++
		d.used = 0
	}
	d.used++
	return float64(d.left[d.used-1])
}

// between returns a number in [lo,hi), all equally likely.
func (d *dice) between(lo, hi float64) float64 { return lo + (hi-lo)*d.unit() }

// around returns a number in (mid-spread, mid+spread) that is likelier near the middle: the mean of
// two uniform ones.
func (d *dice) around(mid, spread float64) float64 { return mid + spread*(d.unit()+d.unit()-1) }

// chance is true with probability p.
func (d *dice) chance(p float64) bool { return d.unit() < p }

// pick returns an index into weights, each with a probability in proportion to its weight.
func (d *dice) pick(weights ...float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	at := sum * d.unit()
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}
