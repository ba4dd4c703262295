#include "cuda.cuh"

// y = x where x > 0, slope·x elsewhere. y may be x.
KERNEL(THREADS) leakyrelu(float *y, const float *x, float slope, int n) {
  EACH(i, n) y[i] = leaky(x[i], x[i], slope);
}

// dst = v where x > 0, slope·v elsewhere. dst may be v.
KERNEL(THREADS) leakyrelu_mask(float *dst, const float *x, const float *v, float slope, int n) {
  EACH(i, n) dst[i] = leaky(x[i], v[i], slope);
}
