#include "reduce.cuh"

// y = leaky(y + b), rows of c elements, in place. A thread's column moves on by a fixed number, so that only
// the first is a remainder.
KERNEL(THREADS) add_bias(float *y, const float *b, float slope, int c, int n) {
  const unsigned stride = gridDim.x * THREADS, shift = stride % c;
  unsigned i = blockIdx.x * THREADS + threadIdx.x, column = i % c;
  for (; i < n; i += stride) {
    const float v = y[i] + b[column];
    y[i] = leaky(v, v, slope);
    column += shift;
    column -= column >= c ? c : 0;
  }
}

// column_sums adds up rows lo to hi of x, of c columns, in double. A block takes most columns and as many groups
// of rows as fit: neighbouring threads read neighbouring numbers whatever c is. The groups' sums are then halved in
// number until one is left, in the same order always. The thread of group 0 gets its column's sum; column is c for
// threads that have none.
template <class T>
DEVICE double column_sums(const T *x, int lo, int hi, int c, int most, int *column) {
  __shared__ __attribute__((aligned(16))) double sums[THREADS];
  const int t = threadIdx.x, first = blockIdx.x * most, width = c - first < most ? c - first : most;
  int groups = THREADS / width;
  const int group = t / width;
  double sum = 0;
  *column = group == 0 ? first + t : c;
  if (group < groups) {
    const T *from = x + first + t % width;
    // Four at a time are on their way.
#pragma unroll 4
    for (int r = lo + group; r < hi; r += groups) sum += from[r * c];
  }
  sums[t] = sum;
  __syncthreads();
  while (groups > 1) {
    const int half = (groups + 1) / 2;
    if (group < groups - half) sums[t] += sums[t + half * width];
    __syncthreads();
    groups = half;
  }
  return sums[t];
}

// parts[s][c] = sum of dy[r][c] over the s-th slice of each rows: block (x, s) takes the x-th THREADS columns.
KERNEL(THREADS) bias_grad_parts(double *parts, const float *dy, int rows, int each, int c) {
  const int lo = blockIdx.y * each, hi = rows - lo < each ? rows : lo + each;
  int column;
  const double sum = column_sums(dy, lo, hi, c, THREADS, &column);
  if (column < c) parts[(size_t)blockIdx.y * c + column] = sum;
}

// db[c] += sum of dy[r][c] over all rows: one block for THREADS columns.
KERNEL(THREADS) bias_grad(float *db, const float *dy, int rows, int c) {
  int column;
  const double sum = column_sums(dy, 0, rows, c, THREADS, &column);
  if (column < c) db[column] += (float)sum;
}

// The same of the parts, in the order of the slices. There are few columns, of many slices: a block takes WHOLE.
#define WHOLE 8
KERNEL(THREADS) bias_grad_whole(float *db, const double *parts, int slices, int c) {
  int column;
  const double sum = column_sums(parts, 0, slices, c, WHOLE, &column);
  if (column < c) db[column] += (float)sum;
}
