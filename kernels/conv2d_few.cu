#include "conv2d.cuh"

// Convolutions of images of few channels, up to four: forward to many channels, and the gradient of the weights.
// Their patches are short and begin anywhere, so that the loaders of conv2d.cuh would take them a number at a time
// for each tile of a product. Here a block copies patches to shared memory once, k inside, and has all of their
// products from there: the large tensor, of many channels, is read or written once, 16 bytes at a time.
// conv2d_few_input.cu has the gradient of the images.

#define FEW_THREADS 128
#define FEW_KERNEL(resident) extern "C" __global__ void __launch_bounds__(FEW_THREADS, resident)

// Tap is a number of a patch: its row of the kernel and its place in that.
struct __attribute__((aligned(8))) Tap {
  int row, at;
};

// tap_of returns number k of K. Those behind the last lie in no image.
DEVICE Tap tap_of(int k, int K, int line) {
  int row = k / line;
  return {row, k < K ? k - row * line : -(1 << 30)};
}

// Patch is that of position m of y, without a number if m is not below end.
struct Patch {
  const float *x;
  int top, left, height, width;

  MEMBER Patch(const float *from, int m, int end, int H, int W, int C, int OH, int OW, int SH, int SW, int Top, int Left, Divisor by_oh, Divisor by_ow) {
    int q = divide(m, by_ow), n = divide(q, by_oh);
    top = (q - n * OH) * SH - Top, left = ((m - q * OW) * SW - Left) * C;
    height = m < end ? H : 0, width = W * C;
    x = from + ((n * H + top) * width + left);
  }
  MEMBER void load(float &v, Tap t) const {
    load1(v, x + (t.row * width + t.at), ((unsigned)(top + t.row) < (unsigned)height) & ((unsigned)(left + t.at) < (unsigned)width));
  }
};

// ---- y[m,o] = Σ_k patch(m)[k] · w[o,k], and leaky(y + bias) with a bias. A block has POSITIONS of y and COLUMNS of o,
// a warp 32 positions, a thread every fourth of these and groups of 4 columns, 32 apart: what it reads from shared
// memory at a time its neighbours read too. DEEP numbers of the patches are there at a time.

#define POSITIONS 128
#define DEEP 48

template <int COLUMNS>
DEVICE void few_forward(float *y, Rounding rounding, const float *x, const float *w, const float *bias, float slope, GEOMETRY, Divisor by_oh, Divisor by_ow) {
  constexpr int TO = COLUMNS / 8;
  // Four numbers more a row: neither these writes nor these reads meet in a bank.
  __shared__ __attribute__((aligned(16))) float xs[POSITIONS][DEEP + 4], ws[DEEP][COLUMNS + 4];
  __shared__ Tap taps[DEEP];
  int M = N * OH * OW, K = KH * KW * C, across = (O + COLUMNS - 1) / COLUMNS;
  int column = blockIdx.x % across * COLUMNS, first = blockIdx.x / across * POSITIONS;
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, row = warp * 32 + lane / 8, own = lane % 8 * 4;
  float sum[8][TO] = {};
  for (int from = 0; from < K; from += DEEP) {
    int deep = K - from < DEEP ? K - from : DEEP;
    if (thread < DEEP) taps[thread] = tap_of(from + thread, K, KW * C);
    __syncthreads();
#pragma unroll 1
    for (int half = 0; half < POSITIONS; half += 64) {
      int m = first + half + thread / 4;
      Patch a(x, m, M, H, W, C, OH, OW, SH, SW, Top, Left, by_oh, by_ow), b(x, m + 32, M, H, W, C, OH, OW, SH, SW, Top, Left, by_oh, by_ow);
      float(*to)[DEEP + 4] = xs + (half + thread / 4);
      for (int k = thread % 4; k - thread % 4 < deep; k += 16) {
        float v[2][4];
#pragma unroll
        for (int i = 0; i < 4; i++) a.load(v[0][i], taps[k + 4 * i]), b.load(v[1][i], taps[k + 4 * i]);
#pragma unroll
        for (int i = 0; i < 4; i++) to[0][k + 4 * i] = v[0][i], to[32][k + 4 * i] = v[1][i];
      }
    }
    for (int k = lane % 8; k - lane % 8 < deep; k += 16) {
      float v[COLUMNS / 16][2];
#pragma unroll
      for (int i = 0; i < COLUMNS / 16; i++)
#pragma unroll
        for (int j = 0; j < 2; j++) {
          int o = column + i * 16 + thread / 8;
          load1(v[i][j], w + (o * K + from + k + 8 * j), (k + 8 * j < deep) & (o < O));
        }
#pragma unroll
      for (int i = 0; i < COLUMNS / 16; i++)
#pragma unroll
        for (int j = 0; j < 2; j++) ws[k + 8 * j][i * 16 + thread / 8] = v[i][j];
    }
    __syncthreads();
    for (int k = 0; k < deep; k += 4) {
      float a[8][4];
#pragma unroll
      for (int p = 0; p < 8; p++) {
        float4 v = *(const float4 *)&xs[row + 4 * p][k];
        a[p][0] = v.x, a[p][1] = v.y, a[p][2] = v.z, a[p][3] = v.w;
      }
#pragma unroll
      for (int d = 0; d < 4; d++) {
        float b[TO];
#pragma unroll
        for (int j = 0; j < TO; j += 4) {
          float4 v = *(const float4 *)&ws[k + d][own + j * 8];
          b[j] = v.x, b[j + 1] = v.y, b[j + 2] = v.z, b[j + 3] = v.w;
        }
#pragma unroll
        for (int p = 0; p < 8; p++)
#pragma unroll
          for (int j = 0; j < TO; j++) sum[p][j] = fmaf(a[p][d], b[j], sum[p][j]);
      }
    }
  }
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(thread));  // anew: kept, what follows from it would take registers of the loop
  row = thread / 32 * 32 + thread % 32 / 8, own = thread % 8 * 4;
