#include "cuda.cuh"

// t = v.
KERNEL(THREADS) fill(float *t, bf16 *copy, float v, int n) {
  EACH(i, n) {
    t[i] = v;
    copy1(copy, i, v);
  }
}

// Up to three tensors at once.
KERNEL(THREADS) fill_all(float *a, float va, int na, float *b, float vb, int nb, float *c, float vc, int nc) {
  EACH(i, na) a[i] = va;
  EACH(i, nb) b[i] = vb;
  EACH(i, nc) c[i] = vc;
}

// dst = src.
KERNEL(THREADS) copy(float *dst, bf16 *copies, const float *src, int n) {
  EACH(i, n) {
    const float v = src[i];
    dst[i] = v;
    copy1(copies, i, v);
  }
}

// The copies of numbers that another kernel wrote without them.
KERNEL(THREADS) copy_bf16(bf16 *copy, const float *x, int n) {
  EACH(i, n) copy1(copy, i, x[i]);
}
