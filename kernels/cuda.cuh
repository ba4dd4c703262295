// What every kernel includes. Under nvcc the toolkit's own headers give CUDA's words; clang without a
// toolkit gets the few that the kernels use from here, so that one compiler from a distribution's
// packages is all that is needed to build them.
#pragma once

#if defined(__CUDACC__) && !defined(__clang__)
#define DEVICE static __device__ __forceinline__
#else

#define __host__ __attribute__((host))
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define DEVICE static __device__ __forceinline__

typedef unsigned long size_t;
struct __attribute__((aligned(8))) float2 { float x, y; };
struct __attribute__((aligned(16))) float4 { float x, y, z, w; };
struct __attribute__((aligned(8))) uint2 { unsigned x, y; };
struct __attribute__((aligned(16))) uint4 { unsigned x, y, z, w; };
DEVICE float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

// threadIdx.x and its kin read special registers. clang knows __syncthreads by itself.
#define SPECIAL(NAME, REGISTER)                                                              \
  struct REGISTER##_t {                                                                      \
    __declspec(property(get = getx)) unsigned x;                                             \
    __declspec(property(get = gety)) unsigned y;                                             \
    __declspec(property(get = getz)) unsigned z;                                             \
    static __device__ __forceinline__ unsigned getx() { return __nvvm_read_ptx_sreg_##REGISTER##_x(); } \
    static __device__ __forceinline__ unsigned gety() { return __nvvm_read_ptx_sreg_##REGISTER##_y(); } \
    static __device__ __forceinline__ unsigned getz() { return __nvvm_read_ptx_sreg_##REGISTER##_z(); } \
  };                                                                                         \
  extern const __device__ __attribute__((weak)) REGISTER##_t NAME;
SPECIAL(threadIdx, tid)
SPECIAL(blockDim, ntid)
SPECIAL(blockIdx, ctaid)
SPECIAL(gridDim, nctaid)
#undef SPECIAL

DEVICE float __shfl_xor_sync(unsigned m, float v, int d) { return __nvvm_shfl_sync_bfly_f32(m, v, d, 31); }
DEVICE int __shfl_xor_sync(unsigned m, int v, int d) { return __nvvm_shfl_sync_bfly_i32(m, v, d, 31); }
DEVICE void __threadfence() { __nvvm_membar_gl(); }
DEVICE unsigned atomicInc(unsigned *p, unsigned most) { return __nvvm_atom_inc_gen_ui(p, most); }
DEVICE unsigned __umulhi(unsigned a, unsigned b) { return __nvvm_mulhi_ui(a, b); }
DEVICE float sqrtf(float x) { return __builtin_sqrtf(x); }
DEVICE double sqrt(double x) { return __builtin_sqrt(x); }
DEVICE float fmaxf(float a, float b) { return __builtin_fmaxf(a, b); }
DEVICE float fminf(float a, float b) { return __builtin_fminf(a, b); }
DEVICE float fabsf(float a) { return __builtin_fabsf(a); }
DEVICE double fabs(double a) { return __builtin_fabs(a); }
DEVICE double fmax(double a, double b) { return __builtin_fmax(a, b); }
DEVICE double fmin(double a, double b) { return __builtin_fmin(a, b); }
DEVICE float fmaf(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
DEVICE int __float_as_int(float a) { return __builtin_bit_cast(int, a); }
DEVICE float __int_as_float(int a) { return __builtin_bit_cast(float, a); }
DEVICE long long __double_as_longlong(double a) { return __builtin_bit_cast(long long, a); }
DEVICE double __longlong_as_double(long long a) { return __builtin_bit_cast(double, a); }

#endif

// THREADS is the size of a block of elementwise kernels.
#define THREADS 256

// EACH runs its body for i from 0 to n-1, shared out among all threads of the grid: neighbours to
// neighbours, so that a warp reads one piece of memory.
#define EACH(i, n) for (int i = blockIdx.x * blockDim.x + threadIdx.x, step_ = gridDim.x * blockDim.x; i < (n); i += step_)

// KERNEL is an entry whose blocks have so many threads.
#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)

// Live arguments are words in device memory that change from launch to launch, while a graph's arguments
// stay.
typedef const unsigned long long *live;
DEVICE float live_float(live a, int i) { return __int_as_float((int)a[i]); }
DEVICE double live_double(live a, int i) { return __longlong_as_double((long long)a[i]); }

// Rounding says what else becomes of numbers that products read (operand.go in package device), and is told whoever
// writes them: they have copies in bfloat16 at this address, copies in TF32 at it less 1, are rounded to TF32
// themselves if it is IN_PLACE, and nothing else if it is 0.
typedef unsigned long long Rounding;
typedef unsigned short bf16;
#define IN_PLACE 2

// in_global points to global memory, and lets the compiler know, which it does of kernels' arguments alone: it would have
// loads and stores ask each time which memory it is.
template <class T, class Address>
DEVICE T *in_global(Address address) {
#ifdef __clang__
  return (T *)(__attribute__((address_space(1))) T *)(unsigned long long)address;
#else
  return (T *)address;
#endif
}

// tf32 is the nearest TF32, of two the larger, as products round what is not rounded yet. A NaN stays one.
DEVICE float tf32(float v) { return v == v ? __int_as_float((__float_as_int(v) + 0x1000) & ~0x1fff) : v; }

// bf16_word has the nearest bfloat16, of two the even one, in its upper half. A NaN stays one.
DEVICE unsigned bf16_word(float v) {
  unsigned w = __float_as_int(v);
  return v == v ? w + 0x7fff + (w >> 16 & 1) : w | 1 << 22;
}
DEVICE unsigned bf16_pair(float first, float second) { return bf16_word(first) >> 16 | (bf16_word(second) & 0xffff0000); }

// write1, write2 and write4 write elements from number i on, in one piece, and their copies.
DEVICE void copy1(Rounding r, size_t i, float v) {
  if (r & 1)
    in_global<float>(r - 1)[i] = tf32(v);
  else if (r > IN_PLACE)
    in_global<bf16>(r)[i] = bf16_word(v) >> 16;
}
DEVICE void write1(float *to, Rounding r, size_t i, float v) {
  to[i] = r == IN_PLACE ? tf32(v) : v;
  copy1(r, i, v);
}
DEVICE void write2(float *to, Rounding r, size_t i, float v0, float v1) {
  if (r == IN_PLACE) v0 = tf32(v0), v1 = tf32(v1);
  *(float2 *)(to + i) = {v0, v1};
  if (r & 1)
    *(float2 *)(in_global<float>(r - 1) + i) = {tf32(v0), tf32(v1)};
  else if (r > IN_PLACE)
    *(unsigned *)(in_global<bf16>(r) + i) = bf16_pair(v0, v1);
}
DEVICE void write4(float *to, Rounding r, size_t i, float v0, float v1, float v2, float v3) {
  if (r == IN_PLACE) v0 = tf32(v0), v1 = tf32(v1), v2 = tf32(v2), v3 = tf32(v3);
  *(float4 *)(to + i) = make_float4(v0, v1, v2, v3);
  if (r & 1)
    *(float4 *)(in_global<float>(r - 1) + i) = make_float4(tf32(v0), tf32(v1), tf32(v2), tf32(v3));
  else if (r > IN_PLACE)
    *(uint2 *)(in_global<bf16>(r) + i) = {bf16_pair(v0, v1), bf16_pair(v2, v3)};
}

// leaky is the leaky ReLU's gate: v where x > 0, slope·v elsewhere, NaN included.
DEVICE float leaky(float x, float v, float slope) { return x > 0 ? v : slope * v; }
