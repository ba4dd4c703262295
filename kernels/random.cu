#include "philox.cuh"

// A thread draws a block of four numbers, as the generator does: dst[i] = offset + scale·u, u being number i of
// the sequence r. Product and sum are rounded one by one, as on the CPU.

// put writes the four numbers of a block, or those that dst, of n elements, has room for.
DEVICE void put(float *dst, int block, float offset, float scale, float4 u, int n) {
  u.x = add(offset, mul(scale, u.x)), u.y = add(offset, mul(scale, u.y));
  u.z = add(offset, mul(scale, u.z)), u.w = add(offset, mul(scale, u.w));
  const int i = 4 * block;
  dst += i;
  if (i + 3 < n && ((size_t)dst & 15) == 0) { // a view may begin anywhere
    *(float4 *)dst = u;
    return;
  }
  dst[0] = u.x;
  if (i + 1 < n) dst[1] = u.y;
  if (i + 2 < n) dst[2] = u.z;
  if (i + 3 < n) dst[3] = u.w;
}

// Uniform numbers in [0,1).
KERNEL(THREADS) random_uniform(float *dst, live r, float offset, float scale, int n) {
  const sequence s = sequence_at(r);
  EACH(block, (n + 3) / 4) {
    const uint4 w = random_words(s, block);
    put(dst, block, offset, scale, {unit(w.x), unit(w.y), unit(w.z), unit(w.w)}, n);
  }
}

// Normal numbers of mean 0 and variance 1.
KERNEL(THREADS) random_normal(float *dst, live r, float offset, float scale, int n) {
  const sequence s = sequence_at(r);
  EACH(block, (n + 3) / 4) {
    const uint4 w = random_words(s, block);
    float4 u;
    box_muller(w.x, w.y, &u.x, &u.y);
    box_muller(w.z, w.w, &u.z, &u.w);
    put(dst, block, offset, scale, u, n);
  }
}
