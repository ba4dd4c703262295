package kernels

import "ganlib/device"

// columnBlock is how many columns a task reduces at a time: one cache line of float32.
const columnBlock = 16

type addBias[T device.Float] struct{ y, b []T }

func (k *addBias[T]) Run(lo, hi int) {
	c := len(k.b)
	for r := lo; r < hi; r++ {
		y := k.y[r*c : (r+1)*c]
		for i, b := range k.b {
			y[i] += b
		}
	}
}

type biasLeakyReLU[T device.Float] struct {
	y, b  []T
	slope T
	c     int // elements of a row
}

func (k *biasLeakyReLU[T]) Run(lo, hi int) {
	if k.b != nil {
		(&addBias[T]{k.y, k.b}).Run(lo, hi)
	}
	(&leakyReLU[T]{k.y, k.y, k.slope}).Run(lo*k.c, hi*k.c)
}

type biasGrad[T device.Float] struct{ db, dy []T }

func (k *biasGrad[T]) Run(lo, hi int) {
	var sum [columnBlock]float64
	c := len(k.db)
	for r := 0; r < len(k.dy); r += c {
		for i, v := range k.dy[r+lo : r+hi] {
			sum[i] += float64(v)
		}
	}
	for i := lo; i < hi; i++ {
		k.db[i] += T(sum[i-lo])
	}
}
