#include "reduce.cuh"
#include "ticket.cuh"

// Products of which a side is 1 (gemv_cuda.go): a matrix and a vector, and two vectors. A tile of tile.cuh would be
// empty but for a row or a column. They read memory once, in its order, with as much as possible on the way at a time. A
// thread adds up few terms; what threads and blocks have is added up in a fixed order. V is the numbers that are moved
// at a time, which lengths of rows and addresses must allow.
//
// Everything is finished in the launch: a sum that slices of blocks share is left to the last of them.

template <int V>
struct __attribute__((aligned(4 * V))) Piece {
  float v[V];
};

// End is what is done with sum number i: y = leaky(sum + bias), one bias for each i modulo period, or sum, or sum more.
struct End {
  float *y;
  const float *bias;
  float slope;
  int period, add;
  __device__ __forceinline__ void put(int i, double sum) const {
    if (bias) sum += bias[i % period];
    if (add) sum += y[i];
    const float v = (float)sum;
    y[i] = bias ? leaky(v, v, slope) : v;
  }
};

// VECTOR_KERNEL is an entry of which two blocks are to fit on a multiprocessor. Left to itself the assembler fits eight,
// with 32 registers a thread, and takes loads one by one.
#define VECTOR_KERNEL extern "C" __global__ void __launch_bounds__(THREADS, 2)

// add_terms adds the products of a thread's pieces to V sums. N at a time are on their way, and what is left by halves
// of that, so that none is asked for in vain. From one piece to the next it is stride numbers in A and step in x, which
// has a number for each of a piece's or, if ONE, one for all.
template <int N, int V, bool ONE>
DEVICE void add_terms(float (&sum)[V], const float *&A, const float *&x, int &left, size_t stride, int step) {
  for (; left >= N; left -= N, A += N * stride, x += N * step) {
    Piece<V> p[N];
    Piece<ONE ? 1 : V> q[N];
#pragma unroll
    for (int u = 0; u < N; u++) p[u] = *in_global<const Piece<V>>(A + u * stride), q[u] = *in_global<const Piece<ONE ? 1 : V>>(x + u * step);
#pragma unroll
    for (int u = 0; u < N; u++)
#pragma unroll
      for (int j = 0; j < V; j++) sum[j] = fmaf(p[u].v[j], q[u].v[ONE ? 0 : j], sum[j]);
  }
  if constexpr (N > 1) add_terms<N / 2, V, ONE>(sum, A, x, left, stride, step);
}

#define VECTOR float *y, const float *A, const float *x, double *parts, unsigned *tickets, const float *bias, float slope, int period, int add

// few_sum returns the sum over so many neighbours in a warp to all of them.
template <int LANES>
DEVICE double few_sum(double v) {
#pragma unroll
  for (int d = LANES / 2; d > 0; d /= 2) {
    const long long bits = __double_as_longlong(v);
    const unsigned lo = __shfl_xor_sync(0xffffffffu, (int)bits, d), hi = __shfl_xor_sync(0xffffffffu, (int)(bits >> 32), d);
    v += __longlong_as_double((long long)((unsigned long long)hi << 32 | lo));
  }
  return v;
}

