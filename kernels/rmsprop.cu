#include "numerics.cuh"

// s = keep·s + take·g², param = param − rate·g / (√(s + inside) + outside), rounded step by step as on the CPU.
// rate is a live word, and one of the other two summands is zero. A thread takes an element at a time.
KERNEL(THREADS) rmsprop(float *param, bf16 *copy, const float *grad, float *s, live step, float keep, float take, float inside, float outside, int n) {
  const exact<float> rate = live_float(step, 0);
  EACH(i, n) {
    const exact<float> g = grad[i], square = keep * exact<float>(s[i]) + take * g * g;
    s[i] = square.v;
    const float moved = (param[i] - rate * g / (exact<float>(sqrtf((square + inside).v)) + outside)).v;
    param[i] = moved;
    copy1(copy, i, moved);
  }
}
