#include "cuda.cuh"

// y = x where x > 0, slope·x elsewhere. y may be x.
KERNEL(THREADS) leakyrelu(float *y, bf16 *copy, const float *x, float slope, int n) {
  EACH(i, n) {
    const float v = leaky(x[i], x[i], slope);
    y[i] = v;
    copy1(copy, i, v);
  }
}

// dst = v where x > 0, slope·v elsewhere. dst may be v.
KERNEL(THREADS) leakyrelu_mask(float *dst, bf16 *copy, const float *x, const float *v, float slope, int n) {
  EACH(i, n) {
    const float masked = leaky(x[i], v[i], slope);
    dst[i] = masked;
    copy1(copy, i, masked);
  }
}