// y[r] = Σ_k A[r,k]·x[k], rows of length numbers. LANES threads share a row: few, or a block and the blocks of other
// slices, each numbers long, blockIdx.y.
template <int V, int LANES>
DEVICE void rows(VECTOR, int count, int length, int each) {
  __shared__ __attribute__((aligned(16))) double shared[THREADS / 32];
  const int lane = threadIdx.x % LANES, row = blockIdx.x * (THREADS / LANES) + threadIdx.x / LANES;
  const int from = blockIdx.y * each, end = length - from < each ? length : from + each;
  float sum[V] = {};
  const int first = from + lane * V;
  int left = row < count && first < end ? (end - 1 - first) / (LANES * V) + 1 : 0;
  const float *p = A + ((size_t)row * length + first), *q = x + first;
  add_terms<8, V, false>(sum, p, q, left, LANES * V, LANES * V);
  double whole = 0;
#pragma unroll
  for (int j = 0; j < V; j++) whole += sum[j];
  whole = LANES < THREADS ? few_sum<LANES>(whole) : block_sum<THREADS>(whole, shared);
  const End last = {y, bias, slope, period, add};
  if (LANES < THREADS || gridDim.y == 1) {
    if (lane == 0 && row < count) last.put(row, whole);
    return;
  }
  if (threadIdx.x == 0) parts[(size_t)blockIdx.y * count + row] = whole;
  if (!last_block(tickets + row, gridDim.y)) return;
  whole = 0;
  for (unsigned s = threadIdx.x; s < gridDim.y; s += THREADS) whole += parts[(size_t)s * count + row];
  whole = block_sum<THREADS>(whole, shared);
  if (threadIdx.x == 0) last.put(row, whole);
}

#define ROWS(NAME, V, LANES) \
  VECTOR_KERNEL NAME(VECTOR, int count, int length, int each) { rows<V, LANES>(y, A, x, parts, tickets, bias, slope, period, add, count, length, each); }
ROWS(gemv_rows_few, 1, 8)
ROWS(gemv_rows_few_wide, 4, 8)
ROWS(gemv_rows_block, 1, THREADS)
ROWS(gemv_rows_block_wide, 4, THREADS)

// ACROSS is how many threads of a block are next to each other, in pieces of V columns. The others share its rows.
#define ACROSS 16
#define DOWN (THREADS / ACROSS)

// Strip is a block's columns, of rows of length numbers: ACROSS pieces of V.
template <int V>
struct Strip {
  int first, column, group;
  bool there;
  __device__ __forceinline__ Strip(int length)
      : first(blockIdx.x * (ACROSS * V)), column(first + threadIdx.x % ACROSS * V), group(threadIdx.x / ACROSS), there(column < length) {}

  // sum returns Σ_r A[r,c]·x[r] of the rows from from up to end, for column c = first + threadIdx.x, of which there is one
  // if mine says so. Every thread of the block must come here.
  __device__ __forceinline__ float sum(const float *A, const float *x, int length, int from, int end) const {
    __shared__ __attribute__((aligned(16))) float shared[DOWN][ACROSS * V];
    float sum[V] = {};
    from += group;
    int left = there && from < end ? (end - 1 - from) / DOWN + 1 : 0;
    const float *p = A + ((size_t)from * length + column), *q = x + from;
    add_terms<8, V, true>(sum, p, q, left, (size_t)DOWN * length, DOWN);
#pragma unroll
    for (int j = 0; j < V; j++) shared[group][column - first + j] = sum[j];
    __syncthreads();
    float whole = 0;
    if (mine(length)) {
      float part[DOWN];
#pragma unroll
      for (int g = 0; g < DOWN; g++) part[g] = shared[g][threadIdx.x];
#pragma unroll
      for (int half = DOWN / 2; half > 0; half /= 2)
#pragma unroll
        for (int g = 0; g < half; g++) part[g] += part[g + half];
      whole = part[0];
    }
    return whole;
  }
  __device__ __forceinline__ bool mine(int length) const { return threadIdx.x < ACROSS * V && first + threadIdx.x < length; }
};

// y[c] = Σ_r A[r,c]·x[r], of count rows of length numbers. Block (i, s) takes the i-th strip, and the s-th slice of each
// rows.
template <int V>
DEVICE void columns(VECTOR, int count, int length, int each) {
  const Strip<V> strip(length);
  const int from = blockIdx.y * each, end = count - from < each ? count : from + each, own = strip.first + threadIdx.x;
  const bool mine = strip.mine(length);
  double whole = strip.sum(A, x, length, from, end);
  const End last = {y, bias, slope, period, add};
  if (gridDim.y == 1) {
    if (mine) last.put(own, whole);
    return;
  }
  if (mine) parts[(size_t)blockIdx.y * length + own] = whole;
  if (!last_block(tickets + blockIdx.x, gridDim.y) || !mine) return;
  whole = 0;
#pragma unroll 8
  for (unsigned s = 0; s < gridDim.y; s++) whole += parts[(size_t)s * length + own];
  last.put(own, whole);
}

