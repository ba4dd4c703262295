#include "numerics.cuh"

// Steps are rounded one by one as on the CPU, and rate is a live word. A thread takes an element at a time.

// param = param − rate·g.
KERNEL(THREADS) sgd(float *param, Rounding rounding, const float *grad, live step, int n) {
  const exact<float> rate = live_float(step, 0);
  EACH(i, n) write1(param, rounding, i, (param[i] - rate * grad[i]).v);
}

// b = momentum·b + g, param = param − rate·b or, Nesterov, param − rate·(g + momentum·b).
KERNEL(THREADS) sgd_momentum(float *param, Rounding rounding, const float *grad, float *b, live step, float momentum, int nesterov, int n) {
  const exact<float> rate = live_float(step, 0);
  EACH(i, n) {
    const exact<float> g = grad[i], sum = momentum * exact<float>(b[i]) + g;
    b[i] = sum.v;
    write1(param, rounding, i, (param[i] - rate * (nesterov ? g + momentum * sum : sum)).v);
  }
}
