package kernels

import (
	"fmt"

	"ganlib/device"
)

// PenaltyOptions say which penalty PenaltyDirection computes.
type PenaltyOptions struct {
	Lambda   float64 // weight of the penalty
	Target   float64 // the norm that costs nothing
	Eps      float64 // added to the sum of squares under the root, >= 0
	OneSided bool    // norms below Target cost nothing either
	PerPixel bool    // one norm for each pixel, over its channels, instead of one for each sample
}

// PenaltyDirection computes, from the gradients g (N,…) of a critic's scores with respect to its
// inputs, the gradient penalty P and its gradient v with respect to g, of the shape of g:
//
//	n_i = √(Σ_d g_id² + eps)
//	P   = λ · (1/N) Σ_i (n_i − target)²          one-sided: max(0, n_i − target)²
//	v_i = ∂P/∂g_i = 2λ·(n_i − target)/(n_i·N) · g_i
//
// A sample whose n_i is zero counts (0 − target)² in P and has v_i = 0, the subgradient that PyTorch's
// norm takes. Squares are summed in float64 and neither overflow nor underflow. norms (N) and
// penalty (1) may be nil if they are not wanted; v may be g.
//
// With PerPixel a norm is taken over the last dimension of g alone, N in the formulas is the number of
// pixels of the whole batch, and norms has as many elements.
func PenaltyDirection(v, norms, penalty, g *device.Tensor, o PenaltyOptions) error {
	const op = "penalty direction"
	if err := sameShape(op, "g", g, "v", v); err != nil {
		return err
	}
	if !(o.Eps >= 0) {
		return fmt.Errorf("kernels: %s: eps %v: want a number >= 0", op, o.Eps)
	}
	width := g.Shape().RowLen()
	if o.PerPixel {
		width = g.Shape().Last()
	}
	n := g.Len() / width
	if norms != nil && norms.Len() != n {
		return shapeError(op, "norms", norms, "want %d elements for g %v", n, g.Shape())
	}
	if penalty != nil {
		if err := oneNumber(op, "penalty", penalty); err != nil {
			return err
		}
	}
	engine, err := prepare(op, 4*int64(g.Len()), v, norms, penalty, g)
	if err != nil {
		return err
	}
	// At most penaltyParts ranges, and no shorter ones than other elementwise work has.
	grain := max((n+penaltyParts-1)/penaltyParts, elementGrain/width, 1)
	parts := int32((n + grain - 1) / grain)
	switch engine {
	case engineReference:
		launch(v, n, grain, penaltyDirection[float32, plainNorm[float32]]{v: device.Data[float32](v), norms: optional[float32](norms), penalty: optional[float32](penalty), g: device.Data[float32](g), PenaltyOptions: o, width: width, grain: grain, left: parts})
	case engineFast:
		launch(v, n, grain, penaltyDirection[float32, fastNorm]{v: device.Data[float32](v), norms: optional[float32](norms), penalty: optional[float32](penalty), g: device.Data[float32](g), PenaltyOptions: o, width: width, grain: grain, left: parts, by: fastNorm{isaOf(v)}})
	case engineReference64:
		launch(v, n, grain, penaltyDirection[float64, plainNorm[float64]]{v: device.Data[float64](v), norms: optional[float64](norms), penalty: optional[float64](penalty), g: device.Data[float64](g), PenaltyOptions: o, width: width, grain: grain, left: parts})
	case engineCUDA:
		return thenRound(penaltyCUDA(v, norms, penalty, g, o, width, n), v, norms, penalty)
	}
	return nil
}
