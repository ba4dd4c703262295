#include "conv2d.cuh"

// The gradient towards images of few channels, or a transposed convolution to them:
//
//   dx[n,h,v,c] = Σ w[o,a,b,c] · dy[n,i,j,o]   over i·SH − Top + a = h, j·SW − Left + b = v
//
// With a bias, dx = leaky(dx + bias). Patches of SH×SW pixels of dx, as strides begin them, hang on the same positions
// of dy, DOWN×ACROSS of them: patch (I,J) on (I−t, J−u), where pixel (r,s) of it takes tap a = t·SH + r, b = u·SW + s,
// if the kernel has that. So a patch is SH·SW·C columns of a dense convolution of stride 1, and dy is read once for
// all of its phases.
//
// dy is seen with rows of width, and images of height rows, which are its own and zeros: enough of them that
// patch f, counted in that line over all images, hangs on positions f − t·width − u, and where that leaves a row
// or an image it meets zeros. So a block has 128 patches that follow each other, whatever the sizes are, and their
// positions are one piece of the line.

#define PATCHES 128
#define DEEP 16   // channels of dy in shared memory at a time, a quarter for each warp
#define ROW 20    // floats from one position to the next there: float4 of neighbours lie in different banks

// A warp has all patches, four a thread, and 4·GROUPS columns: those of `rows` rows of pixels. The sums of warps are
// added up at the end, from shared memory, where a thread's neighbours are pitch apart.
template <int GROUPS>
DEVICE void few_input(float *dx, const float *dy, const float *w, const float *bias, float slope, GEOMETRY, int height, int width, int down, int across,
                      int rows, int pitch, int tables, Divisor by_height, Divisor by_width, Divisor by_line, Divisor by_kernel) {
  constexpr int columns = 4 * GROUPS;
  extern __shared__ __attribute__((aligned(16))) float shared[];
  int halo = (down - 1) * width + across - 1, positions = PATCHES + halo, K = KH * KW * C, line = SW * C, taps = down * across;
  float *ds = shared, *ws = ds + positions * ROW;
  int *spots = (int *)(shared + tables), *kernel = spots + positions, *places = kernel + K;
  int first = blockIdx.x * PATCHES, first_row = blockIdx.y * rows;
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;

  // Where positions are in dy, and where numbers of the kernel go to; −1 is nowhere. To divide, f below 0 is
  // 2³¹ more, behind all images.
  for (int i = thread; i < positions; i += PATCHES) {
    int f = first - halo + i, q = divide(f, by_width), n = divide(q, by_height), row = q - n * height, column = f - q * width;
    spots[i] = n < N && row < OH && column < OW ? ((n * OH + row) * OW + column) * O : -1;
  }
  for (int k = thread; k < K; k += PATCHES) {
    int a = k / (KW * C), e = k - a * (KW * C), t = a / SH, r = a - t * SH - first_row, u = e / line;
    kernel[k] = r >= 0 && r < rows ? (t * across + u) * (DEEP * columns) + r * line + e - u * line : -1;
  }
  {  // Where the thread's patch begins: row and place in it, and both as an address.
    int f = first + thread, q = divide(f, by_width), n = divide(q, by_height);
    int top = (q - n * height) * SH - Top, left = ((f - q * width) * SW - Left) * C;
    places[thread] = n < N ? top : -(1 << 30), places[PATCHES + thread] = left, places[2 * PATCHES + thread] = (n * H + top) * (W * C) + left;
  }
  for (int i = thread; i < taps * (DEEP * columns); i += PATCHES) ws[i] = 0; // for columns that have no tap; infinities of dy there become NaN

  float sum[4][columns] = {};
  for (int from = 0; from < O; from += DEEP) {
    __syncthreads();
    int o = from + thread % 4 * 4;
    for (int i = thread / 4; i < positions; i += 4 * 32) {
      float v[4][4];  // on their way at a time
#pragma unroll
      for (int j = 0; j < 4; j++) {
        int spot = i + j * 32 < positions ? spots[i + j * 32] : -1;
        load4(v[j], dy + (spot + o), (spot >= 0) & (o < O));
      }
#pragma unroll
      for (int j = 0; j < 4; j++)
        if (i + j * 32 < positions) *(float4 *)(ds + (i + j * 32) * ROW + thread % 4 * 4) = make_float4(v[j][0], v[j][1], v[j][2], v[j][3]);
    }
    for (int i = thread; i < DEEP * K; i += 3 * PATCHES) {
      float v[3];
      int targets[3];
#pragma unroll
      for (int j = 0; j < 3; j++) {
        int at = i + j * PATCHES, o = divide(at, by_kernel), target = o < DEEP ? kernel[at - o * K] : -1;
        targets[j] = target < 0 ? -1 : target + o * columns;
        load1(v[j], w + (from * K + at), (target >= 0) & (from + o < O));
      }
#pragma unroll
      for (int j = 0; j < 3; j++)
        if (targets[j] >= 0) ws[targets[j]] = v[j];
    }
    __syncthreads();
    for (int t = 0; t < down; t++)
      for (int u = 0; u < across; u++) {
        const float *p = ds + (lane + halo - t * width - u) * ROW + warp * 4, *q = ws + ((t * across + u) * DEEP + warp * 4) * columns;
        float a[4][4];
#pragma unroll
        for (int i = 0; i < 4; i++) {
          float4 v = *(const float4 *)(p + i * 32 * ROW);
          a[i][0] = v.x, a[i][1] = v.y, a[i][2] = v.z, a[i][3] = v.w;
        }
#pragma unroll
        for (int d = 0; d < 4; d++)
#pragma unroll
          for (int j = 0; j < columns; j += 4) {
            float4 b = *(const float4 *)(q + d * columns + j);
#pragma unroll
            for (int i = 0; i < 4; i++) {
              sum[i][j] = fmaf(a[i][d], b.x, sum[i][j]), sum[i][j + 1] = fmaf(a[i][d], b.y, sum[i][j + 1]);
              sum[i][j + 2] = fmaf(a[i][d], b.z, sum[i][j + 2]), sum[i][j + 3] = fmaf(a[i][d], b.w, sum[i][j + 3]);
            }
          }
      }
  }

  __syncthreads();
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(thread));  // anew: kept, it and what follows would take registers of the loop
  int each = 4 * columns * pitch; // numbers of a warp
