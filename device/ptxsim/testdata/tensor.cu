// Kernels for the tests of the emulator that need compute capability 8.0.
#include "bare.cuh"

INLINE void copy16(unsigned to, const void *from, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
INLINE void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int n> INLINE void wait() { asm volatile("cp.async.wait_group %0;" ::"n"(n) : "memory"); }
INLINE unsigned to_tf32(float x) {
  unsigned r;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(x));
  return r;
}
INLINE void mma_tf32(float d[4], const unsigned a[4], const unsigned b[2]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

extern "C" {

// y[i] = x[i] + x[i reversed within its 512], through two stages in shared memory. Each block does
// several chunks of 512 numbers; n is a multiple of 4.
__global__ void __launch_bounds__(128) pipeline(float *__restrict__ y, const float *__restrict__ x, int n) {
  __shared__ __attribute__((aligned(16))) float stage[2][512];
  int t = threadIdx.x, chunks = (n + 511) / 512;
  auto load = [&](int s, int chunk) {
    int i = chunk * 512 + 4 * t;
    copy16(shared_address(&stage[s][4 * t]), i < n ? x + i : x, i < n ? 16 : 0);
    commit();
  };
  int first = blockIdx.x;
  if (first < chunks) load(0, first);
  for (int chunk = first, s = 0; chunk < chunks; chunk += gridDim.x, s ^= 1) {
    int next = chunk + gridDim.x;
    if (next < chunks) {
      load(s ^ 1, next);
      wait<1>();
    } else {
      wait<0>();
    }
    __syncthreads();
    for (int k = 0; k < 4; k++) {
      int i = k * 128 + t;
      if (chunk * 512 + i < n) y[chunk * 512 + i] = stage[s][i] + stage[s][511 - i];
    }
    __syncthreads();
  }
}

// c = a b in tf32: tiles of 64 by 64, 16 deep, two stages, four warps. M and N are multiples of 64, K of 16.
__global__ void __launch_bounds__(128) gemm_tf32(float *__restrict__ c, const float *__restrict__ a, const float *__restrict__ b, int M, int N, int K) {
  __shared__ __attribute__((aligned(16))) float as[2][64][20];
  __shared__ __attribute__((aligned(16))) float bs[2][16][72];
  int t = threadIdx.x, lane = t & 31, warp = t >> 5, wm = (warp & 1) * 32, wn = (warp >> 1) * 32, g = lane >> 2, q = lane & 3;
  int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64;
  float sums[2][4][4] = {};
  auto load = [&](int s, int k0) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int e = t + 128 * i, r = e >> 2, col = (e & 3) * 4;
      copy16(shared_address(&as[s][r][col]), a + (size_t)(m0 + r) * K + k0 + col, 16);
    }
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int e = t + 128 * i, r = e >> 4, col = (e & 15) * 4;
      copy16(shared_address(&bs[s][r][col]), b + (size_t)(k0 + r) * N + n0 + col, 16);
    }
    commit();
  };
  load(0, 0);
  for (int k0 = 0, s = 0; k0 < K; k0 += 16, s ^= 1) {
    if (k0 + 16 < K) {
      load(s ^ 1, k0 + 16);
      wait<1>();
    } else {
      wait<0>();
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 16; k += 8) {
      unsigned fa[2][4], fb[4][2];
#pragma unroll
      for (int i = 0; i < 2; i++)
#pragma unroll
        for (int e = 0; e < 4; e++) fa[i][e] = to_tf32(as[s][wm + i * 16 + g + (e & 1) * 8][k + q + (e >> 1) * 4]);
#pragma unroll
      for (int j = 0; j < 4; j++)
#pragma unroll
        for (int e = 0; e < 2; e++) fb[j][e] = to_tf32(bs[s][k + q + e * 4][wn + j * 8 + g]);
#pragma unroll
      for (int i = 0; i < 2; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) mma_tf32(sums[i][j], fa[i], fb[j]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 2; i++)
#pragma unroll
    for (int j = 0; j < 4; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) c[(size_t)(m0 + wm + i * 16 + g + (e >> 1) * 8) * N + n0 + wn + j * 8 + q * 2 + (e & 1)] = sums[i][j][e];
}
}
