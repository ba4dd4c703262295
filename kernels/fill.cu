#include "cuda.cuh"

// t = v.
KERNEL(THREADS) fill(float *t, float v, int n) {
  EACH(i, n) t[i] = v;
}

// Up to three tensors at once.
KERNEL(THREADS) fill_all(float *a, float va, int na, float *b, float vb, int nb, float *c, float vc, int nc) {
  EACH(i, na) a[i] = va;
  EACH(i, nb) b[i] = vb;
  EACH(i, nc) c[i] = vc;
}

// dst = src.
KERNEL(THREADS) copy(float *dst, const float *src, int n) {
  EACH(i, n) dst[i] = src[i];
}
