#include "cuda.cuh"

// t = v.
KERNEL(THREADS) fill(float *t, float v, int n) {
  EACH(i, n) t[i] = v;
}

// dst = src.
KERNEL(THREADS) copy(float *dst, const float *src, int n) {
  EACH(i, n) dst[i] = src[i];
}
