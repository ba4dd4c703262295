// What the kernels of matrix products share, gemm.cu and gemm_tensor.cuh.
#pragma once
#include "tile.cuh"

// C = op(A)·op(B), or C += op(A)·op(B) if add is not 0: C (M,N), op(A) (M,K), op(B) (K,N). A and B lie as
// they are before they are transposed, row after row, a and b numbers long. If there is a bias, of period
// numbers, C = leaky(op(A)·op(B) + bias[column mod period]).
//
// A block computes a tile of a slice of the sum, depth terms long: with parts, slices of them, it goes to
// parts[slice·M·N + …], to be summed by gemm_sum or, with tickets, by the last block of a tile. A block's threads lie in its tile as Spot says.
#define PARAMETERS                                                                                    \
  float *C, const float *A, const float *B, float *parts, const float *bias, float slope, int period, \
      int add, int M, int N, int K, int a, int b, int slices, int depth, int TA, int TB, Rounding rounding, unsigned *tickets

template <class T>
struct Gemm {
  float *C, *parts;
  const float *bias;
  float slope;
  int period, add, M, N, slices;
  Rounding rounding;

  MEMBER MatrixPlace place(int block, Result &r) const {
    Share<T> s(block, M, N, slices);
    r = {C, bias, N, period, add, slope, rounding};
    r.divert(parts, s.slice, M * N);
    return {s.row, s.column, M, N};
  }
};

#define SHARE(T)                                                  \
  Gemm<T> g = {C, parts, bias, slope, period, add, M, N, slices, rounding}; \
  Share<T> s(blockIdx.x, M, N, slices);                           \
  int from = s.slice * depth, end = K - from < depth ? K : from + depth
