#include "reduce.cuh"
#include "ticket.cuh"

// y = leaky(y + b), rows of c elements, in place. A thread's column moves on by a fixed number, so that only
// the first is a remainder.
KERNEL(THREADS) add_bias(float *y, Rounding rounding, const float *b, float slope, int c, int n) {
  const unsigned stride = gridDim.x * THREADS, shift = stride % c;
  unsigned i = blockIdx.x * THREADS + threadIdx.x, column = i % c;
  for (; i < n; i += stride) {
    const float sum = y[i] + b[column], v = leaky(sum, sum, slope);
    write1(y, rounding, i, v);
    column += shift;
    column -= column >= c ? c : 0;
  }
}

// WIDTH is the most columns of a block, and TOGETHER how many of a thread's rows are on their way at a time.
#define WIDTH 32
#define TOGETHER 4

// down adds V numbers of each thread over the groups of threads, of which a block has as many as there is room for,
// each as wide: their number is halved until one is left, in the same order always. shared[v·THREADS + i] has
// the sums then.
template <unsigned V>
DEVICE void down(double (&sum)[V], double *shared, unsigned width) {
  unsigned groups = THREADS / width;
  const unsigned group = threadIdx.x / width;
#pragma unroll
  for (unsigned v = 0; v < V; v++) shared[v * THREADS + threadIdx.x] = sum[v];
  __syncthreads();
  while (groups > 1) {
    const unsigned half = (groups + 1) / 2;
    if (group < groups - half) {
#pragma unroll
      for (unsigned v = 0; v < V; v++) sum[v] += shared[v * THREADS + threadIdx.x + half * width];
#pragma unroll
      for (unsigned v = 0; v < V; v++) shared[v * THREADS + threadIdx.x] = sum[v];
    }
    __syncthreads();
    groups = half;
  }
}

DEVICE void write_piece(float *to, Rounding r, unsigned i, const float (&v)[1]) { write1(to, r, i, v[0]); }
DEVICE void write_piece(float *to, Rounding r, unsigned i, const float (&v)[4]) { write4(to, r, i, v[0], v[1], v[2], v[3]); }

#define BIAS_GRAD                                                                                              \
  float *db, float *dst, Rounding rounding, const float *x, const float *v, float slope, double *parts,               \
      unsigned *tickets, int lo, int hi, int rows, int each, int c

// dst = leaky mask of v at x, and db += sum of rows lo to hi of it; without x of v itself, which dst is null
// for. Block (i, s) takes the i-th WIDTH columns, in pieces of V, and the s-th slice of each rows: neighbouring
// threads take neighbouring pieces whatever c is. Of several slices the last block adds up the parts
// (slices, c).
template <unsigned V>
DEVICE void bias_grad(BIAS_GRAD) {
  __shared__ __attribute__((aligned(16))) double shared[V * THREADS];
  struct __attribute__((aligned(4 * V))) Piece { float v[V]; };
  const unsigned first = blockIdx.x * (WIDTH / V), left = c / V - first, width = left < WIDTH / V ? left : WIDTH / V;
  const unsigned groups = THREADS / width, group = threadIdx.x / width, piece = first + threadIdx.x % width;
  const unsigned from = blockIdx.y * each, end = rows - from < each ? rows : from + each;
  double sum[V] = {};
  for (unsigned r = from + group; group < groups && r < end; r += TOGETHER * groups) {
    Piece gate[TOGETHER], value[TOGETHER];
    unsigned at[TOGETHER];
#pragma unroll
    for (unsigned u = 0; u < TOGETHER; u++) {
      const unsigned row = r + u * groups;
      at[u] = (row < end ? row : r) * c + piece * V;
      value[u] = *(const Piece *)(v + at[u]);
    }
    if (x) {
#pragma unroll
      for (unsigned u = 0; u < TOGETHER; u++) gate[u] = *(const Piece *)(x + at[u]);
    }
#pragma unroll
    for (unsigned u = 0; u < TOGETHER; u++) {
      const unsigned row = r + u * groups;
      if (row >= end) break;
      if (x) {
#pragma unroll
        for (unsigned j = 0; j < V; j++) value[u].v[j] = leaky(gate[u].v[j], value[u].v[j], slope);
        write_piece(dst, rounding, at[u], value[u].v);
      }
      if (row < lo || row >= hi) continue;
#pragma unroll
      for (unsigned j = 0; j < V; j++) sum[j] += value[u].v[j];
    }
  }
  down(sum, shared, width);
  const unsigned wide = width * V, column = first * V + threadIdx.x;
  const double own = shared[threadIdx.x % V * THREADS + threadIdx.x / V];
  if (gridDim.y == 1) {
    if (threadIdx.x < wide) db[column] += (float)own;
    return;
  }
  if (threadIdx.x < wide) parts[(size_t)blockIdx.y * c + column] = own;
  if (!last_block(tickets + blockIdx.x, gridDim.y)) return;
  double whole[1] = {0};
#pragma unroll 8
  for (unsigned s = threadIdx.x / wide; s < gridDim.y; s += THREADS / wide) whole[0] += parts[(size_t)s * c + first * V + threadIdx.x % wide];
  down(whole, shared, wide);
  if (threadIdx.x < wide) db[column] += (float)whole[0];
}

KERNEL(THREADS) bias_grad_any(BIAS_GRAD) { bias_grad<1>(db, dst, rounding, x, v, slope, parts, tickets, lo, hi, rows, each, c); }
KERNEL(THREADS) bias_grad_wide(BIAS_GRAD) { bias_grad<4>(db, dst, rounding, x, v, slope, parts, tickets, lo, hi, rows, each, c); }
