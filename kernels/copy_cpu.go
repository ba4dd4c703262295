package kernels

import "ganlib/device"

type copyTo[T device.Float] struct{ dst, src []T }

func (k *copyTo[T]) Run(lo, hi int) { copy(k.dst[lo:hi], k.src[lo:hi]) }
