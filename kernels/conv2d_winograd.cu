// Kernels of Winograd's F(2×2,2×2): conv2d_winograd.cuh says how it goes. Those of a pass take the arguments of its others
// in conv2d.cu, the tiles of all images, and divisors.
#include "conv2d_winograd.cuh"

// Points is where a product goes to: parts[slice,phase,point,row,column].
struct Points {
  typedef Tile128x64 T;
  float *parts;
  int rows, columns, slices, phases;
  MEMBER Share<T> share(int block) const { return Share<T>(block / POINTS, rows, columns, slices); }
  MEMBER MatrixPlace place(int block, Result &r) const {
    Share<T> s = share(block);
    r = {parts + (size_t)((s.slice * phases + s.product) * POINTS + block % POINTS) * (rows * columns), nullptr, columns, columns, 0, 1};
    return {s.row, s.column, rows, columns};
  }
};

// BY_POINT has LOOP(PIXELS, TAPS), with so many pixels and taps beside the first, do a point.
#define BY_POINT(LOOP)                           \
  switch ((point / 3 == 1) + (point % 3 == 1)) { \
    case 0: LOOP(3, 0) break;                    \
    case 1: LOOP(1, 1) break;                    \
    default: LOOP(0, 3)                          \
  }

TILE_KERNEL(Tile128x64) conv2d_forward_winograd_128x64(float *, const float *x, const float *w, float *parts, const float *, float, GEOMETRY,
                                                       int slices, int depth, Divisor, Rounding, int tiles, Divisor by_pixel, Divisor by_line) {
  typedef Tile128x64 T;
  Points product = {parts, tiles, O, slices, 1};
  Share<T> s = product.share(blockIdx.x);
  int point = blockIdx.x % POINTS, K = SH * SW * C, from = s.slice * depth, end = K - from < depth ? K : from + depth;
  Windows windows = {tiles, (OH + 1) / 2, (OW + 1) / 2, 2 * SH, 2 * SW, Top, Left, C};
  Phases phases = {SH * SW, SW * C, by_pixel, by_line};
#define LOOP(PIXELS, TAPS)                                                                           \
  {                                                                                                  \
    PatchPoints<T, T::rows, PIXELS> a(x, windows, phases, H, W, SH, SW, point, s.row, from);         \
    WeightPoints<T, T::columns, TAPS> b(w, O, phases, K, point, s.column, from);                     \
    multiply<T, true>(a, b, from, end, product);                                                     \
  }
  BY_POINT(LOOP)
#undef LOOP
}

TILE_KERNEL(Tile128x64) conv2d_input_winograd_128x64(float *, const float *dy, const float *w, float *parts, const float *, float, GEOMETRY,
                                                     int slices, int depth, Divisor, Divisor, Divisor, int tap, int, int, Rounding, int tiles, Divisor by_pixel, Divisor by_line) {
  typedef Tile128x64 T;
  Points product = {parts, tiles, C, slices, SH * SW};
  Share<T> s = product.share(blockIdx.x);
  Phase p(s.product, N, H, W, O, KH, KW, SH, SW, Top, Left);
  int point = blockIdx.x % POINTS, from = s.slice * depth, end = O - from < depth ? O : from + depth;
  Windows windows = {tiles, ((H - 1) / SH + 2) / 2, ((W - 1) / SW + 2) / 2, 2, 2, -p.down.start, -p.across.start, O};
  Phases phases = {1, O, by_pixel, by_line};
#define LOOP(PIXELS, TAPS)                                                                           \
  {                                                                                                  \
    PatchPoints<T, T::rows, PIXELS> a(dy, windows, phases, OH, OW, 1, 1, point, s.row, from);        \
    TapPoints<T, T::columns, TAPS> b(w, p, KW, C, tap, point, s.column, from);                       \
    multiply<T, true>(a, b, from, end, product);                                                     \
  }
  BY_POINT(LOOP)
#undef LOOP
}

// Rows of the product are the numbers o of dy, and columns those of x in all phases, so that a point of dw is [o,phase,c].
TILE_KERNEL(Tile128x64) conv2d_weight_winograd_128x64(float *, const float *x, const float *dy, float *parts, GEOMETRY,
                                                      int slices, int depth, Divisor, Divisor, int count, Divisor by_across, Divisor by_image) {
  typedef Tile128x64 T;
  Points product = {parts, O, SH * SW * C, slices, 1};
  Share<T> s = product.share(blockIdx.x);
  int point = blockIdx.x % POINTS, from = s.slice * depth, end = count - from < depth ? count : from + depth;
  int a = point / 3, b = point % 3, top = a * SH - Top, left = b * SW - Left;
  Tiles tiles(from + threadIdx.x / (T::threads / T::depth), end, (OH + 1) / 2, (OW + 1) / 2, by_across, by_image);
#define LOOP(PIXELS, TAPS)                                                                                                             \
  {                                                                                                                                    \
    TilePoints<T, T::rows, 1, TAPS> gradients(dy, tiles, OH, OW, O, 1, 1, a == 2, b == 2, a == 1, b == 1, s.row);                      \
    TilePoints<T, T::columns, -1, PIXELS> pixels(x, tiles, H, W, C, SH, SW, top, left, (1 - a) * SH, (1 - b) * SW, s.column);          \
    multiply<T, true>(gradients, pixels, from, end, product);                                                                          \
  }
  BY_POINT(LOOP)
#undef LOOP
}

