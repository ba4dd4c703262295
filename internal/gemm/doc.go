// Package gemm multiplies matrices of float32 on vector kernels, blocked for the caches: the products
// that linear layers, convolutions and the published Sgemm have in common.
//
// A product C = A·B is computed in one of two loops, by what is long:
//
//   - [MultiplyRows]: many rows. B is packed once, into [Packed] panels of columns, and tasks take
//     blocks of rows, for which they copy the piece of A that they need into their own memory.
//   - [MultiplyDepth]: a long sum. Tasks take columns; they copy the pieces of both matrices that they
//     need, a stretch of the sum at a time, and add to C.
//
// Both get their matrices through small interfaces, so that a convolution can give the patches of an
// image without writing them all down. How a product is cut depends on sizes only; the order in which
// an element's sum is taken depends on the depth alone. So results do not depend on the number of
// workers.
package gemm
