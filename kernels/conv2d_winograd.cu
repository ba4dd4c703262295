// Convolutions whose kernel is twice as long as its stride, by Winograd's F(2×2,2×2) (Lavin and Gray 2016, "Fast
// algorithms for convolutional neural networks"): 9 multiplications for 16. In each dimension pixels and taps fall into
// phases, as many as the stride, and in a phase two taps g meet neighbouring pixels d, so that two results are
//
//	y0 = d0·g0 + d1·g1 = m0 + m1    m0 = (d0−d1)·g0
//	y1 = d1·g0 + d2·g1 = m1 + m2    m1 = d1·(g0+g1)
//	                                m2 = (d2−d1)·g1
//
// In two dimensions a tile of 2×2 results follows from 3×3 sums, its points. The loop of tile.cuh computes a point of
// many tiles, each a row, as a product; a second kernel makes results of points.
//
// Pixels and taps are transformed as they are loaded: for a point these are four and one, two and two, or one and four.
// To do so beforehand would take 9/4 of image and weights in memory, written and read again. The points do take 9/4 of
// the result: a block that has them all would need nine sums for each of its numbers.
//
// Operands and results are moved in fours, and a pixel has a multiple of 8 numbers, so that a slab lies in one of each
// phase. Both kernels of a pass take the arguments of its others in conv2d.cu, the tiles of all images, and divisors.
#include "conv2d.cuh"

#define POINTS 9

// Combined is a loader of a number of memory and MORE others, which are added to it, or subtracted: three, the ones
// below, beside and both (SIGN is that of the first two); one; or none. They come one after the other, while the loop
// has its way: there are registers for no more. Where both operands have one other, the second has its later.
// Loader::load reads one of them.
template <class T, class Slab, int SIGN, int MORE, class Loader>
struct Combined : Slab {
  Slab other;
  static constexpr bool late = SIGN > 0;
  MEMBER void add(int sign) {
    float *v = (float *)this->v, *w = (float *)other.v;
#pragma unroll
    for (int j = 0; j < (int)(sizeof(other.v) / sizeof(float)); j++) v[j] = sign < 0 ? v[j] - w[j] : v[j] + w[j];
  }
  MEMBER void load(Slab &to, bool below, bool beside) { ((Loader *)this)->load(to, below, beside); }
  MEMBER void fetch() {
    load(*this, false, false);
    if (MORE == 3) load(other, true, false);
    if (MORE == 1 && !late) load(other, true, true);
  }
  MEMBER void between(int d) {
    if (MORE == 3 && d == T::depth / 3) add(SIGN), load(other, false, true);
    if (MORE == 3 && d == 2 * T::depth / 3) add(SIGN), load(other, true, true);
    if (MORE == 1 && d == T::depth / 2) {
      if (late) load(other, true, true);
      else add(SIGN);
    }
  }
  MEMBER void place(float *slab) {
    if (MORE == 3 || (MORE == 1 && late)) add(1);
    ((Loader *)this)->next();
    Slab::place(slab);
  }
};

// Phases are what k runs over: each is a pixel, and line numbers are a row of them. There are fewer than 8.
struct Phases {
  int count, line;
  Divisor by_pixel, by_line;
};

// PatchPoints is the operand whose rows are a point of tiles, of images of H rows of W pixels of C numbers. A tile's
// first pixel is found by tiles; the next ones of its phase are SH rows below and SW pixels to the right. Rows behind
// the last tile are the first: nobody asks for what becomes of them.
template <class T, int SIZE, int MORE>
struct PatchPoints : Combined<T, RowSlab<T, SIZE>, -1, MORE, PatchPoints<T, SIZE, MORE>> {
  using Slab = RowSlab<T, SIZE>;
  const float *x;
  Phases phases;
  int k, skip, down, across;  // skip: numbers from one row of phases to the next; the last two: to the tile's centre
  int at[Slab::passes];
  unsigned there[Slab::passes];  // phases whose pixel lies in the image: a byte each for the point's, those below, beside and both

