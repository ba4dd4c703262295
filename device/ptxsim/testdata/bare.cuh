// What these kernels need of CUDA, for clang without a toolkit.
#pragma once
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define INLINE static __device__ inline __attribute__((always_inline))

typedef unsigned long size_t;
struct __attribute__((aligned(16))) float4 {
  float x, y, z, w;
};

#define AXES(name, reg)                                                         \
  struct name##_t {                                                             \
    __declspec(property(get = getx)) unsigned x;                                \
    __declspec(property(get = gety)) unsigned y;                                \
    static __device__ inline __attribute__((always_inline)) unsigned getx() { return __nvvm_read_ptx_sreg_##reg##_x(); } \
    static __device__ inline __attribute__((always_inline)) unsigned gety() { return __nvvm_read_ptx_sreg_##reg##_y(); } \
  };                                                                            \
  extern const __device__ __attribute__((weak)) name##_t name;
AXES(threadIdx, tid)
AXES(blockDim, ntid)
AXES(blockIdx, ctaid)
AXES(gridDim, nctaid)

INLINE float shfl_xor(float v, int lane) { return __nvvm_shfl_sync_bfly_f32(~0u, v, lane, 31); }
INLINE unsigned ballot(bool p) { return __nvvm_vote_ballot_sync(~0u, p); }
INLINE float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
INLINE unsigned shared_address(const void *p) {
  unsigned r;
  asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(r) : "l"(p));
  return r;
}
