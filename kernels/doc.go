// Package kernels holds the operations that networks, losses and optimisers are made of: one
// checked function an operation, with one implementation for each engine behind it.
//
// Every function checks its arguments' shapes and devices, counts itself in the device's
// [device.Counter], and runs on the engine of the device that its tensors lie on. Unless it says
// that it accumulates, a function overwrites its results, which come first in its arguments and must
// not overlap its inputs except where that is allowed. Errors are [*device.ShapeError] for shapes,
// and wrap the tensor's own error if it has no memory.
//
// The reference engine is plain loops over Go slices; products go through the implementation that
// gonum's blas32 holds, so that blas32.Use of another one takes over. Its results do not depend on
// the number of workers. A CPU kernel is a struct of its arguments with a Run method over a range of
// indices, as a CUDA kernel is a function over a grid.
//
// The fast engine calls vector kernels on ranges of the same kind; its sums are taken in another order.
//
// An operation's file (leakyrelu.go) holds its contract; beside it lie the reference
// (leakyrelu_cpu.go) and the fast engine (leakyrelu_fast.go). Read engine.go and leakyrelu.go first.
package kernels
