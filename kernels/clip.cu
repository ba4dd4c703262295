#include "cuda.cuh"

// t = min(max(t, −c), c), and NaN where t is NaN.
KERNEL(THREADS) clip(float *t, Rounding rounding, float c, int n) {
  EACH(i, n) {
    const float was = t[i], v = was < -c ? -c : was > c ? c : was;
    write1(t, rounding, i, v);
  }
}
