// Arithmetic that is rounded step by step, and functions made of it. They take the CPU's steps, so that
// results are those of the CPU, in the emulator and on a GPU. No toolkit's library is needed, and nothing
// is approximate.
#pragma once
#include "cuda.cuh"

// mul, add and sub round by themselves. Of a plain product and sum the compilers, and the assembler behind
// them, may make one operation.
DEVICE float mul(float a, float b) { float c; asm("mul.rn.f32 %0, %1, %2;" : "=f"(c) : "f"(a), "f"(b)); return c; }
DEVICE float add(float a, float b) { float c; asm("add.rn.f32 %0, %1, %2;" : "=f"(c) : "f"(a), "f"(b)); return c; }
DEVICE float sub(float a, float b) { float c; asm("sub.rn.f32 %0, %1, %2;" : "=f"(c) : "f"(a), "f"(b)); return c; }
DEVICE double mul(double a, double b) { double c; asm("mul.rn.f64 %0, %1, %2;" : "=d"(c) : "d"(a), "d"(b)); return c; }
DEVICE double add(double a, double b) { double c; asm("add.rn.f64 %0, %1, %2;" : "=d"(c) : "d"(a), "d"(b)); return c; }
DEVICE double sub(double a, double b) { double c; asm("sub.rn.f64 %0, %1, %2;" : "=d"(c) : "d"(a), "d"(b)); return c; }

// exact is a number whose operators round by themselves.
template <class T> struct exact {
  T v;
  __device__ __forceinline__ exact(T v) : v(v) {}
  friend __device__ __forceinline__ exact operator+(exact a, exact b) { return add(a.v, b.v); }
  friend __device__ __forceinline__ exact operator-(exact a, exact b) { return sub(a.v, b.v); }
  friend __device__ __forceinline__ exact operator*(exact a, exact b) { return mul(a.v, b.v); }
  friend __device__ __forceinline__ exact operator/(exact a, exact b) { return a.v / b.v; }
};

// horner returns the polynomial of x with the given coefficients, that of the highest power first.
DEVICE exact<double> horner(exact<double>, exact<double> c) { return c; }
template <class... Rest> DEVICE exact<double> horner(exact<double> x, exact<double> c, exact<double> d, Rest... rest) {
  return horner(x, c * x + d, rest...);
}

// power returns 2^n for n between −1022 and 1023, power32 for n between −126 and 127.
DEVICE double power(int n) { return __longlong_as_double((long long)(n + 1023) << 52); }
DEVICE float power32(int n) { return __int_as_float((n + 127) << 23); }

DEVICE double infinity() { return __longlong_as_double(0x7ff0000000000000); }
DEVICE double not_a_number() { return __longlong_as_double(0x7ff8000000000000); }

// ln 2 in two parts: products of the first with whole numbers are exact.
#define LN2_HI 6.93147180369123816490e-01
#define LN2_LO 1.90821492927058770002e-10

// log64 is the natural logarithm of a number that is not subnormal: FreeBSD's, as in Go's package math.
DEVICE double log64(double x) {
  if (x == 0) return -infinity();
  if (x < 0) return not_a_number();
  if (!(x < infinity())) return x;
  const long long bits = __double_as_longlong(x);
  double f1 = __longlong_as_double((bits & 0x000fffffffffffff) | 0x3fe0000000000000); // x = f1·2ⁿ
  int n = (int)(bits >> 52) - 1022;
  if (f1 < 7.07106781186547524401e-01) {
    f1 *= 2;
    n--;
  }
  const exact<double> f = f1 - 1, k = (double)n;
  const exact<double> s = f / (2 + f), s2 = s * s, s4 = s2 * s2;
  const exact<double> t1 = s2 * horner(s4, 1.479819860511658591e-01, 1.818357216161805012e-01, 2.857142874366239149e-01, 6.666666666666735130e-01);
  const exact<double> t2 = s4 * horner(s4, 1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01);
  const exact<double> hfsq = 0.5 * f * f;
  return (k * LN2_HI - ((hfsq - (s * (hfsq + (t1 + t2)) + k * LN2_LO)) - f)).v;
}

