package kernels

import (
	"fmt"

	"ganlib/device"
)

// GatherImages makes a batch from a set of uint8 images. dst is (N,H,W,C), src holds M images of
// (H,W,C) bytes, and row i of dst becomes image order.At(start+i) with every byte b turned into
//
//	lo + (hi−lo)·b/255
//
// so that 0 gives lo and 255 gives hi exactly. If flip is not nil, row i is mirrored left to right
// where the lowest bit of flip's element i is set. The order covers at most M images, and start to
// start+N−1 must lie in it.
func GatherImages(dst *device.Tensor, src *device.Bytes, order device.Permutation, start int, lo, hi float64, flip *device.Random) error {
	const op = "gather images"
	shape := dst.Shape()
	size := shape.RowLen()
	if shape.Rank() != 4 {
		return shapeError(op, "dst", dst, "want (N,H,W,C)")
	}
	if src.Len()%size != 0 {
		return fmt.Errorf("kernels: %s: src of %d bytes: want a multiple of %d, the size of an image of dst %v", op, src.Len(), size, shape)
	}
	if src.Device() != dst.Device() {
		return fmt.Errorf("kernels: %s: src is on device %v, want %v as dst", op, src.Device(), dst.Device())
	}
	if err := checkOrder(op, dst, src.Len()/size, order, start); err != nil {
		return err
	}
	engine, err := prepare(op, 0, dst)
	if err != nil {
		return err
	}
	grain := max(elementGrain/size, 1)
	var flips device.Random
	if flip != nil {
		flips = *flip
	}
	switch engine {
	case engineReference:
		launch(dst, shape[0], grain, gatherImages[float32]{device.Data[float32](dst), src.Host(), order, start, size, shape[3] * shape[2], shape[3], byteValues[float32](lo, hi), flips, flip != nil})
	case engineFast:
		k := gatherImages[float32]{device.Data[float32](dst), src.Host(), order, start, size, shape[3] * shape[2], shape[3], byteValues[float32](lo, hi), flips, flip != nil}
		if step := (hi - lo) / 255; k.follows(lo, step) {
			launch(dst, shape[0], grain, gatherImagesFast{k, lo, step, isaOf(dst)})
		} else {
			launch(dst, shape[0], grain, k)
		}
	case engineReference64:
		launch(dst, shape[0], grain, gatherImages[float64]{device.Data[float64](dst), src.Host(), order, start, size, shape[3] * shape[2], shape[3], byteValues[float64](lo, hi), flips, flip != nil})
	case engineCUDA:
		return thenRound(gatherImagesCUDA(dst, src, order, start, lo, hi, flips, flip != nil), dst)
	}
	return nil
}

// GatherRows makes a batch from rows of a tensor: row i of dst (N,F) becomes row order.At(start+i) of
// src (M,F). Rows may have up to three dimensions. The order covers at most M rows, and start to
// start+N−1 must lie in it.
func GatherRows(dst, src *device.Tensor, order device.Permutation, start int) error {
	const op = "gather rows"
	if dst.Shape().Sample() != src.Shape().Sample() {
		return shapeError(op, "dst", dst, "want rows as in src %v", src.Shape())
	}
	if err := checkOrder(op, dst, src.Shape()[0], order, start); err != nil {
		return err
	}
	engine, err := prepare(op, 0, dst, src)
	if err != nil {
		return err
	}
	size := dst.Shape().RowLen()
	grain := max(elementGrain/size, 1)
	switch engine {
	case engineReference, engineFast: // copying is as fast
		launch(dst, dst.Shape()[0], grain, gatherRows[float32]{device.Data[float32](dst), device.Data[float32](src), order, start, size})
	case engineReference64:
		launch(dst, dst.Shape()[0], grain, gatherRows[float64]{device.Data[float64](dst), device.Data[float64](src), order, start, size})
	case engineCUDA:
		return thenRound(gatherRowsCUDA(dst, src, order, start), dst)
	}
	return nil
}

// checkOrder checks that the batch dst fits into an order, beginning at start, over m rows.
func checkOrder(op string, dst *device.Tensor, m int, order device.Permutation, start int) error {
	n := dst.Shape()[0]
	switch {
	case order.N > m:
		return fmt.Errorf("kernels: %s: order of %d rows: src holds %d", op, order.N, m)
	case start < 0 || start > order.N-n:
		return fmt.Errorf("kernels: %s: start %d: want %d rows for dst %v from an order of %d", op, start, n, dst.Shape(), order.N)
	}
	return nil
}
