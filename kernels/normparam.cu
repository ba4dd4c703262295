// Parameter gradients of normalisations alone: sums down the columns, as norm.cuh says.
#include "norm.cuh"

// walk has a Pass add up K sums of each column: sum(s, i) adds element i's share.
template <class Pass>
DEVICE void walk(Pass &k, const Part &p, const Own &own, double *partials, int steps) {
  constexpr unsigned K = Pass::K;
  __shared__ __attribute__((aligned(16))) double shared[K * THREADS];
  double s[1][K] = {};
  if (steps & TAKE_SUMS) {
#pragma unroll 4
    for (unsigned n = 0, i = p.start; n < p.count; n++, i += p.stride) k.sum(s[0], i);
  }
  if (steps & ADD_SUMS) gather(s, partials, p);
  total(s, shared, p);
  if (!own.on) return;
  double sums[K];
  totals<1>(sums, shared);
  if (steps & WRITE) {
    if (own.first) k.add(sums, own.column);
    return;
  }
#pragma unroll
  for (unsigned j = 0; j < K; j++) partials[partial(p, p.slice, j, K, 1, threadIdx.x)] = sums[j];
}

// Param's columns are parameters, also those of a layer norm, and the rows those of the samples that count, which
// begin at row `from`. Row m and column c belong to set m/group·per_group + c·per_column.
struct Param {
  static constexpr unsigned K = 2;
  float *dgamma, *dbeta;
  const float *dy, *delta, *xdot, *x, *y, *mean, *r, *meandot, *corr;
  float slope;
  unsigned m, step, group, per_group, fixed; // fixed: c·per_column

  METHOD float gated(unsigned i, float v) const { return y ? leaky(y[i], v, slope) : v; }
  METHOD void sum(double (&s)[K], unsigned i) {
    unsigned set = m / group * per_group + fixed;
    m += step;
    double root = r[set], hat = (x[i] - (double)mean[set]) * root;
    if (dy) {
      double v = gated(i, dy[i]);
      s[0] += v * hat;
      s[1] += v;
    }
    if (delta) {
      double dot = ((double)xdot[i] - meandot[set] - hat * corr[set]) * root;
      s[0] += gated(i, delta[i]) * dot;
    }
  }
  METHOD void add(const double (&s)[K], unsigned column) const {
    dgamma[column] += (float)s[0], dbeta[column] += (float)s[1];
  }
};

// dgamma += Σ (dy·x' + δ·ẋ'), dbeta += Σ dy; dy or δ may be null for zero. A launch that adds up slices has
// one block for all of them.
KERNEL(THREADS) norm_param(Output dgamma, Output dbeta, Input dy, Input delta, Input xdot, Input x, Input y,
                           Input mean, Input r, Input meandot, Input corr, float slope, int from, int group,
                           int per_group, int per_column, double *__restrict__ partials, int rows, int columns,
                           int width, int slices, int steps) {
  Part p(steps & ADD_SUMS ? blockIdx.x * slices : blockIdx.x, rows, columns, width, slices);
  Own own(p, 1, columns);
  Param k{dgamma, dbeta, dy, delta, xdot, x, y, mean, r, meandot, corr, slope};
  k.m = from + p.lo + p.row, k.step = p.step, k.group = group, k.per_group = per_group, k.fixed = p.column * per_column;
  p.start += (unsigned)from * columns;
  walk(k, p, own, partials, steps);
}
