// Kernels for the tests of the emulator: elementwise work, reductions, tiles in shared memory, divergence.
#include "bare.cuh"

extern "C" {

__global__ void __launch_bounds__(256) leaky(float *__restrict__ y, const float *__restrict__ x, float slope, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, step = gridDim.x * blockDim.x;
  for (; i < n; i += step) {
    float v = x[i];
    y[i] = v > 0 ? v : v * slope;
  }
}

__global__ void __launch_bounds__(256) leaky4(float4 *__restrict__ y, const float4 *__restrict__ x, float slope, int n4) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n4) {
    float4 v = x[i];
    v.x = v.x > 0 ? v.x : v.x * slope;
    v.y = v.y > 0 ? v.y : v.y * slope;
    v.z = v.z > 0 ? v.z : v.z * slope;
    v.w = v.w > 0 ? v.w : v.w * slope;
    y[i] = v;
  }
}

__global__ void __launch_bounds__(256) tanh_forward(float *__restrict__ y, const float *__restrict__ x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    float e = exp2_approx(-2.f * 1.4426950408889634f * __builtin_fabsf(x[i]));
    float t = (1.f - e) / (1.f + e);
    y[i] = x[i] < 0 ? -t : t;
  }
}

// One block sums a row of n numbers.
__global__ void __launch_bounds__(256) row_sum(float *__restrict__ sums, const float *__restrict__ x, int n) {
  __shared__ float partial[8];
  float s = 0;
  for (int i = threadIdx.x; i < n; i += 256) s += x[(size_t)blockIdx.x * n + i];
  for (int o = 16; o > 0; o >>= 1) s += shfl_xor(s, o);
  if ((threadIdx.x & 31) == 0) partial[threadIdx.x >> 5] = s;
  __syncthreads();
  int lane = threadIdx.x & 31;
  s = lane < 8 ? partial[lane] : 0.f;
  for (int o = 4; o > 0; o >>= 1) s += shfl_xor(s, o);
  if (threadIdx.x == 0) sums[blockIdx.x] = s;
}

// c = a b, tiles of 16 by 16 in dynamic shared memory.
__global__ void __launch_bounds__(256) matmul(float *__restrict__ c, const float *__restrict__ a, const float *__restrict__ b, int M, int N, int K) {
  extern __shared__ float tiles[];
  float *as = tiles, *bs = tiles + 256;
  int tx = threadIdx.x, ty = threadIdx.y, row = blockIdx.y * 16 + ty, column = blockIdx.x * 16 + tx;
  float s = 0;
  for (int k = 0; k < K; k += 16) {
    as[ty * 16 + tx] = row < M && k + tx < K ? a[row * K + k + tx] : 0.f;
    bs[ty * 16 + tx] = column < N && k + ty < K ? b[(k + ty) * N + column] : 0.f;
    __syncthreads();
    for (int i = 0; i < 16; i++) s += as[ty * 16 + i] * bs[i * 16 + tx];
    __syncthreads();
  }
  if (row < M && column < N) c[row * N + column] = s;
}

// Steps of the Collatz sequence, with a break and a continue: lanes diverge and meet again.
__global__ void __launch_bounds__(256) collatz(unsigned *out, const unsigned *in, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned s = 0;
  if (i < n) {
    unsigned v = in[i];
    while (v != 1) {
      if (v & 1) {
        v = 3 * v + 1;
        if (s > 200) break;
      } else {
        v >>= 1;
      }
      if (v % 7 == 3) {
        s += 2;
        continue;
      }
      s++;
    }
  }
  unsigned many = ballot(s > 100);
  if (i < n) out[i] = s + (many ? 1000 : 0);
}

// What kernels of ours avoid: a local array, a switch, arithmetic of float64 and of 64 bits.
__global__ void __launch_bounds__(256) misc(float *out, const float *in, const int *index, int n, double d, unsigned short h) {
  float local[8];
  for (int i = 0; i < 8; i++) local[i] = in[i] * i;
  int t = threadIdx.x;
  float r = local[index[t] & 7];
  switch (index[t]) {
  case 0: r += 1; break;
  case 1: r *= 3; break;
  case 2: r -= in[3]; break;
  case 3: r = r / in[4]; break;
  case 4: r = (float)(d * r); break;
  case 5: r = (int)r; break;
  case 6: r = __builtin_fmaxf(r, 2.f); break;
  default: r = -r;
  }
  unsigned long long q = (unsigned long long)index[t] * 12345678912345ull / (unsigned)n;
  out[t] = r + (float)(q & 255) + h + ((index[t] << 5) | ((unsigned)index[t] >> 27));
}

// Images of bytes to floats in [-1, 1].
__global__ void __launch_bounds__(256) scale_bytes(float *__restrict__ y, const unsigned char *__restrict__ x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = x[i] * (2.f / 255.f) - 1.f;
}
}
