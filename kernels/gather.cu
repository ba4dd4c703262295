#include "philox.cuh"

// A block takes the same number of rows as the others, from blockIdx.x on, as many as are worth its while; of
// long rows blockIdx.y shares the elements out. The first threads find where the rows come from, one a row.
//
// The live words are the order's five, the place in it of the batch's first row, and the sequence that
// decides which images are mirrored.
#define ROWS 64

// TOGETHER is how many of a thread's bytes are on their way at a time.
#define TOGETHER 4

// dst[i] = value of src's image order(start+i), of size bytes in lines of line bytes and pixels of channels, a
// byte b being lo + (hi−lo)·b/255, and 255 hi; images whose word of the sequence is odd are mirrored, if
// flipping. The values are computed once a block, by the CPU's steps, a thread each.
KERNEL(THREADS) gather_images(float *dst, const unsigned char *src, live a, double lo, double hi, int flipping, int size, int line, int channels, int rows, int n) {
  __shared__ __attribute__((aligned(16))) float value[256];
  __shared__ __attribute__((aligned(16))) u64 source[ROWS];
  __shared__ __attribute__((aligned(16))) int mirrored[ROWS];
  const int t = threadIdx.x, first = blockIdx.x * rows;
  const exact<double> wide_lo = lo, wide_hi = hi;
  value[t] = t == 255 ? (float)hi : (float)(wide_lo + (wide_hi - wide_lo) * (double)t / 255).v;
  rows = n - first < rows ? n - first : rows;
  if (t < rows) {
    const int i = first + t;
    source[t] = order_number(order_at(a), a[5] + i) * size;
    mirrored[t] = 0;
    if (flipping) {
      const uint4 w = random_words(sequence_at(a + 6), i / 4);
      mirrored[t] = (i % 4 == 0 ? w.x : i % 4 == 1 ? w.y : i % 4 == 2 ? w.z : w.w) & 1;
    }
  }
  __syncthreads();
  dst += (size_t)first * size;
  const unsigned all = rows * size, stride = gridDim.y * THREADS;
  for (unsigned e = blockIdx.y * THREADS + t; e < all; e += TOGETHER * stride) {
    unsigned char byte[TOGETHER];
#pragma unroll
    for (unsigned u = 0; u < TOGETHER; u++) {
      const unsigned place = e + u * stride < all ? e + u * stride : e;
      const int row = place / size;
      int from = place - row * size;
      if (mirrored[row]) {
        const int within = from % line, channel = within % channels;
        from += line - channels - 2 * (within - channel);
      }
      byte[u] = src[source[row] + from];
    }
#pragma unroll
    for (unsigned u = 0; u < TOGETHER; u++) {
      if (e + u * stride < all) dst[e + u * stride] = value[byte[u]];
    }
  }
}

// dst[i] = row order(start+i) of src, of size elements.
KERNEL(THREADS) gather_rows(float *dst, const float *src, live a, int size, int rows, int n) {
  __shared__ __attribute__((aligned(16))) u64 source[ROWS];
  const int t = threadIdx.x, first = blockIdx.x * rows;
  rows = n - first < rows ? n - first : rows;
  if (t < rows) source[t] = order_number(order_at(a), a[5] + first + t) * size;
  __syncthreads();
  dst += (size_t)first * size;
  for (unsigned e = blockIdx.y * THREADS + t; e < rows * size; e += gridDim.y * THREADS) {
    const int row = e / size;
    dst[e] = src[source[row] + (e - row * size)];
  }
}
