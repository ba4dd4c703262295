#include "numerics.cuh"

// dst = α·real + (1−α)·fake, where sample s, of size elements, has α = alpha[s]. Products and sum are rounded
// one by one, so that α = 1 gives real and α = 0 fake. A thread takes an element at a time; dst may be real or
// fake. copied becomes fake, if it is not null.
KERNEL(THREADS) interpolate(float *dst, float *copied, const float *real, const float *fake, const float *alpha, int size, int n) {
  EACH(i, n) {
    const exact<float> a = alpha[(unsigned)i / (unsigned)size];
    const float f = fake[i];
    dst[i] = (a * real[i] + (1 - a) * f).v;
    if (copied) copied[i] = f;
  }
}