// log1p64 is log(1+x): FreeBSD's, as in Go's package math.
DEVICE double log1p64(double x) {
  if (!(x >= -1)) return not_a_number();
  if (x == -1) return -infinity();
  if (!(x < infinity())) return x;
  const double small = 1.0 / (1 << 29), tiny = 1.0 / (1ll << 54);
  const exact<double> ex = x;
  if (fabs(x) < small) return fabs(x) < tiny ? x : (ex - ex * ex * 0.5).v;
  // 1+x = 2ⁿ·(1+f), and c makes up for the rounding of 1+x. near is zero where f is so small that a
  // short series does.
  exact<double> f = x, c = 0.0;
  long long near = 1;
  int n = 0;
  if (!(x > -2.928932188134524755992e-01 && x < 4.142135623730950488017e-01)) { // √2/2−1, √2−1
    exact<double> u = x;
    if (fabs(x) < 9007199254740992.0) u = 1 + ex;
    const long long bits = __double_as_longlong(u.v);
    n = (int)(bits >> 52) - 1023;
    if (fabs(x) < 9007199254740992.0) c = (n > 0 ? 1 - (u - ex) : ex - (u - 1)) / u;
    near = bits & 0x000fffffffffffff;
    if (near < 0x0006a09e667f3bcd) { // √2
      f = __longlong_as_double(near | 0x3ff0000000000000) - 1;
    } else {
      n++;
      f = __longlong_as_double(near | 0x3fe0000000000000) - 1;
      near = (0x0010000000000000 - near) >> 2;
    }
  }
  const exact<double> k = (double)n, hfsq = 0.5 * f * f;
  if (near == 0) {
    if (f.v == 0) return n == 0 ? 0 : (k * LN2_HI + (c + k * LN2_LO)).v;
    const exact<double> r = hfsq * (1 - 0.66666666666666666 * f);
    return n == 0 ? (f - r).v : (k * LN2_HI - ((r - (k * LN2_LO + c)) - f)).v;
  }
  const exact<double> s = f / (2 + f), z = s * s;
  const exact<double> r = z * horner(z, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01);
  if (n == 0) return (f - (hfsq - s * (hfsq + r))).v;
  return (k * LN2_HI - ((hfsq - (s * (hfsq + r) + (k * LN2_LO + c))) - f)).v;
}

// exp64 is the exponential function: Shibata's ("Efficient evaluation methods of elementary functions
// suitable for SIMD computation", 2010), as in Go's package math on amd64. With x = n·ln 2 + 16·r a Taylor
// series gives exp(r)−1, whose double at twice r is itself times 2 more than itself. 2ⁿ is multiplied in two
// halves, since it may lie below the smallest normal number.
DEVICE double exp64(double x) {
  x = x > 710 ? 710 : x < -750 ? -750 : x; // NaN stays
  const double magic = 6755399441055744.0;  // numbers near it have the unit 1
  const double shifted = add(mul(x, 1.4426950408889634), magic), n = sub(shifted, magic);
  double r = fma(-0.693147180559662956511601805686950683593750, n, x);
  r = mul(fma(-0.28235290563031577122588448175013436025525412068e-12, n, r), 0.0625);
  double p = 2.4801587301587301587e-5;
  p = fma(p, r, 1.9841269841269841270e-4);
  p = fma(p, r, 1.3888888888888888889e-3);
  p = fma(p, r, 8.3333333333333333333e-3);
  p = fma(p, r, 4.1666666666666666667e-2);
  p = fma(p, r, 1.6666666666666666667e-1);
  p = fma(p, r, 0.5);
  p = fma(p, r, 1.0);
  p = mul(p, r);
  p = mul(p, add(p, 2.0));
  p = mul(p, add(p, 2.0));
  p = mul(p, add(p, 2.0));
  p = fma(p, add(p, 2.0), 1.0);
  const int k = (int)__double_as_longlong(shifted), half = k >> 1;
  return mul(mul(p, power(half)), power(k - half));
}

