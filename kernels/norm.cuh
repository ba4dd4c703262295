// What the passes of normalisations share: how a tensor is cut among blocks, sums down its columns, and
// parameters.
//
// x is (groups, rows, columns), with a set for each group and column, and a block of THREADS threads takes
// `width` columns of a group. Its thread row·width + c walks down column c from `row` on, in steps of as many
// rows as fit into the block; so neighbours read neighbours, and a layer norm, whose only column is a
// whole sample, is read without gaps too. Rows may be cut into slices, one for each block: then a first
// launch leaves every slice's sums, and in a second one every block adds up those of its columns before it
// writes its rows. With all its threads and few columns that takes less time than a launch between the two.
// Who adds what in which order depends on the shape alone.
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

// Part is what one thread of a pass does: `count` elements, from `start` on in steps of `stride`.
struct Part {
  unsigned width, slices, tile, slice, row, step, group, column, lo, hi;
  unsigned count, start, stride;
  bool on; // the thread has a column

  METHOD Part(unsigned block, unsigned rows, unsigned columns, unsigned width_, unsigned slices_)
      : width(width_), slices(slices_) {
    unsigned across = (columns + width - 1) / width, each = (rows + slices - 1) / slices;
    tile = block / slices, slice = block % slices;
    group = tile / across, column = tile % across * width + threadIdx.x % width;
    row = threadIdx.x / width, step = THREADS / width;
    lo = slice * each, lo = lo < rows ? lo : rows;
    hi = lo + each, hi = hi < rows ? hi : rows;
    on = row < step && column < columns;
    count = on && lo + row < hi ? (hi - lo - row + step - 1) / step : 0;
    start = (group * rows + lo + row) * columns + column, stride = step * columns;
  }

  // first tells the one thread that writes what there is once for a column.
  METHOD bool first() const { return on && slice == 0 && row == 0; }

  // place is where slice s keeps sum k of the thread's column.
  METHOD unsigned place(unsigned s, unsigned k, unsigned sums) const {
    return ((tile * slices + s) * sums + k) * width + threadIdx.x % width;
  }
};

// total adds the threads' sums of a column and gives every thread those of its own, in a launch that takes
// sums or adds them up. shared holds K·THREADS numbers. Every thread of the block must come here.
template <unsigned K>
DEVICE void total(double (&s)[K], double *shared, const Part &p) {
#pragma unroll
  for (unsigned k = 0; k < K; k++) shared[k * THREADS + threadIdx.x] = s[k];
  __syncthreads();
  for (unsigned d = THREADS / 2; d > 0; d /= 2) {
    if (d >= p.step) continue; // for all threads alike
    if (p.row < d && p.row + d < p.step) {
#pragma unroll
      for (unsigned k = 0; k < K; k++) {
        double *at = shared + k * THREADS + threadIdx.x;
        *at += at[d * p.width];
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (unsigned k = 0; k < K; k++) s[k] = shared[k * THREADS + threadIdx.x % p.width];
}

// leave keeps a slice's sums for another launch, and gather takes those of the thread's share of slices.
template <unsigned K>
DEVICE void leave(double (&s)[K], double *partials, const Part &p) {
  if (!p.on || p.row > 0) return;
#pragma unroll
  for (unsigned k = 0; k < K; k++) partials[p.place(p.slice, k, K)] = s[k];
}

template <unsigned K>
DEVICE void gather(double (&s)[K], const double *partials, const Part &p) {
  const unsigned count = p.on && p.row < p.slices ? (p.slices - p.row + p.step - 1) / p.step : 0;
#pragma unroll 4
  for (unsigned n = 0, j = p.row; n < count; n++, j += p.step) {
#pragma unroll
    for (unsigned k = 0; k < K; k++) s[k] += partials[p.place(j, k, K)];
  }
}

// Scale is γ or β along a thread's rows: one number for a column or, in a layer norm, one for each channel
// or element of a sample, `period` of them.
struct Scale {
  const float *each; // null if there is one number
  double fixed;
  unsigned start, at, step, period;

  METHOD Scale(const float *t, double missing, unsigned length, unsigned columns, const Part &p)
      : each(0), fixed(missing), start(0), at(0), step(0), period(1) {
    if (!t || !p.on) return;
    if (length == columns) {
      fixed = t[p.column];
      return;
    }
    each = t, period = length, step = p.step % length;
    start = at = (p.lo + p.row) % length;
  }
  METHOD double value() { return each ? each[at] : fixed; }
  // inside is the part that changes along a column and outside the rest: value is their product.
  METHOD double inside() { return each ? each[at] : 1.0; }
  METHOD double outside() { return each ? 1.0 : fixed; }
  METHOD void next() { at += step, at -= at >= period ? period : 0; }
  METHOD void rewind() { at = start; }
};

// gated multiplies v by the leaky ReLU's slope where its output y[i] tells so; y is null if there is none.
DEVICE float gated(const float *y, unsigned i, float v, float slope) { return y ? leaky(y[i], v, slope) : v; }

// run takes the steps of a launch for a Pass, which holds the numbers of one column: sum(s, i) adds element
// i's share of K sums, settle(s, p) makes coefficients of them and puts the Pass back to the first row, and
// write(i) uses them.
template <class Pass>
DEVICE void run(Pass &k, const Part &p, double *shared, double *partials, int steps) {
  double s[Pass::K] = {};
  constexpr int together = Pass::K > 2 ? 2 : 4; // elements, as far as there are registers
  if (steps & TAKE_SUMS) {
#pragma unroll together
    for (unsigned n = 0, i = p.start; n < p.count; n++, i += p.stride) k.sum(s, i);
  }
  if (steps & ADD_SUMS) gather(s, partials, p);
  if (steps & (TAKE_SUMS | ADD_SUMS)) total(s, shared, p);
  if (!(steps & WRITE)) {
    leave(s, partials, p);
    return;
  }
  k.settle(s, p);
#pragma unroll together
  for (unsigned n = 0, i = p.start; n < p.count; n++, i += p.stride) k.write(i);
}
