package losses

import (
	"fmt"
	"math"

	"ganlib/device"
	"ganlib/kernels"
)

// GradientPenalty is the term that makes a critic nearly 1-Lipschitz by pulling the norm of its
// gradient towards one (Gulrajani et al. 2017, "Improved training of Wasserstein GANs",
// https://arxiv.org/abs/1704.00028). With x real and x̃ generated samples, both constants,
//
//	α_i ~ U[0,1)                       one a sample
//	x̂_i = α_i·x_i + (1−α_i)·x̃_i        kernels.Interpolate
//	g_i = ∇_x̂_i Σ_j f(x̂_j)             over all H·W·C numbers of a sample
//	n_i = √(Σ_d g_id² + eps)
//	P   = λ · (1/N) Σ_i (n_i − target)²
//
// is added to the critic's loss.
//
// The gradient of P with respect to the critic's parameters θ contains second derivatives of f, but
// only in one direction. With v_i = ∂P/∂g_i = 2λ(n_i−target)/(n_i·N)·g_i,
//
//	∂P/∂θ = Σ_i v_iᵀ ∂g_i/∂θ = ∂/∂θ Σ_i ⟨v_i, ∇f(x̂_i)⟩
//
// where v is held constant: the chain rule has differentiated P by g already, and what is left is how
// g depends on θ. The sum is the directional derivative of f at x̂ along v, so the work is five steps:
//
//  1. forward pass at x̂, keeping what the layers save;
//  2. backward pass with ones down to the input: gives g, and no parameter gradients;
//  3. [GradientPenalty.Direction]: n, P and v;
//  4. tangent pass along v: every layer's directional derivative;
//  5. one reverse pass over values and tangents, with 0 as the adjoint of the scores and 1 as that of
//     their tangents: adds ∂P/∂θ to the parameter gradients.
//
// λ and 1/N are inside v; nothing is multiplied afterwards. Samples must not see each other inside
// f: with batch norm in the critic g_i is not the gradient of one sample's score.
type GradientPenalty struct {
	Lambda   float64 // λ, >= 0; the paper's value is 10
	Target   float64 // the norm that costs nothing, >= 0; the paper's value is 1
	Eps      float64 // added under the root, >= 0; the paper has 0
	OneSided bool    // penalise norms above Target only, as the paper's section 4 considers
	PerPixel bool    // one norm a pixel, over its channels: some tutorials' slip, kept to reproduce them
}

// PaperPenalty returns the paper's values: λ = 10, target 1, two-sided.
func PaperPenalty() GradientPenalty { return GradientPenalty{Lambda: 10, Target: 1} }

// Validate reports a number that is negative or not finite.
func (p GradientPenalty) Validate() error {
	for _, v := range [...]struct {
		name  string
		value float64
	}{{"Lambda", p.Lambda}, {"Target", p.Target}, {"Eps", p.Eps}} {
		if !(v.value >= 0) || math.IsInf(v.value, 0) {
			return fmt.Errorf("losses: gradient penalty: %s %v: want a finite number >= 0", v.name, v.value)
		}
	}
	return nil
}

// Direction computes step 3 from the gradients g (N,…): the norms n (N), the penalty P (1) and
// v = ∂P/∂g, of the shape of g. A sample whose gradient is zero counts target² in the mean and has
// v_i = 0. norms and penalty may be nil, v may be g. Per pixel there are as many norms as pixels, of
// shape (N,H,W) say, and 1/N becomes 1/(N·H·W).
func (p GradientPenalty) Direction(v, norms, penalty, g *device.Tensor) error {
	return kernels.PenaltyDirection(v, norms, penalty, g, kernels.PenaltyOptions{
		Lambda: p.Lambda, Target: p.Target, Eps: p.Eps, OneSided: p.OneSided, PerPixel: p.PerPixel,
	})
}
