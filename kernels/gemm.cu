#include "slices.cuh"

// In four at a time: lengths of rows and addresses must allow it.
#define WIDE_GEMM(NAME, T, ROWS_OF_A, ROWS_OF_B)                    \
  TILE_KERNEL(T) NAME(PARAMETERS) {                                 \
    SHARE(T);                                                       \
    ROWS_OF_A<T, T::rows, true> x(A, s.row, M, a, from, end);       \
    ROWS_OF_B<T, T::columns, true> y(B, s.column, N, b, from, end); \
    multiply<T, true>(x, y, from, end, g);                          \
    if (tickets) add_slices<T, true>(g, tickets);                   \
  }

WIDE_GEMM(gemm_nt_128x128, Tile128x128, MatrixRows, MatrixRows)
WIDE_GEMM(gemm_nn_128x128, Tile128x128, MatrixRows, MatrixColumns)
WIDE_GEMM(gemm_tn_128x128, Tile128x128, MatrixColumns, MatrixColumns)
WIDE_GEMM(gemm_nt_64x64, Tile64x64, MatrixRows, MatrixRows)
WIDE_GEMM(gemm_nn_64x64, Tile64x64, MatrixRows, MatrixColumns)
WIDE_GEMM(gemm_tn_64x64, Tile64x64, MatrixColumns, MatrixColumns)

// Any product; TA and TB say which matrices are transposed, as the names of the others do.
TILE_KERNEL(Tile64x64) gemm_any(PARAMETERS) {
  typedef Tile64x64 T;
  SHARE(T);
  Matrix<T, T::rows> x(A, s.row, M, TA ? 1 : a, TA ? a : 1, from, end);
  Matrix<T, T::columns> y(B, s.column, N, TB ? b : 1, TB ? 1 : b, from, end);
  multiply<T, false>(x, y, from, end, g);
  if (tickets) add_slices<T, false>(g, tickets);
}

// Up to four columns: A (M,K), B (N,K).
TILE_KERNEL(TileTall) gemm_tall(PARAMETERS) {
  typedef TileTall T;
  SHARE(T);
  MatrixRows<T, T::rows, true> x(A, s.row, M, a, from, end);
  MatrixRows<T, T::columns, false> y(B, s.column, N, b, from, end);
  multiply<T, false>(x, y, from, end, g);
  if (tickets) add_slices<T, false>(g, tickets);
}

// y = Σ parts[slice·n + i], or leaky of that with its bias, or added to y: what a tile does with its sum. A
// thread has EACH numbers, neighbours, and one part in ways of the slices, which it sums one after the other; the
// first of ways threads then sums their sums. More ways are for few numbers of many slices.
template <int EACH_>
DEVICE void sum_parts(float *y, Rounding rounding, const float *parts, const float *bias, float slope, int period, int add, int n, int slices, int ways) {
  __shared__ __attribute__((aligned(16))) float sums[THREADS][EACH_];
  int wide = THREADS / ways, way = threadIdx.x / wide, each = (slices + ways - 1) / ways;
  int i = (blockIdx.x * wide + threadIdx.x % wide) * EACH_;
  int from = way * each, to = from + each < slices ? from + each : slices;
  float sum[EACH_] = {};
  if (i < n) {
    const float *p = parts + ((size_t)from * n + i);
    for (int s = from; s < to; s += 4) {  // four are on their way at a time
      float v[4][4];
#pragma unroll
      for (int u = 0; u < 4; u++, p += n)
        if constexpr (EACH_ == 4)
          load4(v[u], p, s + u < to);
        else
          load1(v[u][0], p, s + u < to);
#pragma unroll
      for (int u = 0; u < 4; u++)
#pragma unroll
        for (int j = 0; j < EACH_; j++) sum[j] += v[u][j];
    }
  }
#pragma unroll
  for (int j = 0; j < EACH_; j++) sums[threadIdx.x][j] = sum[j];
  __syncthreads();
  if (way > 0 || i >= n) return;
  for (int w = 1; w < ways; w++)
#pragma unroll
    for (int j = 0; j < EACH_; j++) sum[j] += sums[w * wide + threadIdx.x][j];
  int b = bias ? i % period : 0;
#pragma unroll
  for (int j = 0; j < EACH_; j++) {
    if (bias) sum[j] = leaky(sum[j] + bias[b], sum[j] + bias[b], slope), b = b + 1 == period ? 0 : b + 1;
    if (add) sum[j] += y[i + j];
  }
  if constexpr (EACH_ == 4) {
    write4(y, rounding, i, sum[0], sum[1], sum[2], sum[3]);
  } else {
    write1(y, rounding, i, sum[0]);
  }
}

KERNEL(THREADS) gemm_sum(float *y, Rounding rounding, const float *parts, const float *bias, float slope, int period, int add, int n, int slices, int ways) {
  sum_parts<1>(y, rounding, parts, bias, slope, period, add, n, slices, ways);
}

// The same four at a time: n and addresses must allow it.
KERNEL(THREADS) gemm_sum4(float *y, Rounding rounding, const float *parts, const float *bias, float slope, int period, int add, int n, int slices, int ways) {
  sum_parts<4>(y, rounding, parts, bias, slope, period, add, n, slices, ways);
}
