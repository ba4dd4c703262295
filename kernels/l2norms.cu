#include "reduce.cuh"

// Euclidean norms of many tensors (l2norms.go). SLICES blocks share each tensor.
#define SLICES 128

struct tensor { const float *x; unsigned long long length; };

// sums[t][s] = sum of squares over the s-th slice of tensor t, in double: block (s, t).
KERNEL(THREADS) sum_squares(double *sums, const tensor *tensors) {
  __shared__ __attribute__((aligned(16))) double shared[32];
  const float *x = in_global<const float>(tensors[blockIdx.y].x);
  const int n = (int)tensors[blockIdx.y].length; // at most 2^30: a step beyond the end does not overflow
  double sum = 0;
#pragma unroll 4
  for (int i = blockIdx.x * THREADS + threadIdx.x; i < n; i += SLICES * THREADS) sum += (double)x[i] * x[i];
  sum = block_sum<THREADS>(sum, shared);
  if (threadIdx.x == 0) sums[blockIdx.y * SLICES + blockIdx.x] = sum;
}

// norms[t] = root of the sum of tensor t's slices: a warp each.
KERNEL(32) l2_norms(float *norms, const double *sums) {
  double sum = 0;
  for (int s = threadIdx.x; s < SLICES; s += 32) sum += sums[blockIdx.x * SLICES + s];
  sum = warp_sum(sum);
  if (threadIdx.x == 0) norms[blockIdx.x] = (float)sqrt(sum);
}
