// Package layers builds networks: lists of layers, each with four passes.
//
//	Forward          y = f(x)
//	Backward         dx = Jᵀ·dy, and parameter gradients        (reverse mode)
//	Tangent          ẏ = J·ẋ                                    (forward mode)
//	TangentBackward  the reverse pass over value and tangent together
//
// A leaky ReLU runs as one with the affine layer or normalisation before it, with the same results.
//
// There is no tape. Forward records in a [Trace] what the other passes take, so that a critic can run
// on several batches before anything is differentiated. The last two passes serve gradient penalties:
// the parameter gradient of a function of the input gradient g is that of the tangent in the
// direction v = ∂/∂g, held constant, so it takes one Tangent and one TangentBackward, no general
// second derivative (see [Trace.Tangent]).
//
// Parameter gradients accumulate until [Network.ZeroGrad]; activation gradients are overwritten.
// Tensors are channels last; parameters are named, and exchanged, as PyTorch does ([Param]). All
// tensors of a pass come from the caller's workspace and live until it is reset. A network may be used
// by several goroutines at a time in evaluation mode, each with its own trace and workspace.
//
// Read layer.go, network.go and trace.go first, then linear.go as the simplest layer.
package layers