  MEMBER PatchPoints(const float *x, const Windows &tiles, const Phases &phases, int H, int W, int SH, int SW, int point, int row, int from)
      : x(x), phases(phases), k(from), skip(W * tiles.C - phases.line) {
    int C = tiles.C, a = point / 3, b = point % 3;
    down = (1 - a) * SH * W * C, across = (1 - b) * SW * C;
#pragma unroll
    for (int p = 0; p < this->passes; p++) {
      int image, top, left, tile = row + this->row() + p * this->step;
      tiles.find(tile < tiles.count ? tile : 0, image, top, left);
      at[p] = (image * H + top + a * SH) * (W * C) + left + b * SW * C + this->k0();
      there[p] = 0;
      left /= C;
      for (int phase = 0; phase < phases.count; phase++) {
        int y = top + phase / SW, z = left + phase % SW;
        unsigned row = (unsigned)(y + a * SH) < (unsigned)H, below = (unsigned)(y + SH) < (unsigned)H;
        unsigned column = (unsigned)(z + b * SW) < (unsigned)W, beside = (unsigned)(z + SW) < (unsigned)W;
        there[p] |= ((row & column) | (below & column) << 8 | (row & beside) << 16 | (below & beside) << 24) << phase;
      }
    }
  }
  MEMBER void load(Slab &to, bool below, bool beside) {
    int e = k + divide(k, phases.by_line) * skip + (below ? down : 0) + (beside ? across : 0);
    unsigned phase = 1u << (divide(k, phases.by_pixel) + (below ? 8 : 0) + (beside ? 16 : 0));  // none behind the last k
#pragma unroll
    for (int d = 0; d < this->deep; d++)
#pragma unroll
      for (int p = 0; p < this->passes; p++) to.take(d, p, x + (at[p] + e + 8 * d), there[p] & phase);
  }
  MEMBER void next() { k += T::depth; }
};

// WeightPoints is the operand w[o,k], k in a phase's taps, whose rows are a point of them; behind the last are the first.
template <class T, int SIZE, int MORE>
struct WeightPoints : Combined<T, RowSlab<T, SIZE>, 1, MORE, WeightPoints<T, SIZE, MORE>> {
  using Slab = RowSlab<T, SIZE>;
  const float *w;
  Phases phases;
  int k, K, down, across;  // the last two: to the other tap, if there is one
  int at[Slab::passes];

  MEMBER WeightPoints(const float *w, int O, const Phases &phases, int K, int point, int first, int from) : w(w), phases(phases), k(from), K(K) {
    int a = point / 3, b = point % 3;
    down = a == 1 ? 2 * K : 0, across = b == 1 ? phases.line : 0;
#pragma unroll
    for (int p = 0; p < this->passes; p++) {
      int o = first + this->row() + p * this->step;
      at[p] = (o < O ? o : 0) * 4 * K + (a == 2 ? 2 * K : 0) + (b == 2 ? phases.line : 0) + this->k0();
    }
  }
  MEMBER void load(Slab &to, bool below, bool beside) {
    int e = k + divide(k, phases.by_line) * phases.line + (below ? down : 0) + (beside ? across : 0);
#pragma unroll
    for (int d = 0; d < this->deep; d++)
#pragma unroll
      for (int p = 0; p < this->passes; p++) to.take(d, p, w + (at[p] + e + 8 * d), k < K);
  }
  MEMBER void next() { k += T::depth; }
};

// TapPoints is the operand w[o,a,b,c] for k = o, taps of a phase backwards, and row c; behind the last are the first.
template <class T, int SIZE, int MORE>
struct TapPoints : Combined<T, ColumnSlab<T, SIZE>, 1, MORE, TapPoints<T, SIZE, MORE>> {
  using Slab = ColumnSlab<T, SIZE>;
  const float *w;
  int k, O, at, tap, down, across;  // tap: numbers from one o to the next; the last two: to the other tap, if there is one

