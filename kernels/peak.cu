#include "cuda.cuh"

// What a GPU can do at most, for peak.go. Nothing else uses these kernels.

// dst = src, in n pieces of four numbers.
KERNEL(THREADS) peak_copy(float4 *__restrict__ dst, const float4 *__restrict__ src, int n) {
#pragma unroll 4 // are on their way at a time
  EACH(i, n) {
    const float4 v = src[i];
    dst[i] = make_float4(v.x, v.y, v.z, v.w);
  }
}

// Multiply-adds on registers: CHAINS sums a thread, each of 8·rounds steps sum = sum·a + b. out gets their total.
#define CHAINS 16
KERNEL(THREADS) peak_float32(float *out, float a, float b, int rounds) {
  float sum[CHAINS];
#pragma unroll
  for (int c = 0; c < CHAINS; c++) sum[c] = 0;
  for (int r = 0; r < rounds; r++) {
#pragma unroll
    for (int u = 0; u < 8; u++) {
#pragma unroll
      for (int c = 0; c < CHAINS; c++) sum[c] = fmaf(sum[c], a, b);
    }
  }
  float total = 0;
#pragma unroll
  for (int c = 0; c < CHAINS; c++) total += sum[c];
  out[blockIdx.x * THREADS + threadIdx.x] = total;
}

// Nothing.
KERNEL(1) peak_launch() {}
