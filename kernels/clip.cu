#include "cuda.cuh"

// t = min(max(t, −c), c), and NaN where t is NaN.
KERNEL(THREADS) clip(float *t, float c, int n) {
  EACH(i, n) {
    const float v = t[i];
    t[i] = v < -c ? -c : v > c ? c : v;
  }
}
