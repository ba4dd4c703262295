#include "tile.cuh"

// C = op(A)·op(B), or C += op(A)·op(B) if add is not 0: C (M,N), op(A) (M,K), op(B) (K,N). A and B lie as
// they are before they are transposed, row after row, a and b numbers long. If there is a bias, of period
// numbers, C = leaky(op(A)·op(B) + bias[column mod period]).
//
// A block computes a tile of a slice of the sum, depth terms long: with parts, slices of them, it goes to
// parts[slice·M·N + …], to be summed by gemm_sum. A block's threads lie in its tile as Spot says.
#define PARAMETERS                                                                                    \
  float *C, const float *A, const float *B, float *parts, const float *bias, float slope, int period, \
      int add, int M, int N, int K, int a, int b, int slices, int depth, int TA, int TB

template <class T>
struct Gemm {
  float *C, *parts;
  const float *bias;
  float slope;
  int period, add, M, N, slices;

  MEMBER MatrixPlace place(int block, Result &r) const {
    Share<T> s(block, M, N, slices);
    r = {C, bias, N, period, add, slope};
    r.divert(parts, s.slice, M * N);
    return {s.row, s.column, M, N};
  }
};

#define SHARE(T)                                                  \
  Gemm<T> g = {C, parts, bias, slope, period, add, M, N, slices}; \
  Share<T> s(blockIdx.x, M, N, slices);                           \
  int from = s.slice * depth, end = K - from < depth ? K : from + depth

// In four at a time: lengths of rows and addresses must allow it.
#define WIDE_GEMM(NAME, T, ROWS_OF_A, ROWS_OF_B)                    \
  TILE_KERNEL(T) NAME(PARAMETERS) {                                 \
    SHARE(T);                                                       \
    ROWS_OF_A<T, T::rows, true> x(A, s.row, M, a, from, end);       \
    ROWS_OF_B<T, T::columns, true> y(B, s.column, N, b, from, end); \
    multiply<T, true>(x, y, from, end, g);                          \
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
}

// Up to four columns: A (M,K), B (N,K).
TILE_KERNEL(TileTall) gemm_tall(PARAMETERS) {
  typedef TileTall T;
  SHARE(T);
  MatrixRows<T, T::rows, true> x(A, s.row, M, a, from, end);
  MatrixRows<T, T::columns, false> y(B, s.column, N, b, from, end);
  multiply<T, false>(x, y, from, end, g);
}

// y = Σ parts[slice·n + i], or leaky of that with its bias, or added to y: what a tile does with its sum. A
// block has 32 numbers, neighbours, of which each of its eight warps sums some slices, one after the other:
// there are many slices where there are few numbers.
KERNEL(THREADS) gemm_sum(float *y, const float *parts, const float *bias, float slope, int period, int add, int n, int slices) {
  __shared__ float sums[THREADS / 32][32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = THREADS / 32;
  int i = blockIdx.x * 32 + lane, each = (slices + warps - 1) / warps;
  int from = warp * each, to = from + each < slices ? from + each : slices;
  float sum = 0;
  if (i < n)
    for (int s = from; s < to; s++) sum += parts[(size_t)s * n + i];
  sums[warp][lane] = sum;
  __syncthreads();
  if (warp > 0 || i >= n) return;
#pragma unroll
  for (int w = 1; w < warps; w++) sum += sums[w][lane];
  if (bias) sum = leaky(sum + bias[i % period], sum + bias[i % period], slope);
  y[i] = add ? y[i] + sum : sum;
}
