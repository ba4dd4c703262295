// sm_80 only: the peak of tensor cores, for peak.go, by the instructions of tensor.cuh.
#include "cuda.cuh"

DEVICE void multiply_tf32(float (&s)[4], unsigned a, unsigned b) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %4, %4, %4}, {%5, %5}, {%0, %1, %2, %3};"
               : "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3])
               : "r"(a), "r"(b));
}

DEVICE void multiply_bf16(float (&s)[4], unsigned a, unsigned b) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %4, %4, %4}, {%5, %5}, {%0, %1, %2, %3};"
               : "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3])
               : "r"(a), "r"(b));
}

// FRAGMENTS products of 16×8 a warp, each of `rounds` steps of 8 or 16 k. All numbers of an operand are the same. out
// gets a thread's total.
#define FRAGMENTS 8
#define PEAK(NAME, MULTIPLY)                                                  \
  KERNEL(THREADS) NAME(float *out, unsigned a, unsigned b, int rounds) {      \
    float sum[FRAGMENTS][4];                                                  \
    _Pragma("unroll") for (int f = 0; f < FRAGMENTS; f++)                     \
      for (int i = 0; i < 4; i++) sum[f][i] = 0;                              \
    for (int r = 0; r < rounds; r++)                                          \
      _Pragma("unroll") for (int f = 0; f < FRAGMENTS; f++) MULTIPLY(sum[f], a, b); \
    float total = 0;                                                          \
    _Pragma("unroll") for (int f = 0; f < FRAGMENTS; f++)                     \
      for (int i = 0; i < 4; i++) total += sum[f][i];                         \
    out[blockIdx.x * THREADS + threadIdx.x] = total;                          \
  }
PEAK(peak_tf32, multiply_tf32)
PEAK(peak_bf16, multiply_bf16)
