#include "reduce.cuh"

// The gradient penalty and its gradient (penalty.go): for each of n groups of width elements of g,
//
//   norm = √(Σ g² + eps),  excess = norm − target, one-sided at least 0,  v = factor·excess/norm · g
//
// with factor = 2λ/n, and v = 0 where norm is zero. LANES threads share a group: one where it is a pixel of
// few channels, a warp, or a block of BLOCK threads; g is read twice, the second time from the cache as a
// rule. Squares are doubles, which hold those of every float. norms may be null. parts, unless null, gets the
// sum of excess² over each block's groups, for penalty_sum. v may be g.
template <int LANES, int BLOCK>
DEVICE void penalty(float *v, float *norms, double *parts, const float *g, double target, double eps, double factor, int onesided, int width, int n) {
  __shared__ __attribute__((aligned(16))) double shared[32];
  const int lane = threadIdx.x % LANES;
  const unsigned group = blockIdx.x * (BLOCK / LANES) + threadIdx.x / LANES;
  const bool there = group < n;
  const size_t at = (size_t)group * width;
  double sum = 0;
  for (int i = there ? lane : width; i < width; i += LANES) sum += (double)g[at + i] * g[at + i];
  if (LANES == BLOCK) sum = block_sum<BLOCK>(sum, shared);
  else if (LANES == 32) sum = warp_sum(sum);
  const double norm = sqrt(sum + eps);
  double excess = norm - target;
  if (onesided && excess < 0) excess = 0; // NaN stays
  const double scale = norm == 0 ? 0 : factor * excess / norm;
  for (int i = there ? lane : width; i < width; i += LANES) v[at + i] = (float)(scale * g[at + i]);
  const double part = there && lane == 0 ? excess * excess : 0;
  if (norms && there && lane == 0) norms[group] = (float)norm;
  if (parts) {
    const double whole = LANES == BLOCK ? part : block_sum<BLOCK>(part, shared);
    if (threadIdx.x == 0) parts[blockIdx.x] = whole;
  }
}

#define PENALTY(NAME, LANES, BLOCK)                                                                                                                         \
  KERNEL(BLOCK) NAME(float *v, float *norms, double *parts, const float *g, double target, double eps, double factor, int onesided, int width, int n) {    \
    penalty<LANES, BLOCK>(v, norms, parts, g, target, eps, factor, onesided, width, n);                                                                    \
  }
PENALTY(penalty_thread, 1, 256)
PENALTY(penalty_warp, 32, 256)
PENALTY(penalty_block, 256, 256)
PENALTY(penalty_large, 1024, 1024)

// penalty[0] = λ/n · the sum of the parts: one block.
KERNEL(1024) penalty_sum(float *penalty, const double *parts, double factor, int n) {
  __shared__ __attribute__((aligned(16))) double shared[32];
  double sum = 0;
  for (int i = threadIdx.x; i < n; i += 1024) sum += parts[i];
  sum = block_sum<1024>(sum, shared);
  if (threadIdx.x == 0) penalty[0] = (float)(factor * sum);
}
