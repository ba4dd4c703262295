#include "cuda.cuh"

// t = v.
KERNEL(THREADS) fill(float *t, Rounding rounding, float v, int n) {
  EACH(i, n) write1(t, rounding, i, v);
}

// Up to three tensors at once.
KERNEL(THREADS) fill_all(float *a, float va, int na, float *b, float vb, int nb, float *c, float vc, int nc) {
  EACH(i, na) a[i] = va;
  EACH(i, nb) b[i] = vb;
  EACH(i, nc) c[i] = vc;
}

// dst = src.
KERNEL(THREADS) copy(float *dst, Rounding rounding, const float *src, int n) {
  EACH(i, n) write1(dst, rounding, i, src[i]);
}

// Rounds what another kernel has written, or makes its copies.
KERNEL(THREADS) round_all(float *x, Rounding rounding, int n) {
  EACH(i, n) write1(x, rounding, i, x[i]);
}
