#include "reduce.cuh"
#include "ticket.cuh"

// The gradient penalty and its gradient (penalty.go): for each of n groups of width elements of g,
//
//   norm = √(Σ g² + eps),  excess = norm − target, one-sided at least 0,  v = factor·excess/norm · g
//
// with factor = 2λ/n, and v = 0 where norm is zero. LANES threads share a group: one where it is a pixel of
// few channels, a warp, or a block of BLOCK threads; g is read twice, the second time from the cache as a
// rule. Squares are doubles, which hold those of every float. norms may be null. v may be g. penalty, unless
// null, becomes share times the sum of excess², of which parts holds what each block has, for the last.
#define PENALTY                                                                                                 \
  float *v, float *norms, float *penalty, double *parts, unsigned *ticket, const float *g, double target, double eps, \
      double factor, double share, int onesided, int width, int n

template <int LANES, int BLOCK>
DEVICE void direction(PENALTY) {
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
  if (!penalty) return;
  const double whole = LANES == BLOCK ? part : block_sum<BLOCK>(part, shared);
  if (threadIdx.x == 0) parts[blockIdx.x] = whole;
  if (!last_block(ticket, gridDim.x)) return;
  sum = 0;
  for (unsigned i = threadIdx.x; i < gridDim.x; i += BLOCK) sum += parts[i];
  sum = block_sum<BLOCK>(sum, shared);
  if (threadIdx.x == 0) penalty[0] = (float)(share * sum);
}

#define ENTRY(NAME, LANES, BLOCK)                                                                              \
  KERNEL(BLOCK) NAME(PENALTY) {                                                                                \
    direction<LANES, BLOCK>(v, norms, penalty, parts, ticket, g, target, eps, factor, share, onesided, width, n); \
  }
ENTRY(penalty_thread, 1, 256)
ENTRY(penalty_warp, 32, 256)
ENTRY(penalty_block, 256, 256)
ENTRY(penalty_large, 1024, 1024)
