// The passes of conv2d.cu on tensor cores, in a PRECISION that the file which includes this defines, with NAME, the
// names of its kernels. A slab lies in one tap of the kernel, so the channels that a sum runs over, C or O, are a
// multiple of its depth; there are at most 32 taps.
#include "conv2d.cuh"
#include "tensor.cuh"

// LOOP is the loop, if it is another one than tensor.cuh's, and PASSES has its passes, if it cannot do all.
#ifndef LOOP
#define LOOP multiply_tensor
#endif

// Taps walks over the k of a kernel, slab after slab: all down×across taps of its channels, then those of the next,
// so that what neighbouring patches share is still in the cache. It has what both operands need to know
// of a slab: the bit of its tap, and how far it lies from the first tap in images and in weights.
struct Taps {
  int column, across, row, down;
  unsigned bit;
  int image, channels, image_row, image_back;  // there, and from a tap to the next: in a row, after it, and after the last row
  int weight, weight_tap, weight_row, weight_back;

  MEMBER Taps(int k, int depth, int down, int across, int channels, int width, int to_channel, int to_tap, int to_row)
      : across(across), down(down), channels(channels), image_row(width - across * channels), image_back(depth - down * width),
        weight_tap(to_tap), weight_row(to_row - across * to_tap), weight_back(depth * to_channel - down * to_row) {
    int taps = down * across, slab = k / depth, chunk = taps ? slab / taps : 0, tap = slab - chunk * taps;  // a phase may have no taps
    row = across ? tap / across : 0, column = tap - row * across;
    bit = 1u << tap;
    image = row * width + column * channels + chunk * depth;
    weight = row * to_row + column * to_tap + chunk * depth * to_channel;
  }
  MEMBER void next() {
    column++, bit <<= 1, image += channels, weight += weight_tap;
    if (column < across) return;
    column = 0, row++, image += image_row, weight += weight_row;
    if (row < down) return;
    row = 0, bit = 1, image += image_back, weight += weight_back;
  }
};

// TapRows is the operand whose rows are patches of images of height rows of width numbers; a patch has down×across
// taps, and begins at row top and number left of the image's row. Patches past the end are zeros.
template <class T, int SIZE>
struct TapRows : TensorRows<T, SIZE> {
  typedef TensorRows<T, SIZE> Slab;
  const typename T::Number *x;
  int at[Slab::passes];
  unsigned valid[Slab::passes];  // a bit for each tap that lies in the image

  template <class Patches>
  MEMBER TapRows(const typename T::Number *x, const Patches &patches, int height, int width, int channels, int down, int across, int first) : x(x) {
#pragma unroll
    for (int p = 0; p < this->passes; p++) {
      int image, top, left;
      patches.find(first + this->row() + p * this->step, image, top, left);
      at[p] = image < 0 ? 0 : (image * height + top) * width + left + this->k0();
      unsigned columns = 0;
      valid[p] = 0;
      for (int b = 0; b < across; b++) columns |= (unsigned)((unsigned)(left + b * channels) < (unsigned)width) << b;
      for (int a = 0; a < down; a++) valid[p] |= (unsigned)(top + a) < (unsigned)height ? columns << a * across : 0;
      if (image < 0) valid[p] = 0;
    }
  }
  MEMBER void fetch(unsigned to, const Taps &taps) {
#pragma unroll
    for (int p = 0; p < this->passes; p++) copy_async(to + this->offset(p), x + (taps.image + at[p]), valid[p] & taps.bit);
  }
};

// WeightRows is the operand w[row, k].
template <class T, int SIZE>
struct WeightRows : TensorRows<T, SIZE> {
  typedef TensorRows<T, SIZE> Slab;
  const typename T::Number *w;
  int left, width;
  MEMBER WeightRows(const typename T::Number *w, int first, int size, int width) : w(w + ((first + this->row()) * width + this->k0())), left(size - first - this->row()), width(width) {}
  MEMBER void fetch(unsigned to, const Taps &taps) {
#pragma unroll
    for (int p = 0; p < this->passes; p++) copy_async(to + this->offset(p), w + (taps.weight + p * this->step * width), p * this->step < left);
  }
};

// WeightColumns is the operand w[o,a,b,row] for k = (a,b,o), taps backwards: w is where the last tap is.
template <class T, int SIZE>
struct WeightColumns : TensorColumns<T, SIZE> {
  typedef TensorColumns<T, SIZE> Slab;
  const typename T::Number *w;
  int left, filter;
  MEMBER WeightColumns(const typename T::Number *w, int first, int size, int filter) : w(w + (this->k0() * filter + first + this->row())), left(size - first - this->row()), filter(filter) {}
  MEMBER void fetch(unsigned to, const Taps &taps) {
#pragma unroll
    for (int d = 0; d < this->deep; d++)
#pragma unroll
      for (int p = 0; p < this->passes; p++)
        copy_async(to + this->offset(d, p), w + (taps.weight + d * this->lower * filter + p * this->step), p * this->step < left);
  }
};

// Tapped is an operand of a pass over taps. The last one of both goes on to the next.
template <class Loader, bool LAST>
struct Tapped : Loader {
  Taps &taps;
  template <class... Args>
  MEMBER Tapped(Taps &taps, Args... args) : Loader(args...), taps(taps) {}
  MEMBER void fetch(unsigned to) {
    Loader::fetch(to, taps);
    if (LAST) taps.next();
  }
};

// PatchPixels is the operand whose k are patches, pixels of y, and whose rows are numbers of a patch.
template <class T, int SIZE>
struct PatchPixels : TensorColumns<T, SIZE> {
  typedef TensorColumns<T, SIZE> Slab;
  const typename T::Number *x;
  int H, width, C, SH, SW, Top, Left, OH, OW, k, end;
  Divisor by_oh, by_ow;
  int a[Slab::passes], e[Slab::passes];  // row of the kernel and place in its line

