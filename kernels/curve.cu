#include "numerics.cuh"

// Everything here is rounded as on the CPU, step by step. A thread takes an element at a time.

// y = tanh x. y may be x.
KERNEL(THREADS) tanh_value(float *y, Rounding rounding, const float *x, int n) {
  EACH(i, n) write1(y, rounding, i, tanh32(x[i]));
}

// y = 1/(1+exp(−x)). y may be x.
KERNEL(THREADS) sigmoid_value(float *y, Rounding rounding, const float *x, int n) {
  EACH(i, n) write1(y, rounding, i, sigmoid32(x[i]));
}

// derivatives are the first and the second derivative of a curve where its output is y.
struct derivatives {
  exact<float> first, second;
};

struct tanh_curve {
  static __device__ __forceinline__ derivatives at(exact<float> y) {
    const exact<float> first = 1 - y * y;
    return {first, -2 * y * first};
  }
};

struct sigmoid_curve {
  static __device__ __forceinline__ derivatives at(exact<float> y) {
    const exact<float> first = y * (1 - y);
    return {first, first * (1 - 2 * y)};
  }
};

// slope computes dst = first·v. dst may be v.
template <class Curve> DEVICE void slope(float *dst, Rounding rounding, const float *y, const float *v, int n) {
  EACH(i, n) write1(dst, rounding, i, (Curve::at(y[i]).first * v[i]).v);
}

// second computes xbar = second·xdot·delta + first·ybar, without the last term if ybar is null.
template <class Curve>
DEVICE void second(float *xbar, Rounding rounding, const float *y, const float *ybar, const float *xdot, const float *delta, int n) {
  EACH(i, n) {
    const derivatives d = Curve::at(y[i]);
    exact<float> sum = d.second * xdot[i] * delta[i];
    if (ybar) sum = sum + d.first * ybar[i];
    write1(xbar, rounding, i, sum.v);
  }
}

KERNEL(THREADS) tanh_slope(float *dst, Rounding rounding, const float *y, const float *v, int n) { slope<tanh_curve>(dst, rounding, y, v, n); }

KERNEL(THREADS) sigmoid_slope(float *dst, Rounding rounding, const float *y, const float *v, int n) { slope<sigmoid_curve>(dst, rounding, y, v, n); }

KERNEL(THREADS) tanh_second(float *xbar, Rounding rounding, const float *y, const float *ybar, const float *xdot, const float *delta, int n) {
  second<tanh_curve>(xbar, rounding, y, ybar, xdot, delta, n);
}

KERNEL(THREADS) sigmoid_second(float *xbar, Rounding rounding, const float *y, const float *ybar, const float *xdot, const float *delta, int n) {
  second<sigmoid_curve>(xbar, rounding, y, ybar, xdot, delta, n);
}
