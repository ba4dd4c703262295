// Package gemm multiplies matrices of float32 on vector kernels, blocked for the caches: the products
// that linear layers, convolutions and the published Sgemm have in common.
//
// [Multiply] takes matrices as they lie in memory. It copies what it must, parts of a transposed or a far
// strewn matrix, and reads the rest in place.
//
// A convolution's matrices are not written down anywhere: it gives them, patches of an image among them,
// through small interfaces, to one of two loops by what is long:
//
//   - [MultiplyRows]: many rows. B is packed once, into [Packed] panels of columns, and tasks take
//     blocks of rows, for which they copy the piece of A that they need into their own memory.
//   - [MultiplyDepth]: a long sum. Tasks take columns; they copy the pieces of both matrices that they
//     need, a stretch of the sum at a time, and add to C.
//
// How the order of an element's sum is cut depends on the matrices' sizes and the distances between their
// rows, never on the number of workers: so neither do results.
package gemm