  MEMBER TapPoints(const float *w, const Phase &p, int KW, int C, int tap, int point, int first, int from)
      : w(w), k(from), O(p.O), tap(tap), down(point / 3 == 1 ? -p.down.stride * KW * C : 0), across(point % 3 == 1 ? -p.across.stride * C : 0) {
    int a = p.down.phase + (point / 3 == 2 ? 0 : p.down.stride), b = p.across.phase + (point % 3 == 2 ? 0 : p.across.stride), c = first + this->row();
    at = this->k0() * tap + (a * KW + b) * C + (c < C ? c : 0);
  }
  MEMBER void load(Slab &to, bool below, bool beside) {
    int e = k * tap + (below ? down : 0) + (beside ? across : 0);
#pragma unroll
    for (int p = 0; p < this->passes; p++) to.take(p, w + (at + (e + p * this->step * tap)), k < O);
  }
  MEMBER void next() { k += T::depth; }
};

// Points is where a product goes to: parts[slice,phase,point,tile,column].
struct Points {
  typedef Tile128x64 T;
  float *parts;
  int tiles, columns, slices, phases;
  MEMBER Share<T> share(int block) const { return Share<T>(block / POINTS, tiles, columns, slices); }
  MEMBER MatrixPlace place(int block, Result &r) const {
    Share<T> s = share(block);
    r = {parts + (size_t)((s.slice * phases + s.product) * POINTS + block % POINTS) * (tiles * columns), nullptr, columns, columns, 0, 1};
    return {s.row, s.column, tiles, columns};
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

// results makes 2×2 results of each tile's points, and with a bias leaky(result + bias), in images of H rows of W pixels
// of C numbers. A phase has its rows and columns of these; its tiles are across to a row and down to a column of them.
// A thread has four numbers of a tile.
#define RESULTS 128
DEVICE void results(float *y, Rounding rounding, const float *parts, const float *bias, float slope, int H, int W, int C, const Axis &rows, const Axis &columns,
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
  int q = tile / across, n = q / down, row = 2 * (q - n * down), column = 2 * (tile - q * across);
#pragma unroll
  for (int a = 0; a < 2; a++)
#pragma unroll
    for (int b = 0; b < 2; b++) {
      int h = rows.first + (row + a) * rows.stride, w = columns.first + (column + b) * columns.stride;
      if (h >= H || w >= W) continue;
      float v[4];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        v[j] = (m[a][b][j] + m[a][b + 1][j]) + (m[a + 1][b][j] + m[a + 1][b + 1][j]);
        if (bias) v[j] = leaky(v[j] + add[j], v[j] + add[j], slope);
      }
      write4(y, rounding, ((n * H + h) * W + w) * C + c, v[0], v[1], v[2], v[3]);
    }
}

KERNEL(RESULTS) conv2d_forward_winograd_results(float *y, const float *, const float *, const float *parts, const float *bias, float slope, GEOMETRY,
                                                int slices, int, Divisor, Rounding rounding, int tiles, Divisor, Divisor) {
  results(y, rounding, parts, bias, slope, OH, OW, O, Axis(0, OH, KH, 1, 0), Axis(0, OW, KW, 1, 0), 0, 1, slices, tiles, (OH + 1) / 2, (OW + 1) / 2);
}

KERNEL(RESULTS) conv2d_input_winograd_results(float *dx, const float *, const float *, const float *parts, const float *bias, float slope, GEOMETRY,
                                              int slices, int, Divisor, Divisor, Divisor, int, int, int, Rounding rounding, int tiles, Divisor, Divisor) {
  int phase = blockIdx.y;
  results(dx, rounding, parts, bias, slope, H, W, C, Axis(phase / SW, H, KH, SH, Top), Axis(phase % SW, W, KW, SW, Left),
          phase, SH * SW, slices, tiles, ((H - 1) / SH + 2) / 2, ((W - 1) / SW + 2) / 2);
}