  MEMBER PatchPixels(const typename T::Number *x, int H, int W, int C, int OH, int OW, int KH, int KW, int SH, int SW, int Top, int Left, Divisor by_oh, Divisor by_ow, int first, int from, int end)
      : x(x), H(H), width(W * C), C(C), SH(SH), SW(SW), Top(Top), Left(Left), OH(OH), OW(OW), k(from + this->k0()), end(end), by_oh(by_oh), by_ow(by_ow) {
    int line = KW * C;
#pragma unroll
    for (int p = 0; p < this->passes; p++) {
      int n = first + this->row() + p * this->step;  // past the end, what is read of the image is in no result
      a[p] = n / line, e[p] = n - a[p] * line;
    }
  }
  MEMBER void fetch(unsigned to) {
#pragma unroll
    for (int d = 0; d < this->deep; d++) {
      int m = k + d * this->lower, q = divide(m, by_ow), n = divide(q, by_oh);
      int top = (q - n * OH) * SH - Top, left = ((m - q * OW) * SW - Left) * C;
      const typename T::Number *from = x + ((n * H + top) * width + left);
      if (m >= end) top = -(1 << 30);
#pragma unroll
      for (int p = 0; p < this->passes; p++)
        copy_async(to + this->offset(d, p), from + (a[p] * width + e[p]), ((unsigned)(top + a[p]) < (unsigned)H) & ((unsigned)(left + e[p]) < (unsigned)width));
    }
    k += T::depth;
  }
};

#define FORWARD(TILE, T)                                                                                                             \
  TILE_KERNEL(T) NAME(forward, TILE)(float *y, const T::Number *x, const T::Number *w, float *parts, const float *bias, float slope, \
                                     GEOMETRY, int slices, int depth, Divisor by_line, Rounding rounding) {                          \
    int M = N * OH * OW, K = KH * KW * C;                                                                                            \
    Forward<T> product = {y, parts, bias, slope, M, O, slices, rounding};                                                            \
    Share<T> s(blockIdx.x, M, O, slices);                                                                                            \
    int from = s.slice * depth, end = K - from < depth ? K : from + depth;                                                           \
    Taps taps(from, T::depth, KH, KW, C, W * C, 1, C, KW * C);                                                                       \
    Tapped<TapRows<T, T::rows>, false> a(taps, x, Windows{M, OH, OW, SH, SW, Top, Left, C}, H, W * C, C, KH, KW, s.row);             \
    Tapped<WeightRows<T, T::columns>, true> b(taps, w, s.column, O, K);                                                              \
    LOOP<T, PRECISION>(a, b, from, end, product);                                                                                    \
  }

#define INPUT(TILE, T)                                                                                                               \
  TILE_KERNEL(T) NAME(input, TILE)(float *dx, const T::Number *dy, const T::Number *w, float *parts, const float *bias, float slope, \
                                   GEOMETRY, int slices, int depth, Divisor by_more, Divisor by_less, Divisor by_o, int tap,         \
                                   int down, int across, Rounding rounding) {                                                        \
    Input<T> product = {dx, parts, bias, slope, N, H, W, C, O, KH, KW, SH, SW, Top, Left, slices, rounding};                         \
    Share<T> s = product.share(blockIdx.x);                                                                                          \
    Phase p = product.phase(s);                                                                                                      \
    if (s.row >= p.count) return; /* the whole block: its phase has fewer pixels than others */                                      \
    int K = p.down.taps * p.across.taps * O, from = s.slice * depth, end = K - from < depth ? K : from + depth;                      \
    Taps taps(from, T::depth, p.down.taps, p.across.taps, O, OW * O, tap, -across, -down);                                           \
    const T::Number *last = w + ((p.down.phase + (p.down.taps - 1) * SH) * KW + p.across.phase + (p.across.taps - 1) * SW) * C;      \
    Tapped<TapRows<T, T::rows>, false> a(taps, dy, p, OH, OW * O, O, p.down.taps, p.across.taps, s.row);                             \
    Tapped<WeightColumns<T, T::columns>, true> b(taps, last, s.column, C, tap);                                                      \
    LOOP<T, PRECISION>(a, b, from, end, product);                                                                                    \
  }

#define WEIGHT(TILE, T)                                                                                                                \
  TILE_KERNEL(T) NAME(weight, TILE)(float *dw, const T::Number *x, const T::Number *dy, float *parts, GEOMETRY, int slices, int depth, \
                                    Divisor by_oh, Divisor by_ow) {                                                                    \
    int M = N * OH * OW, K = KH * KW * C;                                                                                              \
    Weight<T> product = {dw, parts, O, K, slices};                                                                                     \
    Share<T> s(blockIdx.x, O, K, slices);                                                                                              \
    int from = s.slice * depth, end = M - from < depth ? M : from + depth;                                                             \
    ColumnsOf<T, T::rows> a(dy, s.row, O, O, from, end);                                                                               \
    PatchPixels<T, T::columns> b(x, H, W, C, OH, OW, KH, KW, SH, SW, Top, Left, by_oh, by_ow, s.column, from, end);                    \
    LOOP<T, PRECISION>(a, b, from, end, product);                                                                                      \
  }

#ifndef PASSES
#define PASSES(TILE, T) FORWARD(TILE, T) INPUT(TILE, T) WEIGHT(TILE, T)
#endif
PASSES(128x128, PRECISION::Tile128x128)
PASSES(128x64, PRECISION::Tile128x64)
PASSES(64x64, PRECISION::Tile64x64)
