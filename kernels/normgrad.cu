// The passes that differentiate a normalisation. Tensors like x are (groups, rows, columns), statistics
// (groups, columns), γ as in norm.cu; y, the output, is null unless there is a leaky ReLU, which multiplies
// dy, ȳ and δ, or ẏ, where y tells so. norm.cuh says who does what. The arithmetic is in double.
//
// A column's sums are taken without its own γ, which is multiplied on afterwards. So they are also the
// set's share of parameter gradients for each column, and the tensors need not be read again for those: of
// one group they are added to dgamma and dbeta, of several they are left in `kept` (groups, columns, 2) for
// norm_fold. All three are null where they are not wanted.
#include "norm.cuh"

// What all passes know of a column.
struct Column {
  const float *x, *y;
  Scale gamma;
  float slope;
  unsigned set;
  double mean, r, count;
  float *dgamma, *dbeta;
  double *kept;

  METHOD Column(const float *x_, const float *y_, const float *means, const float *roots, Scale g, float slope_,
                unsigned rows, unsigned columns, const Part &p)
      : x(x_), y(y_), gamma(g), slope(slope_), set(p.group * columns + p.column), mean(0), r(0), count(rows),
        dgamma(0), dbeta(0), kept(0) {
    if (p.on) mean = means[set], r = roots[set];
  }
  METHOD void keep(double g, double b, const Part &p) {
    if (!p.first()) return;
    if (dgamma) dgamma[set] += (float)g, dbeta[set] += (float)b;
    if (kept) kept[2 * (size_t)set] = g, kept[2 * (size_t)set + 1] = b;
  }
};

struct Backward : Column {
  static constexpr unsigned K = 2;
  float *dx;
  const float *dy;
  double first, corr;

  METHOD Backward(Column c, float *dx_, const float *dy_) : Column(c), dx(dx_), dy(dy_) {}
  METHOD void sum(double (&s)[K], unsigned i) {
    double v = gamma.inside() * gated(y, i, dy[i], slope);
    s[0] += v;
    s[1] += v * (x[i] - mean);
    gamma.next();
  }
  METHOD void settle(double (&s)[K], const Part &p) {
    keep(r * s[1], s[0], p);
    first = gamma.outside() * s[0] / count;
    corr = r * r * (gamma.outside() * s[1] / count); // of x−mean
    gamma.rewind();
  }
  METHOD void write(unsigned i) {
    dx[i] = r * (gamma.value() * gated(y, i, dy[i], slope) - first - (x[i] - mean) * corr);
    gamma.next();
  }
};

// dx = r·P(γ·dy).
KERNEL(THREADS) norm_backward(Output dx, Input dy, Input x, Input y, Input mean, Input r, Input gamma, int gammas,
                              float slope, Output dgamma, Output dbeta, double *__restrict__ kept,
                              double *__restrict__ partials, int rows, int columns, int width, int slices,
                              int steps) {
  __shared__ __attribute__((aligned(16))) double shared[Backward::K * THREADS];
  Part p(blockIdx.x, rows, columns, width, slices);
  Backward k(Column(x, y, mean, r, Scale(gamma, 1, gammas, columns, p), slope, rows, columns, p), dx, dy);
  k.dgamma = dgamma, k.dbeta = dbeta, k.kept = kept;
  run(k, p, shared, partials, steps);
}

struct Tangent : Column {
  static constexpr unsigned K = 2;
  float *ydot, *meandots, *corrs;
  const float *xdot;
  double first, corr;

  METHOD Tangent(Column c) : Column(c) {}
  METHOD void sum(double (&s)[K], unsigned i) {
    s[0] += xdot[i];
    s[1] += xdot[i] * (x[i] - mean);
  }
  METHOD void settle(double (&s)[K], const Part &p) {
    first = s[0] / count;
    corr = r * s[1] / count;
    if (p.first()) meandots[set] = first, corrs[set] = corr;
    corr *= r; // of x−mean
  }
  METHOD void write(unsigned i) {
    float v = gamma.value() * r * (xdot[i] - first - (x[i] - mean) * corr);
    ydot[i] = gated(y, i, v, slope);
    gamma.next();
  }
};

