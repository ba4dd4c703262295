// Package device holds what computes and what is computed on: devices, tensors, workspaces and
// random numbers.
//
// A [Tensor] is a dense block of numbers on one [Device], channels last: images are (N,H,W,C),
// vectors (N,F). There are no strides; a view is a reshape or a range of rows. A [Workspace] hands
// out the same memory again on every step, so that a training step allocates nothing. Random
// numbers are a pure function of a seed, a stream and a step ([Random]), equal on every device.
//
// Three devices exist: [CPU] computes in float32, on the [Engine] that suits the processor; [NewCPU64]
// gives the reference engine in float64, for proofs by finite differences; and [Meta] computes nothing
// at all: its tensors have shapes and no memory, which checks a network, counts its operations and plans
// its memory in microseconds.
//
// Read shape.go and tensor.go first, then workspace.go. The operations themselves are in package
// ganlib/kernels.
package device