#pragma unroll
  for (int i = 0; i < 4; i++)
#pragma unroll
    for (int j = 0; j < columns; j++) shared[thread / 32 * each + (i * columns + j) * pitch + thread % 32] = sum[i][j];
  __syncthreads();
  // Rows of pixels, in the order of memory.
  for (int r = 0; r < rows && first_row + r < SH; r++)
    for (int i = thread; i < PATCHES * line; i += PATCHES) {
      int f = divide(i, by_line), e = i - f * line;
      if ((unsigned)(places[f] + first_row + r) >= (unsigned)H || (unsigned)(places[PATCHES + f] + e) >= (unsigned)(W * C)) continue;
      const float *s = shared + (f / 32 * columns + r * line + e) * pitch + f % 32;
      float v = (s[0] + s[each]) + (s[2 * each] + s[3 * each]);
      if (bias) v += bias[e % C], v = leaky(v, v, slope);
      dx[places[2 * PATCHES + f] + (first_row + r) * (W * C) + e] = v;
    }
}

#define FEW_INPUT(COLUMNS, RESIDENT)                                                                                                                        \
  extern "C" __global__ void __launch_bounds__(PATCHES, RESIDENT)                                                                                           \
      conv2d_few_input_##COLUMNS(float *dx, const float *dy, const float *w, const float *bias, float slope, GEOMETRY, int height, int width, int down,     \
                                 int across, int rows, int pitch, int tables, Divisor by_height, Divisor by_width, Divisor by_line, Divisor by_kernel) {    \
    few_input<COLUMNS / 4>(dx, dy, w, bias, slope, N, H, W, C, OH, OW, O, KH, KW, SH, SW, Top, Left, height, width, down, across, rows, pitch, tables, by_height, \
                           by_width, by_line, by_kernel);                                                                                                   \
  }

FEW_INPUT(4, 6)
FEW_INPUT(8, 6)
FEW_INPUT(12, 5)
FEW_INPUT(16, 4)
