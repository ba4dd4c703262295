// What the passes of normalisations share: how a tensor is cut among blocks, sums down its columns, and
// parameters.
//
// x is (groups, rows, columns), with a set for each group and column. A thread takes V columns side by side, in
// one piece of memory, and a block of THREADS threads `width` such pieces of a group. Its thread row·width + c
// walks down piece c from `row` on, in steps of as many rows as fit into the block; so neighbours read
// neighbours, and a layer norm, whose only column is a whole sample, is read without gaps too. What a thread
// has read is kept if it is not much, and else read again, when the sums are known.
//
// Rows may be cut into slices, one for each block: then a first launch leaves every slice's sums, and in a
// second one every block adds up those of its columns before it writes its rows. With all its threads and few
// columns that takes less time than a launch between the two. Who adds what in which order depends on the
// shape alone.
#pragma once
#include "cuda.cuh"

#define METHOD __device__ __forceinline__

// Tensors of a kernel do not overlap, so that it may read some before others are written.
typedef const float *__restrict__ Input;
typedef float *__restrict__ Output;

// What a launch does: blocks that do both of the first and the last have whole columns to themselves. A
// launch that only writes has zeros for sums.
#define TAKE_SUMS 1 // sum over the rows of the block's slice
#define ADD_SUMS 2  // add up what the slices' blocks left
#define WRITE 4     // write the slice's rows

// WIDEST is the most columns of a block.
#define WIDEST 64

// Part is what one thread of a pass does: `count` pieces, from `start` on in steps of `stride`. Columns are
// counted in pieces.
struct Part {
  unsigned width, slices, tile, slice, row, step, group, left, column, lo, hi;
  unsigned count, start, stride;
  bool on; // the thread has a column

  METHOD Part(unsigned block, unsigned rows, unsigned columns, unsigned width_, unsigned slices_)
      : width(width_), slices(slices_) {
    unsigned across = (columns + width - 1) / width, each = (rows + slices - 1) / slices;
    tile = block / slices, slice = block % slices;
    group = tile / across, left = tile % across * width, column = left + threadIdx.x % width;
    row = threadIdx.x / width, step = THREADS / width;
    lo = slice * each, lo = lo < rows ? lo : rows;
    hi = lo + each, hi = hi < rows ? hi : rows;
    on = row < step && column < columns;
    count = on && lo + row < hi ? (hi - lo - row + step - 1) / step : 0;
    start = (group * rows + lo + row) * columns + column, stride = step * columns;
  }
};

// Own is the one column whose coefficients the thread makes of its sums, if it has one: `set` is the column's,
// and `first` tells the thread that writes what there is once for it.
struct Own {
  unsigned column, set;
  bool on, first;

  METHOD Own(const Part &p, unsigned v, unsigned columns)
      : column(p.left * v + threadIdx.x), set(p.group * columns + column),
        on(threadIdx.x < p.width * v && column < columns), first(on && p.slice == 0) {}
};

// total adds the threads' sums of each column, for totals to take. shared holds V·K·THREADS
// numbers. Every thread of the block must come here.
template <unsigned V, unsigned K>
DEVICE void total(double (&s)[V][K], double *shared, const Part &p) {
  double *own = shared + threadIdx.x;
#pragma unroll
  for (unsigned j = 0; j < V * K; j++) own[j * THREADS] = s[j / K][j % K];
  __syncthreads();
  for (unsigned d = THREADS / 2; d > 0; d /= 2) {
    if (d >= p.step) continue; // for all threads alike
    if (p.row < d && p.row + d < p.step) {
#pragma unroll
      for (unsigned j = 0; j < V * K; j++) s[j / K][j % K] += own[j * THREADS + d * p.width];
#pragma unroll
      for (unsigned j = 0; j < V * K; j++) own[j * THREADS] = s[j / K][j % K];
    }
    __syncthreads();
  }
}

// totals takes those of the thread's own column from where total left them.
template <unsigned V, unsigned K>
DEVICE void totals(double (&s)[K], const double *shared) {
#pragma unroll
  for (unsigned k = 0; k < K; k++) s[k] = shared[(threadIdx.x % V * K + k) * THREADS + threadIdx.x / V];
}

// partial is where slice s keeps sum k of a column, the c-th of the block.
DEVICE unsigned partial(const Part &p, unsigned s, unsigned k, unsigned sums, unsigned v, unsigned c) {
  return ((p.tile * p.slices + s) * sums + k) * (p.width * v) + c;
}

// gather takes the sums of the thread's columns in its share of the slices.
template <unsigned V, unsigned K>
DEVICE void gather(double (&s)[V][K], const double *partials, const Part &p) {
  const unsigned count = p.on && p.row < p.slices ? (p.slices - p.row + p.step - 1) / p.step : 0;
#pragma unroll 4
  for (unsigned n = 0, j = p.row; n < count; n++, j += p.step) {
#pragma unroll
    for (unsigned k = 0; k < K; k++)
#pragma unroll
      for (unsigned v = 0; v < V; v++) s[v][k] += partials[partial(p, j, k, K, V, threadIdx.x % p.width * V + v)];
  }
}

// fixed is γ or β of a column, if there is one for each.
DEVICE double fixed(const float *t, double missing, unsigned length, unsigned columns, const Own &own) {
  return t && own.on && length == columns ? t[own.column] : missing;
}

// Scale is γ or β along a thread's rows: in a layer norm, one for each channel or element of a sample, `period`
// of them. If EACH is not set there are none.
template <bool EACH>
struct Scale {
  const float *each; // null if there is none
  unsigned start, at, step, period;