#pragma unroll
  for (int j = 0; j < TO; j += 4) {
    int o = column + own + j * 8;
    if (o >= O) continue;
    float b[4];
#pragma unroll
    for (int i = 0; i < 4; i++) b[i] = bias ? bias[o + i] : 0;
#pragma unroll
    for (int p = 0; p < 8; p++) {
      int m = first + row + 4 * p;
      if (m >= M) continue;
      float v[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        v[i] = sum[p][j + i] + b[i];
        v[i] = leaky(v[i], v[i], slope);  // 1 without a bias
      }
      write4(y, rounding, m * O + o, v[0], v[1], v[2], v[3]);
    }
  }
}

#define FEW_FORWARD(COLUMNS)                                                                                           \
  FEW_KERNEL(4) conv2d_few_forward_##COLUMNS(float *y, Rounding rounding, const float *x, const float *w, const float *bias,  \
                                             float slope, GEOMETRY, Divisor by_oh, Divisor by_ow) {                    \
    few_forward<COLUMNS>(y, rounding, x, w, bias, slope, N, H, W, C, OH, OW, O, KH, KW, SH, SW, Top, Left, by_oh, by_ow);  \
  }

FEW_FORWARD(64)
FEW_FORWARD(32)

// ---- dw[o,k] += Σ_m dy[m,o] · patch(m)[k]. A block has ROWS of o, COLUMNS of k and a slice of the sum, of depth
// positions; CHUNK of these are in shared memory at a time, and the next on their way in registers. Every warp has
// all rows and columns, of every fourth position: sums of warps are added up at the end.

#define CHUNK 32

