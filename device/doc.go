// Package device holds what computes and what is computed on: devices, tensors, workspaces and
// random numbers.
//
// A [Tensor] is a dense block of numbers on one [Device], channels last: images are (N,H,W,C),
// vectors (N,F). There are no strides; a view is a reshape or a range of rows. A [Workspace] hands
// out the same memory again on every step, so that a training step allocates nothing. Random
// numbers are a pure function of a seed, a stream and a step ([Random]), equal on every device.
//
// Four devices exist: [CPU] computes in float32, on the [Engine] that suits the processor; [CUDA] is an
// NVIDIA GPU, behind one of the drivers of ganlib/device/driver, the emulator of which runs in tests;
// [NewCPU64] gives the CPU's reference engine in float64, for proofs by finite differences; and [Meta]
// computes nothing at all: its tensors have shapes and no memory, which checks a network, counts its
// operations and plans its memory in microseconds.
//
// Work that is done again and again in the same way goes through [Repeat], which makes it a graph on a
// GPU: a whole training step is then one launch.
//
// Read shape.go and tensor.go first, then workspace.go; of the GPU's side cuda.go, cuda_launch.go and
// repeat.go. The operations themselves are in package ganlib/kernels.
package device
