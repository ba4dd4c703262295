// Package kernels holds the operations that networks, losses and optimisers are made of: one
// checked function an operation, with one implementation for each engine behind it.
//
// Every function checks its arguments' shapes and devices, counts itself in the device's
// [device.Counter], and runs on the engine of the device that its tensors lie on. Unless it says
// that it accumulates, a function overwrites its results, which come first in its arguments and must
// not overlap its inputs except where that is allowed. Errors are [*device.ShapeError] for shapes,
// and wrap the tensor's own error if it has no memory.
//
// A CPU has two engines. The reference is plain loops over Go slices; products go through the
// implementation that gonum's blas32 holds, so that blas32.Use of another one takes over. The fast
// engine computes in vectors, in assembly for AVX-512 or AVX2, and cuts products and convolutions for
// the caches (ganlib/internal/simd, gemm and conv); [device.Engine] says which one a device has. Results
// of both depend on neither the number of workers nor timing, and they agree to float32 rounding. A CPU
// kernel is a struct of its arguments with a Run method over a range of indices, as a CUDA kernel is a
// function over a grid.
//
// A GPU runs hand-written CUDA kernels, translated to PTX ahead and embedded: leakyrelu.cu, which gives
// leakyrelu.sm_75.ptx.gz, and leakyrelu_cuda.go, which launches it. They use no library of NVIDIA's, sum in a
// fixed order, and take arguments that change from step to step from device memory, so that a step can be
// repeated as a graph. They agree with the CPU to float32 rounding, and random numbers and batches are
// equal bit for bit. If the device's precision is TF32 or bfloat16, products and convolutions that are large
// enough for it round their operands and run on tensor cores (tensor.cuh); all else stays in float32. Convolutions
// read operands that were rounded when they were written ([device.NewOperand], Rounding in cuda.cuh).
//
// An operation's file (leakyrelu.go) holds its contract; beside it lie the reference
// (leakyrelu_cpu.go), the fast version where there is one (leakyrelu_fast.go), and the GPU's. Read
// engine.go and leakyrelu.go first, then cuda.go and cuda.cuh.
package kernels
