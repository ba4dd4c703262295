// Normalisations, forwards. x and y are (groups, rows, columns), statistics (groups, columns), γ and β
// (columns) or, in a layer norm, as many as divide the rows; null ones are 1 and 0. norm.cuh says who does
// what. The arithmetic is in double: a mean may be far larger than what is left of a number without it.
#include "norm.cuh"

// y = γ·(x−mean)·r + β, of which γ·r or r is one coefficient. What is x−mean in exact numbers is 0 here: the
// sign of y counts.
template <bool EACH>
struct Affine {
  static constexpr unsigned C = 3, I = 1;
  Scale<EACH> gamma, beta;
  float slope;
  double fixed_gamma, fixed_beta;

  METHOD Affine(const float *g, unsigned gs, const float *b, unsigned bs, float slope_, unsigned columns, const Part &p, const Own &own)
      : gamma(g, gs, columns, p), beta(b, bs, columns, p), slope(slope_),
        fixed_gamma(fixed(g, 1, gs, columns, own)), fixed_beta(fixed(b, 0, bs, columns, own)) {}
  static METHOD float missing(unsigned) { return 0; }
  METHOD void coefficients(double (&c)[C], double mean, double r) const { c[0] = mean, c[1] = fixed_gamma * r, c[2] = fixed_beta; }
  METHOD void rewind() { gamma.rewind(), beta.rewind(); }
  METHOD void fold(double *, const Part &, unsigned) const {}
  METHOD float write(const float (&e)[I], const double (&c)[C]) {
    float v = gamma.value(1) * ((e[0] - c[0]) * c[1]) + beta.value(c[2]);
    gamma.next(), beta.next();
    return leaky(v, v, slope);
  }
};

// Running are the running statistics, null if there are none: running += momentum·(batch − running), where the
// batch's are rounded, and its variance is multiplied by scale first.
struct Running {
  float *mean, *variance, *batches;
  double momentum, scale;

  METHOD void move(unsigned set, float batch_mean, float batch_variance) const {
    if (!mean) return;
    mean[set] = (1 - momentum) * mean[set] + momentum * batch_mean;
    variance[set] = (1 - momentum) * variance[set] + momentum * scale * batch_variance;
    if (set == 0) batches[0] += 1;
  }
};

// With s one of a set's own numbers, the sums are of x−s and (x−s)²: one walk is enough, since (mean−s)² is
// at most M variances, so that the variance keeps all but log2 M bits of a double.
template <bool EACH, unsigned V>
struct Forward : Affine<EACH> {
  static constexpr unsigned K = 2, U = V > 1 ? 8 : 4;
  float *means, *variances, *roots;
  Running running;
  Own own;
  double shift[V], own_shift, eps, count;

  METHOD Forward(Affine<EACH> a, const Own &o) : Affine<EACH>(a), own(o) {}
  METHOD void sum(double (&s)[K], const float (&e)[1], unsigned v) {
    double d = e[0] - shift[v];
    s[0] += d;
    s[1] += d * d;
  }
  METHOD void settle(const double (&s)[K], double (&c)[3]) const {
    double d = s[0] / count, variance = s[1] / count - d * d, mean = own_shift + d;
    variance = variance < 0 ? 0 : variance; // a NaN stays one
    double r = 1 / sqrt(variance + eps);
    this->coefficients(c, mean, r);
    if (!own.first) return;
    means[own.set] = mean, variances[own.set] = variance, roots[own.set] = r;
    running.move(own.set, mean, variance);
  }
};

#define FORWARD                                                                                                   \
  Output y, Rounding rounding, Output mean, Output variance, Output r, Input x, Input gamma, int gammas, Input beta,      \
      int betas, double eps, float slope, Output running_mean, Output running_var, Output batches,                \
      double momentum, double scale, double *__restrict__ partials, int rows, int columns, int width, int slices, \
      int steps

template <bool EACH, unsigned V>
DEVICE void forward(FORWARD) {
  Part p(blockIdx.x, rows, columns / V, width, slices);
  Own own(p, V, columns);
  Forward<EACH, V> k(Affine<EACH>(gamma, gammas, beta, betas, slope, columns, p, own), own);
  k.means = mean, k.variances = variance, k.roots = r;
  k.eps = eps, k.count = rows, k.running = {running_mean, running_var, batches, momentum, scale};
  const float *top = x + (size_t)rows * p.group * columns;
#pragma unroll
  for (unsigned v = 0; v < V; v++) k.shift[v] = p.on ? top[p.column * V + v] : 0;
  k.own_shift = own.on ? top[own.column] : 0;
  const float *in[] = {x};
  run<V>(k, p, own, in, y, rounding, partials, steps);
}

// y = a(γ·(x−mean)·r + β), with statistics that are kept, and used before they are rounded. The wide one is for
// columns in pieces of four, and no layer norm.
KERNEL(THREADS) norm_forward(FORWARD) {
  forward<true, 1>(y, rounding, mean, variance, r, x, gamma, gammas, beta, betas, eps, slope, running_mean, running_var, batches, momentum, scale, partials, rows, columns, width, slices, steps);
}
KERNEL(THREADS) norm_forward_wide(FORWARD) {
  forward<false, 4>(y, rounding, mean, variance, r, x, gamma, gammas, beta, betas, eps, slope, running_mean, running_var, batches, momentum, scale, partials, rows, columns, width, slices, steps);
}

template <bool EACH>
struct Apply : Affine<EACH> {
  static constexpr unsigned K = 1, U = 4;
  double mean, r;

  METHOD Apply(Affine<EACH> a) : Affine<EACH>(a), mean(0), r(0) {}
  METHOD void sum(double (&)[K], const float (&)[1], unsigned) {}
  METHOD void settle(const double (&)[K], double (&c)[3]) const { this->coefficients(c, mean, r); }
};

// The same with given statistics.
KERNEL(THREADS) norm_apply(Output y, Rounding rounding, Input x, Input mean, Input r, Input gamma, int gammas, Input beta,
                           int betas, float slope, int rows, int columns, int width, int slices) {
  Part p(blockIdx.x, rows, columns, width, slices);
  Own own(p, 1, columns);
  Apply<true> k(Affine<true>(gamma, gammas, beta, betas, slope, columns, p, own));
  if (own.on) k.mean = mean[own.set], k.r = r[own.set];
  const float *in[] = {x};
  run<1>(k, p, own, in, y, rounding, 0, WRITE);
}

// r = 1/√(variance+eps). One thread a number.
KERNEL(THREADS) norm_root(Output r, Input variance, double eps, int n) {
  EACH(i, n) r[i] = 1 / sqrt(variance[i] + eps);
}
