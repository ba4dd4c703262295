#include "cuda.cuh"

// y = x where x > 0, slope·x elsewhere. y may be x.
KERNEL(THREADS) leakyrelu(float *y, Rounding rounding, const float *x, float slope, int n) {
  EACH(i, n) write1(y, rounding, i, leaky(x[i], x[i], slope));
}

// dst = v where x > 0, slope·v elsewhere. dst may be v.
KERNEL(THREADS) leakyrelu_mask(float *dst, Rounding rounding, const float *x, const float *v, float slope, int n) {
  EACH(i, n) write1(dst, rounding, i, leaky(x[i], v[i], slope));
}