#define COLUMNS(NAME, V) \
  VECTOR_KERNEL NAME(VECTOR, int count, int length, int each) { columns<V>(y, A, x, parts, tickets, bias, slope, period, add, count, length, each); }
COLUMNS(gemv_columns, 1)
COLUMNS(gemv_columns_wide, 4)

// The backward pass of a layer of one output, y[r] = Σ_c x[r,c]·w[c] + b: dw[c] += Σ_r x[r,c]·dy[r] and, if db is not null,
// db += Σ_r dy[r], both over rows lo to hi, and, if dx is not null, dx[r,c] = dy[r]·w[c] for rows lowest to highest, of
// which the first begins dx. db is a sum of doubles, as in bias.cu.
template <int V>
DEVICE void head(float *dw, float *db, float *dx, const float *x, const float *dy, const float *w, int lo, int hi, int lowest, int highest, int length) {
  __shared__ __attribute__((aligned(16))) double shared[THREADS / 32];
  const Strip<V> strip(length);
  const float whole = strip.sum(x, dy, length, lo, hi);
  if (strip.mine(length)) dw[strip.first + threadIdx.x] += whole;
  if (dx && strip.there) {
    const Piece<V> p = *(const Piece<V> *)(w + strip.column);
#pragma unroll 4
    for (int r = lowest + strip.group; r < highest; r += DOWN) {
      const float d = dy[r];
      Piece<V> v;
#pragma unroll
      for (int j = 0; j < V; j++) v.v[j] = d * p.v[j];
      *(Piece<V> *)(dx + ((size_t)(r - lowest) * length + strip.column)) = v;
    }
  }
  if (!db || blockIdx.x > 0) return;
  double sum = 0;
  for (int r = lo + threadIdx.x; r < hi; r += THREADS) sum += dy[r];
  sum = block_sum<THREADS>(sum, shared);
  if (threadIdx.x == 0) db[0] += (float)sum;
}

#define HEAD_BACKWARD(NAME, V)                                                                                                 \
  VECTOR_KERNEL NAME(float *dw, float *db, float *dx, const float *x, const float *dy, const float *w, int lo, int hi, int lowest, \
                     int highest, int length) {                                                                                \
    head<V>(dw, db, dx, x, dy, w, lo, hi, lowest, highest, length);                                                            \
  }
HEAD_BACKWARD(head_backward, 1)
HEAD_BACKWARD(head_backward_wide, 4)

// y[r,c] = a[r]·b[c], rows of length numbers.
template <int V>
DEVICE void outer(float *y, const float *a, const float *b, const float *bias, float slope, int period, int add, int length, int n) {
  EACH(i, n / V) {
    const int at = i * V, row = (unsigned)at / (unsigned)length, column = at - row * length;
    const float factor = a[row];
    const Piece<V> p = *(const Piece<V> *)(b + column);
    Piece<V> v = {};
    if (add) v = *(const Piece<V> *)(y + at);
#pragma unroll
    for (int j = 0; j < V; j++) {
      float product = factor * p.v[j];
      if (bias) product += bias[(column + j) % period], product = leaky(product, product, slope);
      v.v[j] = add ? v.v[j] + product : product;
    }
    *(Piece<V> *)(y + at) = v;
  }
}

#define OUTER(NAME, V) \
  VECTOR_KERNEL NAME(float *y, const float *a, const float *b, const float *bias, float slope, int period, int add, int length, int n) { \
    outer<V>(y, a, b, bias, slope, period, add, length, n);                                                                        \
  }
OUTER(ger, 1)
OUTER(ger_wide, 4)
