package kernels

import "ganlib/device"

type gatherImages[T device.Float] struct {
	dst      []T
	src      []byte
	order    device.Permutation
	start    int
	size     int // bytes of an image
	line     int // bytes of one of its lines
	channels int
	value    [256]T
	flip     device.Random
	flipping bool
}

func (k *gatherImages[T]) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		dst, src, flip := k.image(i)
		if flip {
			for y := 0; y < k.size; y += k.line {
				k.mirror(dst[y:y+k.line], src[y:y+k.line])
			}
			continue
		}
		for j, b := range src {
			dst[j] = k.value[b]
		}
	}
}

// image returns row i of the batch and what it is made from, and whether it is mirrored.
func (k *gatherImages[T]) image(i int) (dst []T, src []byte, flip bool) {
	from := k.order.At(k.start+i) * k.size
	flip = k.flipping && k.flip.Words(uint32(i / 4))[i%4]&1 == 1
	return k.dst[i*k.size : (i+1)*k.size], k.src[from : from+k.size], flip
}

// mirror converts one line of an image, last pixel first.
func (k *gatherImages[T]) mirror(dst []T, src []byte) {
	for x := 0; x < len(src); x += k.channels {
		to := len(src) - k.channels - x
		for c := range k.channels {
			dst[to+c] = k.value[src[x+c]]
		}
	}
}

// byteValues returns lo + (hi−lo)·b/255 for every byte b.
func byteValues[T device.Float](lo, hi float64) (value [256]T) {
	for b := range value {
		value[b] = T(lo + (hi-lo)*float64(b)/255)
	}
	value[255] = T(hi) // which rounding may have missed
	return value
}

type gatherRows[T device.Float] struct {
	dst, src []T
	order    device.Permutation
	start    int
	size     int // elements of a row
}

func (k *gatherRows[T]) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		from := k.order.At(k.start+i) * k.size
		copy(k.dst[i*k.size:(i+1)*k.size], k.src[from:from+k.size])
	}
}
