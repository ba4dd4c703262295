package kernels

import (
	"encoding/binary"
	"fmt"

	"ganlib/device"
)

// L2Norms takes the Euclidean norms of a fixed list of tensors, all in one pass: those of a network's
// parameters and gradients say whether it is alive. One goroutine uses it.
type L2Norms struct {
	tensors []*device.Tensor // the first place is for the norms
	length  int64            // of all together
	pieces  []piece
	sums    []float64     // of each piece's squares
	table   *device.Bytes // of a GPU: address and length of each tensor
}

// piece is a range of a tensor's elements, small enough for the second-level cache.
type piece struct{ tensor, lo, hi int }

// NewL2Norms prepares the norms of tensors of one device, at least one.
func NewL2Norms(tensors ...*device.Tensor) (*L2Norms, error) {
	if len(tensors) == 0 {
		return nil, fmt.Errorf("kernels: l2 norms: no tensors: want at least one")
	}
	n := &L2Norms{tensors: append([]*device.Tensor{nil}, tensors...)}
	var words []byte
	for i, t := range tensors {
		n.length += int64(t.Len())
		words = binary.NativeEndian.AppendUint64(words, t.Address())
		words = binary.NativeEndian.AppendUint64(words, uint64(t.Len()))
		for lo := 0; lo < t.Len(); lo += elementGrain {
			n.pieces = append(n.pieces, piece{1 + i, lo, min(lo+elementGrain, t.Len())})
		}
	}
	n.sums = make([]float64, len(n.pieces))
	var err error
	if n.table, err = tensors[0].Device().NewBytes(words); err != nil {
		return nil, fmt.Errorf("kernels: l2 norms: %w", err)
	}
	return n, nil
}

// Compute writes √(Σ x²) of each tensor to norms, which has one element for each. Squares are summed in
// float64, where those of float32 numbers neither overflow nor underflow: a norm is zero only if all
// elements are, and NaN or infinite only if an element is, or if it is too large for a float32 itself.
func (n *L2Norms) Compute(norms *device.Tensor) error {
	const op = "l2 norms"
	if count := len(n.tensors) - 1; norms.Len() != count {
		return shapeError(op, "norms", norms, "want %d elements, one for each tensor", count)
	}
	n.tensors[0] = norms
	engine, err := prepare(op, 2*n.length, n.tensors...)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(norms, len(n.pieces), 1, sumSquares[float32]{n})
		finishNorms(device.Data[float32](norms), n)
	case engineFast:
		launch(norms, len(n.pieces), 1, sumSquaresFast{n, isaOf(norms)})
		finishNorms(device.Data[float32](norms), n)
	case engineReference64:
		launch(norms, len(n.pieces), 1, sumSquares[float64]{n})
		finishNorms(device.Data[float64](norms), n)
	case engineCUDA:
		return thenRound(l2NormsCUDA(norms, n), norms)
	}
	return nil
}
