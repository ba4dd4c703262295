#include "numerics.cuh"
#include "reduce.cuh"

// The losses of critics and generators: loss = mean f(real) + mean g(fake), with the gradients dReal and dFake,
// of n scores real and n scores fake; real and dReal are null in a generator's loss. f and g are one
// function with two pairs of numbers, called as in Go. There are few scores, so that one block takes them
// all; arithmetic is in double, as on the CPU.

// term is a function's value and its derivative.
struct term {
  double value, slope;
};

// bce is weight·softplus(sign·score).
DEVICE term bce(double score, double sign, double weight) {
  const double t = sign * score;
  return {weight * ((t > 0 ? t : 0) + log1p64(exp64(-fabs(t)))), weight * sign / (1 + exp64(-t))};
}

// sigmoid_bce is the cross-entropy of the score's sigmoid, rounded to float, with a label, clamped at 100.
DEVICE term sigmoid_bce(double score, double label, double) {
  const double p = (double)(float)(1 / (1 + exp64(-score)));
  double log = label == 1 ? log64(p) : log1p64(-p), sigmoid = p * (1 - p);
  if (log < -100) log = -100; // NaN stays
  return {-log, (p - label) / (sigmoid < 1e-12 ? 1e-12 : sigmoid) * sigmoid};
}

// wasserstein is sign·score.
DEVICE term wasserstein(double score, double sign, double) { return {sign * score, sign}; }

// hinge is max(0, 1 + sign·score).
DEVICE term hinge(double score, double sign, double) {
  const double margin = 1 + sign * score;
  if (margin <= 0) return {0, 0};
  return {margin, sign};
}

// least_squares is factor·(score−target)².
DEVICE term least_squares(double score, double target, double factor) {
  const double d = score - target;
  return {factor * d * d, 2 * factor * d};
}

typedef term (*score_function)(double score, double a, double b);

template <score_function F>
DEVICE void score(float *loss, float *dReal, float *dFake, const float *real, const float *fake, double realA, double realB, double fakeA, double fakeB, int n) {
  __shared__ __attribute__((aligned(16))) double shared[THREADS / 32];
  double sum = 0;
  // One loop over both kinds, so that the function stands in the code once.
  for (unsigned i = real ? threadIdx.x : n + threadIdx.x; i < 2u * n; i += THREADS) {
    const bool isReal = i < n;
    const unsigned at = isReal ? i : i - n;
    const term f = F((isReal ? real : fake)[at], isReal ? realA : fakeA, isReal ? realB : fakeB);
    sum += f.value;
    (isReal ? dReal : dFake)[at] = (float)(f.slope / n);
  }
  sum = block_sum<THREADS>(sum, shared);
  if (threadIdx.x == 0) loss[0] = (float)(sum / n);
}

#define SCORE(NAME)                                                                                                                                                      \
  KERNEL(THREADS) score_##NAME(float *loss, float *dReal, float *dFake, const float *real, const float *fake, double realA, double realB, double fakeA, double fakeB, int n) { \
    score<NAME>(loss, dReal, dFake, real, fake, realA, realB, fakeA, fakeB, n);                                                                                         \
  }
SCORE(bce)
SCORE(sigmoid_bce)
SCORE(wasserstein)
SCORE(hinge)
SCORE(least_squares)