// ẏ = γ·r·P(ẋ); mean ẋ and mean(x'ẋ) are kept.
KERNEL(THREADS) norm_tangent(Output ydot, Output meandot, Output corr, Input xdot, Input x, Input y, Input mean,
                             Input r, Input gamma, int gammas, float slope, double *__restrict__ partials, int rows,
                             int columns, int width, int slices, int steps) {
  __shared__ __attribute__((aligned(16))) double shared[Tangent::K * THREADS];
  Part p(blockIdx.x, rows, columns, width, slices);
  Tangent k(Column(x, y, mean, r, Scale(gamma, 1, gammas, columns, p), slope, rows, columns, p));
  k.ydot = ydot, k.meandots = meandot, k.corrs = corr, k.xdot = xdot;
  run(k, p, shared, partials, steps);
}

// x̄ = r·(P(u) − x'·mean(w·ẋ')) with u = γȳ + q takes the mean of w·x' before it can make q, and the means of
// u and x'u after that; but q is linear in numbers that are known, so that one walk has all sums:
//
//	corrW  = mean(w·x')     cross = mean(w·ẋ') = r·(mean(w·(ẋ−meanDot)) − corr·corrW)
//	mean u    = mean(γȳ)    − r·(corr·mean(w) + corrW·mean(ẋ))
//	mean x'u  = mean(x'·γȳ) − r·(corr·corrW + corrW·mean(x'ẋ))
struct Second : Column {
  static constexpr unsigned K = 7;
  float *xbar;
  const float *ybar, *delta, *xdot;
  double meandot, corr;       // of ẋ
  double corrw, meanu, corru; // the last takes cross in, and is of x−mean

  METHOD Second(Column c) : Column(c) {}
  METHOD void sum(double (&s)[K], unsigned i) {
    double centred = x[i] - mean, dot = xdot[i], w = gamma.inside() * gated(y, i, delta[i], slope);
    s[0] += w;
    s[1] += w * centred;
    s[2] += w * (dot - meandot);
    s[3] += dot;
    s[4] += dot * centred;
    if (ybar) {
      double v = gamma.inside() * gated(y, i, ybar[i], slope);
      s[5] += v;
      s[6] += v * centred;
    }
    gamma.next();
  }
  METHOD void settle(double (&s)[K], const Part &p) {
    double each = r * s[1]; // Σ w·x', then Σ w·ẋ'
    keep(r * s[6] + r * (s[2] - corr * each), s[5], p);
    double outside = gamma.outside() / count;
    corrw = outside * each;
    double cross = r * (outside * s[2] - corr * corrw);
    meanu = outside * s[5] - r * (corr * outside * s[0] + corrw * s[3] / count);
    corru = r * (outside * r * s[6] - r * (corr * corrw + corrw * (r * s[4] / count)) + cross);
    gamma.rewind();
  }
  METHOD void write(unsigned i) {
    double w = gated(y, i, delta[i], slope), v = ybar ? gated(y, i, ybar[i], slope) : 0;
    double u = gamma.value() * (v - r * corr * w) - r * corrw * xdot[i];
    xbar[i] = r * (u - meanu - (x[i] - mean) * corru);
    gamma.next();
  }
};

// x̄ of ȳ (null for zero), δ and ẋ. A frozen one only writes: γ·r·ȳ.
KERNEL(THREADS) norm_second(Output xbar, Input ybar, Input delta, Input xdot, Input x, Input y, Input mean, Input r,
                            Input meandot, Input corr, Input gamma, int gammas, float slope, Output dgamma,
                            Output dbeta, double *__restrict__ kept, double *__restrict__ partials, int rows,
                            int columns, int width, int slices, int steps) {
  __shared__ __attribute__((aligned(16))) double shared[Second::K * THREADS];
  Part p(blockIdx.x, rows, columns, width, slices);
  Second k(Column(x, y, mean, r, Scale(gamma, 1, gammas, columns, p), slope, rows, columns, p));
  k.dgamma = dgamma, k.dbeta = dbeta, k.kept = kept;
  k.xbar = xbar, k.ybar = ybar, k.delta = delta, k.xdot = xdot, k.meandot = 0, k.corr = 0;
  if (p.on && steps != WRITE) k.meandot = meandot[k.set], k.corr = corr[k.set];
  run(k, p, shared, partials, steps);
}

