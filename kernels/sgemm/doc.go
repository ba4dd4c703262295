// Package sgemm is a fast matrix product for every program that uses gonum's BLAS in float32, in pure
// Go and Go assembly: no cgo, nothing to install. One line puts it in gonum's place:
//
//	blas32.Use(sgemm.Implementation{})
//
// From then on blas32.Gemm, and whatever calls blas32.Implementation().Sgemm, runs on the vector
// instructions that the processor has: AVX-512, or AVX2 with FMA. All other routines stay gonum's. On
// other processors, in builds with the tag noasm, and where the environment variable GANLIB_CPU says
// reference, Sgemm is gonum's too; GANLIB_CPU=avx2 keeps it off AVX-512.
//
// It computes what the BLAS standard says, for every transpose, distance between rows, alpha and beta,
// and panics where gonum does, in the same words. Results differ from gonum's in the last digits, as sums
// are taken in another order; but always in the same one, whatever the number of goroutines. Where gonum
// leaves out the terms of a sum whose factor from A is zero, here they count: zero times infinity is NaN.
// With alpha zero, A and B are not read.
//
// Sgemm may be called from any number of goroutines. Large products are shared out to GOMAXPROCS of
// them, which sleep when there is nothing to do. Once it has run on its largest product it allocates
// nothing; what it needs to copy parts of A and B it keeps.
package sgemm
