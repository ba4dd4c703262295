// The passes that differentiate a normalisation. Tensors like x are (groups, rows, columns), statistics
// (groups, columns), γ as in norm.cu; y, the output, is null unless there is a leaky ReLU, which multiplies
// dy, ȳ and δ, or ẏ, where y tells so. norm.cuh says who does what. The arithmetic is in double, in which
// a sum of products with x can be taken before its mean is subtracted.
//
// A column's sums are taken without its own γ, which is multiplied on afterwards. So they are also the
// set's share of parameter gradients for each column, and the tensors need not be read again for those: of
// one group they are added to dgamma and dbeta; of several they are left in `kept` (groups, columns, 2), and
// the last block of a column adds up those of groups lo to hi. All three are null where they are not wanted.
// Wide kernels are for columns in pieces of V, and no layer norm.
#include "norm.cuh"
#include "ticket.cuh"

// Column is what all passes know of the thread's own column.
template <bool EACH>
struct Column {
  Scale<EACH> gamma;
  float slope;
  Own own;
  double fixed_gamma, mean, r, count;
  float *dgamma, *dbeta;
  double *kept;
  unsigned *tickets;
  unsigned groups, columns, lo, hi;

  METHOD Column(const float *means, const float *roots, const float *g, unsigned gs, float slope_, unsigned rows,
                unsigned columns_, const Part &p, const Own &o)
      : gamma(g, gs, columns_, p), slope(slope_), own(o), fixed_gamma(fixed(g, 1, gs, columns_, o)), mean(0), r(0),
        count(rows), dgamma(0), dbeta(0), kept(0), tickets(0), groups(1), columns(columns_), lo(0), hi(0) {
    if (own.on) mean = means[own.set], r = roots[own.set];
  }
  METHOD void grads(float *g, float *b, double *kept_, unsigned *tickets_, unsigned groups_, unsigned lo_, unsigned hi_) {
    dgamma = g, dbeta = b, kept = kept_, tickets = tickets_, groups = groups_, lo = lo_, hi = hi_;
  }
  METHOD void rewind() { gamma.rewind(); }
  METHOD double gated(float y, float v) const { return leaky(y, v, slope); }
  METHOD void keep(double g, double b) const {
    if (!own.first) return;
    if (kept) {
      kept[2 * (size_t)own.set] = g, kept[2 * (size_t)own.set + 1] = b;
    } else if (dgamma) {
      dgamma[own.set] += (float)g, dbeta[own.set] += (float)b;
    }
  }
  // fold has the block's last walk over what is kept of its columns, if it is the last of all groups.
  METHOD void fold(double *shared, Part p, unsigned v) const {
    if (!kept || p.slice > 0 || !last_block(tickets + p.left / p.width, groups)) return;
    p.width *= v, p.row = threadIdx.x / p.width, p.step = THREADS / p.width;
    const unsigned column = p.left * v + threadIdx.x % p.width;
    double s[1][2] = {};
    if (p.row < p.step && column < columns) {
#pragma unroll 8
      for (unsigned g = lo + p.row; g < hi; g += p.step) {
        s[0][0] += kept[2 * ((size_t)g * columns + column)];
        s[0][1] += kept[2 * ((size_t)g * columns + column) + 1];
      }
    }
    total(s, shared, p);
    if (own.on) dgamma[own.column] += (float)shared[threadIdx.x], dbeta[own.column] += (float)shared[THREADS + threadIdx.x];
  }
};

// Inputs are dy, x and y.
template <bool EACH>
struct Backward : Column<EACH> {
  static constexpr unsigned K = 2, C = 3, I = 3, U = 4;

  METHOD Backward(Column<EACH> c) : Column<EACH>(c) {}
  static METHOD float missing(unsigned) { return 1; }
  METHOD void sum(double (&s)[K], const float (&e)[I], unsigned) {
    double v = this->gamma.value(1) * this->gated(e[2], e[0]);
    s[0] += v;
    s[1] += v * e[1];
    this->gamma.next();
  }
  METHOD void settle(const double (&s)[K], double (&c)[C]) const {
    double mean = this->mean, r = this->r, hat = r * (s[1] - mean * s[0]); // Σ v·x'
    this->keep(hat, s[0]);
    double first = this->fixed_gamma * s[0] / this->count, corr = r * (this->fixed_gamma * hat / this->count);
    c[0] = this->fixed_gamma * r, c[1] = -r * corr, c[2] = r * (mean * corr - first);
  }
  METHOD float write(const float (&e)[I], const double (&c)[C]) {
    double v = this->gamma.value(1) * this->gated(e[2], e[0]);
    this->gamma.next();
    return c[0] * v + (c[1] * e[1] + c[2]);
  }
};

