#include "numerics.cuh"

// s = keep·s + take·g², param = param − rate·g / (√(s + inside) + outside), rounded step by step as on the CPU.
// rate is a live word, and one of the other two summands is zero. A thread takes an element at a time.
KERNEL(THREADS) rmsprop(float *param, Rounding rounding, const float *grad, float *s, live step, float keep, float take, float inside, float outside, int n) {
  const exact<float> rate = live_float(step, 0);
  EACH(i, n) {
    const exact<float> g = grad[i], square = keep * exact<float>(s[i]) + take * g * g;
    s[i] = square.v;
    write1(param, rounding, i, (param[i] - rate * g / (exact<float>(sqrtf((square + inside).v)) + outside)).v);
  }
}