// Line is where results lie along a row or column: the first, what it is to the next tile's, and to the next of a tile.
struct Line {
  int first, tile, next;
};

// results makes 2×2 results of each tile's points, in images of H rows of W pixels of C numbers: with a bias
// leaky(result + bias), and if adds they are added to what was there. Tiles are across to a row and down to a column of
// them. A thread has four numbers of a tile.
#define RESULTS 128
DEVICE void results(float *y, Rounding rounding, const float *parts, const float *bias, float slope, bool adds, int H, int W, int C, const Line &rows, const Line &columns,
                    int phase, int phases, int slices, int tiles, int down, int across) {
  int i = blockIdx.x * RESULTS + threadIdx.x, tile = i / (C / 4), c = (i - tile * (C / 4)) * 4;
  if (tile >= tiles) return;
  float m[3][3][4] = {}, add[4];
  for (int slice = 0; slice < slices; slice++) {
    const float *from = parts + ((size_t)(slice * phases + phase) * POINTS * tiles + tile) * C + c;
#pragma unroll
    for (int a = 0; a < 3; a++)
#pragma unroll
      for (int b = 0; b < 3; b++, from += (size_t)tiles * C) {
        float v[4];
        load4(v, from, true);
#pragma unroll
        for (int j = 0; j < 4; j++) m[a][b][j] += v[j];
      }
  }
#pragma unroll
  for (int j = 0; j < 4; j++) add[j] = bias ? bias[c + j] : 0;
  int q = tile / across, n = q / down, row = rows.first + (q - n * down) * rows.tile, column = columns.first + (tile - q * across) * columns.tile;
  int at[2][2];
  float4 was[2][2] = {};
#pragma unroll
  for (int a = 0; a < 2; a++)
#pragma unroll
    for (int b = 0; b < 2; b++) {
      int h = row + a * rows.next, w = column + b * columns.next;
      at[a][b] = h < H && w < W ? ((n * H + h) * W + w) * C + c : -1;
      if (adds && at[a][b] >= 0) was[a][b] = *(const float4 *)(y + at[a][b]);
    }
#pragma unroll
  for (int a = 0; a < 2; a++)
#pragma unroll
    for (int b = 0; b < 2; b++) {
      if (at[a][b] < 0) continue;
      float v[4];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        v[j] = (m[a][b][j] + m[a][b + 1][j]) + (m[a + 1][b][j] + m[a + 1][b + 1][j]);
        if (bias) v[j] = leaky(v[j] + add[j], v[j] + add[j], slope);
      }
      if (adds) v[0] += was[a][b].x, v[1] += was[a][b].y, v[2] += was[a][b].z, v[3] += was[a][b].w;
      write4(y, rounding, at[a][b], v[0], v[1], v[2], v[3]);
    }
}

KERNEL(RESULTS) conv2d_forward_winograd_results(float *y, const float *, const float *, const float *parts, const float *bias, float slope, GEOMETRY,
                                                int slices, int, Divisor, Rounding rounding, int tiles, Divisor, Divisor) {
  Line line = {0, 2, 1};
  results(y, rounding, parts, bias, slope, false, OH, OW, O, line, line, 0, 1, slices, tiles, (OH + 1) / 2, (OW + 1) / 2);
}

KERNEL(RESULTS) conv2d_input_winograd_results(float *dx, const float *, const float *, const float *parts, const float *bias, float slope, GEOMETRY,
                                              int slices, int, Divisor, Divisor, Divisor, int, int, int, Rounding rounding, int tiles, Divisor, Divisor) {
  int phase = blockIdx.y;
  Axis rows(phase / SW, H, KH, SH, Top), columns(phase % SW, W, KW, SW, Left);
  results(dx, rounding, parts, bias, slope, false, H, W, C, {rows.first, 2 * SH, SH}, {columns.first, 2 * SW, SW},
          phase, SH * SW, slices, tiles, ((H - 1) / SH + 2) / 2, ((W - 1) / SW + 2) / 2);
}

// The weights of a channel of y are an image, and a phase is a tile of it.
KERNEL(RESULTS) conv2d_weight_winograd_results(float *dw, const float *, const float *, const float *parts, GEOMETRY,
                                               int slices, int, Divisor, Divisor, int, Divisor, Divisor) {
  results(dw, 0, parts, nullptr, 1, true, KH, KW, C, {0, 1, SH}, {0, 1, SW}, 0, 1, slices, O * SH * SW, SH, SW);
}