#define BACKWARD                                                                                                  \
  Output dx, Rounding rounding, Input dy, Input x, Input y, Input mean, Input r, Input gamma, int gammas, float slope,    \
      Output dgamma, Output dbeta, double *__restrict__ kept, unsigned *__restrict__ tickets, int groups, int lo, \
      int hi,                                                                                                     \
      double *__restrict__ partials, int rows, int columns, int width, int slices, int steps

template <bool EACH, unsigned V>
DEVICE void backward(BACKWARD) {
  Part p(blockIdx.x, rows, columns / V, width, slices);
  Own own(p, V, columns);
  Backward<EACH> k(Column<EACH>(mean, r, gamma, gammas, slope, rows, columns, p, own));
  k.grads(dgamma, dbeta, kept, tickets, groups, lo, hi);
  const float *in[] = {dy, x, y};
  run<V>(k, p, own, in, dx, rounding, partials, steps);
}

// dx = r·P(γ·dy).
KERNEL(THREADS) norm_backward(BACKWARD) {
  backward<true, 1>(dx, rounding, dy, x, y, mean, r, gamma, gammas, slope, dgamma, dbeta, kept, tickets, groups, lo, hi, partials, rows, columns, width, slices, steps);
}
KERNEL(THREADS) norm_backward_wide(BACKWARD) {
  backward<false, 4>(dx, rounding, dy, x, y, mean, r, gamma, gammas, slope, dgamma, dbeta, kept, tickets, groups, lo, hi, partials, rows, columns, width, slices, steps);
}

// Inputs are ẋ, x and y.
template <bool EACH>
struct Tangent : Column<EACH> {
  static constexpr unsigned K = 2, C = 3, I = 3, U = 4;
  float *meandots, *corrs;

  METHOD Tangent(Column<EACH> c) : Column<EACH>(c) {}
  static METHOD float missing(unsigned) { return 1; }
  METHOD void sum(double (&s)[K], const float (&e)[I], unsigned) {
    double dot = e[0];
    s[0] += dot;
    s[1] += dot * e[1];
  }
  METHOD void settle(const double (&s)[K], double (&c)[C]) const {
    double mean = this->mean, r = this->r, first = s[0] / this->count, corr = r * (s[1] - mean * s[0]) / this->count;
    if (this->own.first) meandots[this->own.set] = first, corrs[this->own.set] = corr;
    c[0] = this->fixed_gamma * r, c[1] = -c[0] * r * corr, c[2] = c[0] * (mean * r * corr - first);
  }
  METHOD float write(const float (&e)[I], const double (&c)[C]) {
    float v = this->gamma.value(1) * (c[0] * e[0] + (c[1] * e[1] + c[2]));
    this->gamma.next();
    return this->gated(e[2], v);
  }
};

#define TANGENT                                                                                              \
  Output ydot, Rounding rounding, Output meandot, Output corr, Input xdot, Input x, Input y, Input mean, Input r,    \
      Input gamma, int gammas, float slope, double *__restrict__ partials, int rows, int columns, int width, \
      int slices, int steps

template <bool EACH, unsigned V>
DEVICE void tangent(TANGENT) {
  Part p(blockIdx.x, rows, columns / V, width, slices);
  Own own(p, V, columns);
  Tangent<EACH> k(Column<EACH>(mean, r, gamma, gammas, slope, rows, columns, p, own));
  k.meandots = meandot, k.corrs = corr;
  const float *in[] = {xdot, x, y};
  run<V>(k, p, own, in, ydot, rounding, partials, steps);
}

// ẏ = γ·r·P(ẋ); mean ẋ and mean(x'ẋ) are kept.
KERNEL(THREADS) norm_tangent(TANGENT) {
  tangent<true, 1>(ydot, rounding, meandot, corr, xdot, x, y, mean, r, gamma, gammas, slope, partials, rows, columns, width, slices, steps);
}
KERNEL(THREADS) norm_tangent_wide(TANGENT) {
  tangent<false, 4>(ydot, rounding, meandot, corr, xdot, x, y, mean, r, gamma, gammas, slope, partials, rows, columns, width, slices, steps);
}