template <int ROWS, int COLUMNS>
DEVICE void few_weight(float *dw, const float *x, const float *dy, float *parts, GEOMETRY, int slices, int depth, Divisor by_oh, Divisor by_ow) {
  constexpr int TO = ROWS / 8, TK = COLUMNS / 4, xs = CHUNK * (COLUMNS + 4), half = TO * TK * 33, staged = xs + CHUNK * ROWS;
  __shared__ __attribute__((aligned(16))) float shared[staged > 2 * half ? staged : 2 * half];
  __shared__ Tap taps[COLUMNS];
  int M = N * OH * OW, K = KH * KW * C, across = (K + COLUMNS - 1) / COLUMNS, down = (O + ROWS - 1) / ROWS;
  int block = blockIdx.x, column = block % across * COLUMNS, row = block / across % down * ROWS, slice = block / across / down;
  int from = slice * depth, end = M - from < depth ? M : from + depth;
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  if (thread < COLUMNS) taps[thread] = tap_of(column + thread, K, KW * C);
  __syncthreads();

  float a[TO / 2][4], b[TK];  // of the next chunk: numbers of dy, and of one patch
  auto fetch = [&](int m) {
    Patch patch(x, m + thread / 4, end, H, W, C, OH, OW, SH, SW, Top, Left, by_oh, by_ow);
#pragma unroll
    for (int i = 0; i < TO / 2; i++) {
      int at = i * FEW_THREADS + thread, p = m + at / (ROWS / 4), o = row + at % (ROWS / 4) * 4;
      load4(a[i], dy + (p * O + o), (p < end) & (o < O));
    }
#pragma unroll
    for (int i = 0; i < TK; i++) patch.load(b[i], taps[thread % 4 + 4 * i]);
  };

  float sum[TO][TK] = {};
  fetch(from);
  for (int m = from; m < end; m += CHUNK) {
    __syncthreads();
#pragma unroll
    for (int i = 0; i < TO / 2; i++) *(float4 *)(shared + xs + (i * FEW_THREADS + thread) * 4) = make_float4(a[i][0], a[i][1], a[i][2], a[i][3]);
#pragma unroll
    for (int i = 0; i < TK; i++) shared[thread / 4 * (COLUMNS + 4) + thread % 4 + 4 * i] = b[i];
    __syncthreads();
    fetch(m + CHUNK);
#pragma unroll 2
    for (int i = 0; i < CHUNK; i += FEW_THREADS / 32) {
      int p = i + warp;
      float u[TO], v[TK];
#pragma unroll
      for (int i = 0; i < TO; i += 4) {
        float4 q = *(const float4 *)(shared + xs + p * ROWS + lane % 8 * 4 + i * 8);
        u[i] = q.x, u[i + 1] = q.y, u[i + 2] = q.z, u[i + 3] = q.w;
      }
#pragma unroll
      for (int j = 0; j < TK; j += 4) {
        float4 q = *(const float4 *)(shared + p * (COLUMNS + 4) + lane / 8 * 4 + j * 4);
        v[j] = q.x, v[j + 1] = q.y, v[j + 2] = q.z, v[j + 3] = q.w;
      }
#pragma unroll
      for (int i = 0; i < TO; i++)
#pragma unroll
        for (int j = 0; j < TK; j++) sum[i][j] = fmaf(u[i], v[j], sum[i][j]);
    }
  }

  // Warps 2 and 3 give their sums to 0 and 1, and these theirs to all: number (i,j) of a lane lies at
  // (i·TK + j)·33 + lane, where neither lanes nor neighbours in dw meet in a bank.
  float *sums = shared + warp % 2 * half + lane;
  __syncthreads();
  if (warp >= 2) {
#pragma unroll
    for (int i = 0; i < TO * TK; i++) sums[i * 33] = sum[i / TK][i % TK];
  }
  __syncthreads();
  if (warp < 2) {
#pragma unroll
    for (int i = 0; i < TO * TK; i++) sums[i * 33] += sum[i / TK][i % TK];
  }
  __syncthreads();
  float *to = parts ? parts + (size_t)slice * (O * K) : dw;
  for (int i = thread; i < ROWS * COLUMNS; i += FEW_THREADS) {
    int o = i / COLUMNS, k = i % COLUMNS;
    if (row + o >= O || column + k >= K) continue;
    const float *s = shared + ((o / 32 * 4 + o % 4) * TK + k / 16 * 4 + k % 4) * 33 + k % 16 / 4 * 8 + o % 32 / 4;
    float *p = to + ((row + o) * K + column + k), v = s[0] + s[half];
    *p = parts ? v : *p + v;
  }
}

#define FEW_WEIGHT(ROWS, COLUMNS)                                                                                             \
  FEW_KERNEL(2) conv2d_few_weight_##ROWS##x##COLUMNS(float *dw, const float *x, const float *dy, float *parts, GEOMETRY,      \
                                                     int slices, int depth, Divisor by_oh, Divisor by_ow) {                   \
    few_weight<ROWS, COLUMNS>(dw, x, dy, parts, N, H, W, C, OH, OW, O, KH, KW, SH, SW, Top, Left, slices, depth, by_oh, by_ow); \
  }

FEW_WEIGHT(64, 48)
FEW_WEIGHT(64, 32)
FEW_WEIGHT(64, 16)
FEW_WEIGHT(32, 48)
FEW_WEIGHT(32, 32)
FEW_WEIGHT(32, 16)