  METHOD Scale(const float *t, unsigned length, unsigned columns, const Part &p)
      : each(0), start(0), at(0), step(0), period(1) {
    if (!EACH || !t || !p.on || length == columns) return;
    each = t, period = length, step = p.step % length;
    start = at = (p.lo + p.row) % length;
  }
  METHOD double value(double missing) const { return EACH && each ? in_global<const float>(each)[at] : missing; }
  METHOD void next() {
    if (EACH) at += step, at -= at >= period ? period : 0;
  }
  METHOD void rewind() { at = start; }
};

// read and put move V numbers in one piece, put with their copies: i counts pieces.
DEVICE void read(float (&to)[1], const float *from) { to[0] = *from; }
DEVICE void read(float (&to)[2], const float *from) {
  float2 v = *(const float2 *)from;
  to[0] = v.x, to[1] = v.y;
}
DEVICE void read(float (&to)[4], const float *from) {
  float4 v = *(const float4 *)from;
  to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
}
DEVICE void put(float *to, Rounding r, size_t i, const float (&v)[1]) { write1(to, r, i, v[0]); }
DEVICE void put(float *to, Rounding r, size_t i, const float (&v)[2]) { write2(to, r, 2 * i, v[0], v[1]); }
DEVICE void put(float *to, Rounding r, size_t i, const float (&v)[4]) { write4(to, r, 4 * i, v[0], v[1], v[2], v[3]); }

// fetch reads the thread's rows from n on, as many as e holds, of all inputs; what is missing has a value.
// Rows past the last are others, since a branch would have reads wait for each other.
template <class Pass, unsigned U, unsigned I, unsigned V>
DEVICE void fetch(float (&e)[U][I][V], const float *const (&in)[I], const Part &p, unsigned n) {
#pragma unroll
  for (unsigned j = 0; j < I; j++) {
    if (!in[j]) {
#pragma unroll
      for (unsigned u = 0; u < U; u++)
#pragma unroll
        for (unsigned v = 0; v < V; v++) e[u][j][v] = Pass::missing(j);
      continue;
    }
#pragma unroll
    for (unsigned u = 0; u < U; u++) read(e[u][j], in[j] + (size_t)(p.start + (n + u < p.count ? n + u : n) * p.stride) * V);
  }
}

// run takes the steps of a launch for a Pass, which holds what is known of the thread's own column: of one row
// of all inputs, sum adds its share of K sums for column v, settle makes C coefficients of the own column's
// sums, rewind puts the Pass back to the first row, write makes the output of coefficients, and fold does what
// is left when all is written, in the memory of the sums.
template <unsigned V, class Pass>
DEVICE void run(Pass &k, const Part &p, const Own &own, const float *const (&in)[Pass::I], float *out, Rounding rounding, double *partials, int steps) {
  constexpr unsigned K = Pass::K, C = Pass::C, I = Pass::I, U = Pass::U;
  __shared__ __attribute__((aligned(16))) double shared[V * K * THREADS];
  __shared__ __attribute__((aligned(16))) double coefficients[C * WIDEST];
  double s[V][K] = {};
  float e[U][I][V];
  if (steps & TAKE_SUMS) {
#pragma unroll 1
    for (unsigned n = 0; n < p.count; n += U) {
      fetch<Pass>(e, in, p, n);
#pragma unroll
      for (unsigned u = 0; u < U; u++) {
        if (n + u >= p.count) break;
#pragma unroll
        for (unsigned v = 0; v < V; v++) {
          float row[I];
#pragma unroll
          for (unsigned j = 0; j < I; j++) row[j] = e[u][j][v];
          k.sum(s[v], row, v);
        }
      }
    }
  }
  if (steps & ADD_SUMS) gather(s, partials, p);
  if (steps & (TAKE_SUMS | ADD_SUMS)) total(s, shared, p);
  if (own.on) {
    double sums[K] = {};
    if (steps & (TAKE_SUMS | ADD_SUMS)) totals<V>(sums, shared);
    if (steps & WRITE) {
      double c[C];
      k.settle(sums, c);
#pragma unroll
      for (unsigned j = 0; j < C; j++) coefficients[j * WIDEST + threadIdx.x] = c[j];
    } else {
#pragma unroll
      for (unsigned j = 0; j < K; j++) partials[partial(p, p.slice, j, K, V, threadIdx.x)] = sums[j];
    }
  }
  if (!(steps & WRITE)) return;
  __syncthreads();
  double c[V][C];
#pragma unroll
  for (unsigned j = 0; j < V * C; j++) c[j / C][j % C] = coefficients[j % C * WIDEST + threadIdx.x % p.width * V + j / C];
  k.rewind();
  const bool kept = steps & TAKE_SUMS && p.count <= U;
#pragma unroll 1
  for (unsigned n = 0; n < p.count; n += U) {
    if (!kept) fetch<Pass>(e, in, p, n);
#pragma unroll
    for (unsigned u = 0; u < U; u++) {
      if (n + u >= p.count) break;
      float to[V];
#pragma unroll
      for (unsigned v = 0; v < V; v++) {
        float row[I];
#pragma unroll
        for (unsigned j = 0; j < I; j++) row[j] = e[u][j][v];
        to[v] = k.write(row, c[v]);
      }
      put(out, rounding, p.start + (n + u) * p.stride, to);
    }
  }
  k.fold(shared, p, V);
}
