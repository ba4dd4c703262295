#include "numerics.cuh"

// m = keep1·m + take1·g, v = keep2·v + take2·g², param = param − rate·m / (√v/root + eps), rounded step by step
// as on the CPU. rate and root are live words: they follow schedule and bias correction. A thread takes an
// element at a time; memory is the bound.
KERNEL(THREADS) adam(float *param, Rounding rounding, const float *grad, float *m, float *v, live step, float keep1, float take1, float keep2, float take2, float eps, int n) {
  const exact<float> rate = live_float(step, 0), root = live_float(step, 1);
  EACH(i, n) {
    const exact<float> g = grad[i], mean = keep1 * exact<float>(m[i]) + take1 * g, square = keep2 * exact<float>(v[i]) + take2 * g * g;
    m[i] = mean.v, v[i] = square.v;
    write1(param, rounding, i, (param[i] - rate * mean / (sqrtf(square.v) / root + eps)).v);
  }
}
