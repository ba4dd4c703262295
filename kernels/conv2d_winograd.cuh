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
// The gradient of the weights is the same with gradients of results, two in a tile, in the place of g: of pixels d it makes
// the gradients of two taps of a phase. These are sums over all tiles, and so are the points: a product has a sum over
// tiles for each pair of channels, and the second kernel comes once at the end.
//
// Pixels and taps are transformed as they are loaded: for a point these are four and one, two and two, or one and four.
// To do so beforehand would take 9/4 of image and weights in memory, written and read again. The points do take 9/4 of
// the result: a block that has them all would need nine sums for each of its numbers.
//
// Operands and results are moved in fours, and where sums run over pixels these have a multiple of 8 numbers, so that a
// slab lies in one of each phase.
#pragma once
#include "conv2d.cuh"

#define POINTS 9

// Combined is a loader of a number of memory and MORE others, which are added to it, or subtracted: three, the ones
// below, beside and both (SIGN is that of the first two); one; or none. They come one after the other, while the loop
// has its way: there are registers for no more. Where both operands have one other, the one that adds has its later.
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

// Tiles are what k runs over towards the weights, up to end; an image has down rows of across. Both operands are at the
// same tile: the first, of gradients, which are added, finds it, and the second moves on.
struct Tiles {
  int k, end, down, across;
  Divisor by_across, by_image;
  int image, row, column;
  MEMBER Tiles(int from, int end, int down, int across, Divisor by_across, Divisor by_image)
      : k(from), end(end), down(down), across(across), by_across(by_across), by_image(by_image) {}
  MEMBER void find() {
    int line = divide(k, by_across);
    image = divide(k, by_image), row = line - image * down, column = k - line * across;
  }
};

// TileSlab loads slabs of an operand whose numbers follow each other across k, as ColumnSlab does, but a thread has one k
// alone, and four of each 64 rows: what it takes to find a tile is done once.
template <class T, int SIZE>
struct TileSlab {
  static constexpr int wide = T::threads / T::depth, step = 4 * wide, passes = SIZE / step;
  float v[passes][4];
  MEMBER int row() const { return threadIdx.x % wide * 4; }
  MEMBER int k0() const { return threadIdx.x / wide; }
  MEMBER int start() const { return k0() * (SIZE + 4) + row(); }
  MEMBER void place(float *slab) const {
#pragma unroll
    for (int p = 0; p < passes; p++) *(float4 *)(slab + p * step) = make_float4(v[p][0], v[p][1], v[p][2], v[p][3]);
  }
};

// TilePoints is the operand whose k are a point of tiles, of images of H rows of W pixels of C numbers, and whose rows are
// the numbers of SH·SW pixels, one of each phase, or of a single one if that takes two passes; behind the last are others.
// The pixel of the first phase is, in an image's first tile, in row top and column left; those that are combined with it are
// down below and across to the right.
template <class T, int SIZE, int SIGN, int MORE>
struct TilePoints : Combined<T, TileSlab<T, SIZE>, SIGN, MORE, TilePoints<T, SIZE, SIGN, MORE>> {
  using Slab = TileSlab<T, SIZE>;
  const float *x;
  Tiles &tiles;
  int H, W, C, SH, SW, top, left, down, across, at;
  unsigned there, more;  // bits: the pixel, the one below, beside, both lie in the image; have numbers for a second pass

  MEMBER TilePoints(const float *x, Tiles &tiles, int H, int W, int C, int SH, int SW, int top, int left, int down, int across, int first)
      : tiles(tiles), H(H), W(W), C(C), SH(SH), SW(SW), down(down), across(across) {
    static_assert(Slab::passes <= 2, "");
    int i = first + this->row();
    more = i + this->step < C ? 15 : 0;
    int phase = i / C;
    this->x = x + (i - phase * C), this->top = top + phase / SW, this->left = left + phase % SW;
  }
  MEMBER void find() {
    if (SIGN > 0) tiles.find();
    int y = 2 * SH * tiles.row + top, z = 2 * SW * tiles.column + left;
    at = ((tiles.image * H + y) * W + z) * C;
    bool valid = tiles.k < tiles.end, row = (unsigned)y < (unsigned)H, below = (unsigned)(y + down) < (unsigned)H;
    bool column = ((unsigned)z < (unsigned)W) & valid, beside = ((unsigned)(z + across) < (unsigned)W) & valid;
    there = (row & column) | (below & column) << 1 | (row & beside) << 2 | (below & beside) << 3;
  }
  MEMBER void load(Slab &to, bool below, bool beside) {
    if (!below && !beside) find();
#pragma unroll
    for (int p = 0; p < this->passes; p++)
      load4(to.v[p], x + (at + ((below ? down * W : 0) + (beside ? across : 0)) * C) + p * this->step, (p ? there & more : there) & 1 << (below + 2 * beside));
  }
  MEMBER void next() {
    if (SIGN < 0) tiles.k += T::depth;
  }
};
