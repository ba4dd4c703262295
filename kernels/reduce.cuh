// Sums over a warp, a block and parts of a grid, always in the same order.
#pragma once
#include "cuda.cuh"

// warp_sum returns the sum over the 32 threads of a warp to all of them.
DEVICE double warp_sum(double v) {
#pragma unroll
  for (int d = 16; d > 0; d >>= 1) {
    long long bits = __double_as_longlong(v);
    unsigned lo = __shfl_xor_sync(0xffffffffu, (int)bits, d), hi = __shfl_xor_sync(0xffffffffu, (int)(bits >> 32), d);
    v += __longlong_as_double((long long)((unsigned long long)hi << 32 | lo));
  }
  return v;
}

// block_sum returns the sum over a block of THREADS_ threads, a multiple of 32, to all of them. shared
// holds a number for each warp. Every thread of the block must come here.
template <int THREADS_>
DEVICE double block_sum(double v, double *shared) {
  v = warp_sum(v);
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = v;
  __syncthreads();
  v = threadIdx.x % 32 < THREADS_ / 32 ? shared[threadIdx.x % 32] : 0;
  v = warp_sum(v);
  __syncthreads(); // shared may be written again
  return v;
}
