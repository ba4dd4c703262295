// Package layertest checks the four passes of a layer, for authors of layers of their own.
//
// [Run] takes a function that builds a network, usually of the one layer in question, and checks in
// training and in evaluation mode
//
//   - in float64: that Tangent and Backward are adjoint to each other, ⟨J·v,u⟩ = ⟨v,Jᵀ·u⟩; every gradient,
//     the tangent and the gradients of TangentBackward against central differences; that parameter
//     gradients accumulate; that rows which are asked for alone are those of the whole; that meta tensors
//     count the same operations;
//   - in float32, on every engine that the machine has: that the passes give the numbers of float64 but
//     for rounding, that no step after the first allocates, and that one and two workers give the same
//     bytes.
//
// All memory that a pass gets is poisoned with NaN, so that reading what was never written shows.
// A layer without [layers.TangentLayer] is checked as far as it goes; its tests of second order are
// skipped.
package layertest

import (
	"errors"
	"testing"

	"ganlib/device"
	"ganlib/layers"
)

// Build returns the network under test on the given device: the same network at every call, of
// layers that no other network has.
type Build = func(dev device.Device) (*layers.Network, error)

// Run checks the network that build returns, in subtests of t below name, on batches of the given
// size and a few others. Parameters are set to random numbers: weights N(0, 1/fan in), scales N(1, 0.09),
// biases and shifts N(0, 0.09), averages uniform between their start and 0.5 more.
func Run(t *testing.T, name string, build func(dev device.Device) (*layers.Network, error), batch int) {
	t.Run(name, func(t *testing.T) {
		for _, mode := range []layers.Mode{layers.Train, layers.Eval} {
			t.Run(modeName(mode), func(t *testing.T) {
				for _, c := range checks {
					t.Run(c.name, func(t *testing.T) {
						err := c.run(build, batch, mode)
						if errors.Is(err, errFirstOrder) {
							t.Skip(err)
						}
						if err != nil {
							t.Error(err)
						}
					})
				}
			})
		}
	})
}

func modeName(mode layers.Mode) string {
	if mode == layers.Eval {
		return "eval"
	}
	return "train"
}

// errFirstOrder says that a network lacks the passes that a check is about.
var errFirstOrder = errors.New("the network has no passes of second order")

// checks are what Run does, in order.
var checks = []struct {
	name string
	run  func(build Build, batch int, mode layers.Mode) error
}{
	{"adjoint", checkAdjoint},
	{"input gradient", checkInputGradient},
	{"parameter gradients", checkParamGradients},
	{"tangent", checkTangent},
	{"second order input gradient", checkSecondInput},
	{"second order parameter gradients", checkSecondParams},
	{"accumulation", checkAccumulation},
	{"wants", checkWants},
	{"rows", checkRows},
	{"inputs unchanged", checkUnchanged},
	{"engines", checkEngines},
	{"workers", checkWorkers},
	{"allocations", checkAllocations},
	{"meta", checkMeta},
}