// norm_fold adds what passes kept of groups lo to hi, in sums down the columns:
//
//	dgamma += Σ kept[·,·,0]    dbeta += Σ kept[·,·,1]
struct Fold {
  static constexpr unsigned K = 2;
  float *dgamma, *dbeta;
  const double *kept;

  METHOD void sum(double (&s)[K], unsigned i) {
    s[0] += kept[2 * (size_t)i];
    s[1] += kept[2 * (size_t)i + 1];
  }
  METHOD void settle(double (&s)[K], const Part &p) {
    if (p.first()) dgamma[p.column] += (float)s[0], dbeta[p.column] += (float)s[1];
  }
  METHOD void write(unsigned) {}
};

KERNEL(THREADS) norm_fold(Output dgamma, Output dbeta, const double *__restrict__ kept, int lo, int hi, int columns,
                          int width) {
  __shared__ __attribute__((aligned(16))) double shared[Fold::K * THREADS];
  Part p(blockIdx.x, hi - lo, columns, width, 1);
  Fold k{dgamma, dbeta, kept + 2 * (size_t)lo * columns};
  run(k, p, shared, 0, TAKE_SUMS | WRITE);
}

// Parameter gradients alone. The columns are parameters, also those of a layer norm, and the rows those of
// the samples that count, which begin at row `from`. Row m and column c belong to set
// m/group·per_group + c·per_column.
struct Param {
  static constexpr unsigned K = 2;
  float *dgamma, *dbeta;
  const float *dy, *delta, *xdot, *x, *y, *mean, *r, *meandot, *corr;
  float slope;
  unsigned m, step, group, per_group, fixed; // fixed: c·per_column

  METHOD void sum(double (&s)[K], unsigned i) {
    unsigned set = m / group * per_group + fixed;
    m += step;
    double root = r[set], hat = (x[i] - (double)mean[set]) * root;
    if (dy) {
      double v = gated(y, i, dy[i], slope);
      s[0] += v * hat;
      s[1] += v;
    }
    if (delta) {
      double dot = ((double)xdot[i] - meandot[set] - hat * corr[set]) * root;
      s[0] += gated(y, i, delta[i], slope) * dot;
    }
  }
  METHOD void settle(double (&s)[K], const Part &p) {
    if (p.first()) dgamma[p.column] += (float)s[0], dbeta[p.column] += (float)s[1];
  }
  METHOD void write(unsigned) {}
};

// dgamma += Σ (dy·x' + δ·ẋ'), dbeta += Σ dy; dy or δ may be null for zero. A launch that adds up slices has
// one block for all of them.
KERNEL(THREADS) norm_param(Output dgamma, Output dbeta, Input dy, Input delta, Input xdot, Input x, Input y,
                           Input mean, Input r, Input meandot, Input corr, float slope, int from, int group,
                           int per_group, int per_column, double *__restrict__ partials, int rows, int columns,
                           int width, int slices, int steps) {
  __shared__ __attribute__((aligned(16))) double shared[Param::K * THREADS];
  Part p(steps & ADD_SUMS ? blockIdx.x * slices : blockIdx.x, rows, columns, width, slices);
  Param k{dgamma, dbeta, dy, delta, xdot, x, y, mean, r, meandot, corr, slope};
  k.m = from + p.lo + p.row, k.step = p.step, k.group = group, k.per_group = per_group, k.fixed = p.column * per_column;
  p.start += (unsigned)from * columns;
  run(k, p, shared, partials, steps);
}
