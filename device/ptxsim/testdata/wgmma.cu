// Products on a warpgroup, for the tests of the emulator: they need compute capability 9.0.
#include "bare.cuh"

struct __attribute__((aligned(16))) Piece {
  unsigned x, y, z, w;
};
#define D4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define D16(i) D4(i), D4(i + 4), D4(i + 8), D4(i + 12)
#define TEN(t) "%" #t "0,%" #t "1,%" #t "2,%" #t "3,%" #t "4,%" #t "5,%" #t "6,%" #t "7,%" #t "8,%" #t "9,"

template <int major>
INLINE void wgmma(float d[64], unsigned long long a, unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9," TEN(1) TEN(2) TEN(3) TEN(4) TEN(5)
               "%60,%61,%62,%63}, %64, %65, 1, 1, 1, %66, %66;"
               : D16(0), D16(16), D16(32), D16(48)
               : "l"(a), "l"(b), "n"(major));
}

// c = a b in bfloat16: tiles of 64 by 128, 64 deep, in the layout of 128 bytes that are swizzled. With major 0 a is M by K
// and b N by K, with 1 they are K by M and K by N. M is a multiple of 64, N of 128, K of 64.
template <int major>
INLINE void gemm(float *c, const unsigned short *a, const unsigned short *b, int M, int N, int K) {
  __shared__ __attribute__((aligned(1024))) char slabs[24576];
  int t = threadIdx.x, m0 = blockIdx.y * 64, n0 = blockIdx.x * 128;
  float d[64] = {};
  auto load = [&](char *to, const unsigned short *x, int size, int first, int pieces, int k0) {
    for (int j = 0; j < pieces / 128; j++) {
      int i = t + 128 * j, line = i / 8, piece = i % 8;  // a line is 128 bytes: of a row, or of a k in a block of 64 rows
      const unsigned short *from = major ? x + (k0 + line % 64) * size + first + line / 64 * 64 : x + (first + line) * K + k0;
      *(Piece *)(to + line * 128 + (piece ^ line % 8) * 16) = *(const Piece *)(from + piece * 8);
    }
  };
  unsigned long long of_a = 1ull << 62 | 64ull << 32 | 512 << 16 | shared_address(slabs) / 16, of_b = of_a + 512;
  for (int k0 = 0; k0 < K; k0 += 64) {
    load(slabs, a, M, m0, 512, k0);
    load(slabs + 8192, b, N, n0, 1024, k0);
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncthreads();
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
    for (int k = 0; k < 4; k++) wgmma<major>(d, of_a + k * (major ? 128 : 2), of_b + k * (major ? 128 : 2));
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 64; i++) c[(size_t)(m0 + t / 32 * 16 + t % 32 / 4 + i % 4 / 2 * 8) * N + n0 + i / 4 * 8 + t % 4 * 2 + i % 2] = d[i];
}

extern "C" {
__global__ void __launch_bounds__(128) gemm_k(float *c, const unsigned short *a, const unsigned short *b, int M, int N, int K) { gemm<0>(c, a, b, M, N, K); }
__global__ void __launch_bounds__(128) gemm_mn(float *c, const unsigned short *a, const unsigned short *b, int M, int N, int K) { gemm<1>(c, a, b, M, N, K); }
}