// sincos64 gives sine and cosine of x between 0 and 2^29: Cephes', as in Go's package math.
DEVICE void sincos64(double x, double *sine, double *cosine) {
  int j = (int)mul(x, 1.2732395447351628); // x/(π/4)
  j += j & 1;
  const exact<double> ex = x, y = (double)j;
  const exact<double> z = ((ex - y * 7.85398125648498535156e-1) - y * 3.77489470793079817668e-8) - y * 2.69515142907905952645e-15;
  const exact<double> zz = z * z;
  const double c = (1 - 0.5 * zz + zz * zz * horner(zz, -1.13585365213876817300e-11, 2.08757008419747316778e-9, -2.75573141792967388112e-7, 2.48015872888517045348e-5, -1.38888888888730564116e-3, 4.16666666666665929218e-2)).v;
  const double s = (z + z * zz * horner(zz, 1.58962301576546568060e-10, -2.50507477628578072866e-8, 2.75573136213857245213e-6, -1.98412698295895385996e-4, 8.33333333332211858878e-3, -1.66666666666666307295e-1)).v;
  j &= 7;
  const bool swapped = j == 2 || j == 6;
  const double a = swapped ? c : s, b = swapped ? s : c;
  *sine = j >= 4 ? -a : a;
  *cosine = j == 2 || j == 4 ? -b : b;
}

// reduced is z = n·ln 2 + r with |r| ≤ ½ ln 2, and p = exp(r) − 1.
struct reduced {
  float p;
  int n;
};

// exponent32 takes the Taylor series up to r⁷, whose remainder is less than 2⁻²⁶ of exp(r) − 1.
DEVICE reduced exponent32(float z) {
  const float magic = 12582912; // numbers near it have the unit 1
  const float shifted = fmaf(z, 1.44269504f, magic), n = sub(shifted, magic);
  const float hi = 0.693147182464599609375f, lo = (float)(0.6931471805599453094 - 0.693147182464599609375);
  const float r = fmaf(-n, lo, fmaf(-n, hi, z));
  float p = 1 / 5040.f;
  p = fmaf(p, r, 1 / 720.f);
  p = fmaf(p, r, 1 / 120.f);
  p = fmaf(p, r, 1 / 24.f);
  p = fmaf(p, r, 1 / 6.f);
  p = fmaf(p, r, 1 / 2.f);
  p = mul(p, r);
  return {fmaf(p, r, r), __float_as_int(shifted) - __float_as_int(magic)};
}

// tanh32 is the sign of x times m/(m+2), where m = exp(2|x|) − 1 = 2ⁿ·(exp(r)−1) + (2ⁿ−1): to three units in
// the last place, by the steps of the CPU's assembly.
DEVICE float tanh32(float x) {
  float z = add(fabsf(x), fabsf(x));
  z = z > 20 ? 20 : z; // tanh is 1 in float32 from 9.02 on; NaN stays
  const reduced e = exponent32(z);
  const float scale = power32(e.n), m = fmaf(e.p, scale, sub(scale, 1)), y = m / add(m, 2);
  return __int_as_float(__float_as_int(y) | (__float_as_int(x) & (int)0x80000000));
}

// sigmoid32 is e/(1+e) for negative x and 1/(1+e) for others, where e = exp(−|x|) = 2ⁿ·exp(r): to three
// units in the last place, by the steps of the CPU's assembly. 2ⁿ is multiplied in two halves, since it may
// lie below the smallest normal number.
DEVICE float sigmoid32(float x) {
  float z = -fabsf(x);
  z = z < -104 ? -104 : z; // exp is 0 in float32 from −103.98 on; NaN stays
  const reduced e = exponent32(z);
  const int half = e.n >> 1;
  const float p = mul(mul(add(e.p, 1), power32(half)), power32(e.n - half));
  return (x > 0 ? 1 : p) / add(p, 1);
}
