// Normalisations, forwards. x and y are (groups, rows, columns), statistics (groups, columns), γ and β
// (columns) or, in a layer norm, as many as divide the rows; null ones are 1 and 0. norm.cuh says who does
// what. The arithmetic is in double: a mean may be far larger than what is left of a number without it.
#include "norm.cuh"

struct Affine {
  float *y;
  const float *x;
  Scale gamma, beta;
  float slope;
  double mean, r;

  METHOD void write(unsigned i) {
    float v = gamma.value() * ((x[i] - mean) * r) + beta.value();
    y[i] = leaky(v, v, slope);
    gamma.next(), beta.next();
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
struct Forward : Affine {
  static constexpr unsigned K = 2;
  float *means, *variances, *roots;
  Running running;
  unsigned set;
  double shift, eps, count;

  METHOD Forward(Affine a) : Affine(a) {}
  METHOD void sum(double (&s)[K], unsigned i) {
    double d = x[i] - shift;
    s[0] += d;
    s[1] += d * d;
  }
  METHOD void settle(double (&s)[K], const Part &p) {
    double d = s[0] / count, variance = s[1] / count - d * d;
    variance = variance < 0 ? 0 : variance; // a NaN stays one
    mean = shift + d;
    r = 1 / sqrt(variance + eps);
    if (!p.first()) return;
    means[set] = mean, variances[set] = variance, roots[set] = r;
    running.move(set, mean, variance);
  }
};

// y = a(γ·(x−mean)·r + β), with statistics that are kept, and used before they are rounded.
KERNEL(THREADS) norm_forward(Output y, Output mean, Output variance, Output r, Input x, Input gamma, int gammas,
                             Input beta, int betas, double eps, float slope, Output running_mean,
                             Output running_var, Output batches, double momentum, double scale,
                             double *__restrict__ partials, int rows, int columns, int width, int slices, int steps) {
  __shared__ __attribute__((aligned(16))) double shared[Forward::K * THREADS];
  Part p(blockIdx.x, rows, columns, width, slices);
  Forward k({y, x, Scale(gamma, 1, gammas, columns, p), Scale(beta, 0, betas, columns, p), slope, 0, 0});
  k.means = mean, k.variances = variance, k.roots = r, k.set = p.group * columns + p.column;
  k.eps = eps, k.count = rows, k.running = {running_mean, running_var, batches, momentum, scale};
  k.shift = p.on ? x[(unsigned)rows * p.group * columns + p.column] : 0;
  run(k, p, shared, partials, steps);
}

struct Apply : Affine {
  static constexpr unsigned K = 1;
  METHOD Apply(Affine a) : Affine(a) {}
  METHOD void sum(double (&)[K], unsigned) {}
  METHOD void settle(double (&)[K], const Part &) {}
};

// The same with given statistics.
KERNEL(THREADS) norm_apply(Output y, Input x, Input mean, Input r, Input gamma, int gammas, Input beta, int betas,
                           float slope, int rows, int columns, int width, int slices) {
  Part p(blockIdx.x, rows, columns, width, slices);
  Apply k({y, x, Scale(gamma, 1, gammas, columns, p), Scale(beta, 0, betas, columns, p), slope, 0, 0});
  if (p.on) k.mean = mean[p.group * columns + p.column], k.r = r[p.group * columns + p.column];
  run(k, p, 0, 0, WRITE);
}

// r = 1/√(variance+eps). One thread a number.
KERNEL(THREADS) norm_root(Output r, Input variance, double eps, int n) {
  EACH(i, n) r[i] = 1 / sqrt(variance[i] + eps);
}
