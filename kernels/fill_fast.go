package kernels

import "math"

// fillFast is as fast as the runtime's own clearing and copying of memory.
type fillFast struct {
	t []float32
	v float32
}

func (k *fillFast) Run(lo, hi int) {
	t := k.t[lo:hi]
	if math.Float32bits(k.v) == 0 {
		clear(t)
		return
	}
	t[0] = k.v
	for done := 1; done < len(t); done *= 2 {
		copy(t[done:], t[:done])
	}
}