// x̄ = r·(P(u) − x'·mean(w·ẋ')) with u = γȳ + q takes the mean of w·x' before it can make q, and the means of
// u and x'u after that; but q is linear in numbers that are known, so that one walk has all sums:
//
//	corrW  = mean(w·x')     cross = mean(w·ẋ') = r·(mean(w·(ẋ−meanDot)) − corr·corrW)
//	mean u    = mean(γȳ)    − r·(corr·mean(w) + corrW·mean(ẋ))
//	mean x'u  = mean(x'·γȳ) − r·(corr·corrW + corrW·mean(x'ẋ))
//
// Inputs are x, y, δ, ẋ and ȳ.
template <bool EACH, unsigned V>
struct Second : Column<EACH> {
  static constexpr unsigned K = 7, C = 5, I = 5, U = V > 1 ? 4 : 2;
  double meandot, corr; // of ẋ

  METHOD Second(Column<EACH> c) : Column<EACH>(c), meandot(0), corr(0) {}
  static METHOD float missing(unsigned j) { return j == 1; }
  METHOD void sum(double (&s)[K], const float (&e)[I], unsigned) {
    double x = e[0], dot = e[3], w = this->gamma.value(1) * this->gated(e[1], e[2]), v = this->gamma.value(1) * this->gated(e[1], e[4]);
    s[0] += w;
    s[1] += w * x;
    s[2] += w * dot;
    s[3] += dot;
    s[4] += dot * x;
    s[5] += v;
    s[6] += v * x;
    this->gamma.next();
  }
  METHOD void settle(const double (&s)[K], double (&c)[C]) const {
    double mean = this->mean, r = this->r;
    double w = r * (s[1] - mean * s[0]), dot = r * (s[4] - mean * s[3]), v = r * (s[6] - mean * s[5]); // Σ ·x'
    double along = r * (s[2] - meandot * s[0] - corr * w);                                               // Σ w·ẋ'
    this->keep(v + along, s[5]);
    double outside = this->fixed_gamma / this->count, corrw = outside * w;
    double meanu = outside * s[5] - r * (corr * outside * s[0] + corrw * s[3] / this->count);
    double corru = r * (outside * v - r * (corr * corrw + corrw * (dot / this->count)) + outside * along);
    c[0] = this->fixed_gamma * r, c[1] = -c[0] * r * corr, c[2] = -r * r * corrw, c[3] = -r * corru, c[4] = r * (mean * corru - meanu);
  }
  METHOD float write(const float (&e)[I], const double (&c)[C]) {
    double w = this->gated(e[1], e[2]), v = this->gated(e[1], e[4]);
    double u = this->gamma.value(1) * (c[0] * v + c[1] * w);
    this->gamma.next();
    return u + (c[2] * e[3] + (c[3] * e[0] + c[4]));
  }
};

#define SECOND                                                                                                   \
  Output xbar, Rounding rounding, Input ybar, Input delta, Input xdot, Input x, Input y, Input mean, Input r,            \
      Input meandot, Input corr, Input gamma, int gammas, float slope, Output dgamma, Output dbeta,              \
      double *__restrict__ kept,                                                                                 \
      unsigned *__restrict__ tickets, int groups, int lo, int hi, double *__restrict__ partials,                 \
      int rows, int columns, int width, int slices, int steps

template <bool EACH, unsigned V>
DEVICE void second(SECOND) {
  Part p(blockIdx.x, rows, columns / V, width, slices);
  Own own(p, V, columns);
  Second<EACH, V> k(Column<EACH>(mean, r, gamma, gammas, slope, rows, columns, p, own));
  k.grads(dgamma, dbeta, kept, tickets, groups, lo, hi);
  if (own.on && steps != WRITE) k.meandot = meandot[own.set], k.corr = corr[own.set];
  const float *in[] = {x, y, delta, xdot, ybar};
  run<V>(k, p, own, in, xbar, rounding, partials, steps);
}

// x̄ of ȳ (null for zero), δ and ẋ. A frozen one only writes: γ·r·ȳ.
KERNEL(THREADS) norm_second(SECOND) {
  second<true, 1>(xbar, rounding, ybar, delta, xdot, x, y, mean, r, meandot, corr, gamma, gammas, slope, dgamma, dbeta, kept, tickets, groups, lo, hi, partials, rows, columns, width, slices, steps);
}
KERNEL(THREADS) norm_second_wide(SECOND) {
  second<false, 2>(xbar, rounding, ybar, delta, xdot, x, y, mean, r, meandot, corr, gamma, gammas, slope, dgamma, dbeta, kept, tickets, groups, lo, hi, partials, rows, columns, width, slices, steps);
}
