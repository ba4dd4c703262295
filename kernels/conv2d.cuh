// The three passes of a convolution of images x (N,H,W,C) with weights w (O,KH,KW,C) to y (N,OH,OW,O), as
// products whose operands are patches of images; no matrix of patches is ever made. This is what their kernels
// share, conv2d.cu with the multiply-add units and conv2d_tensor.cuh with tensor cores: loaders of operands, and
// places of results. Tiles, slices and parts are those of gemm.cu.
//
// Along a row of the kernel a patch is one piece of memory, KW·C numbers: so k, a number of a patch, is a row
// of the kernel and a place in that piece, and the place lies in the image if it lies in the image's row of W·C
// numbers. Padding is nothing but the test of these two.
#pragma once
#include "tile.cuh"

#define GEOMETRY int N, int H, int W, int C, int OH, int OW, int O, int KH, int KW, int SH, int SW, int Top, int Left

// PatchRows is the operand whose rows are patches: a patch has lines of line numbers, which begin at row top
// and number left of the image's row. Images are height rows of width numbers.
template <class T, int SIZE, bool WIDE>
struct PatchRows : RowSlab<T, SIZE> {
  using Slab = RowSlab<T, SIZE>;
  const float *x;
  int height, width, line, k, end;
  Divisor by_line;
  int at[Slab::passes], top[Slab::passes], left[Slab::passes];

  template <class Patches>
  MEMBER PatchRows(const float *x, const Patches &patches, int height, int width, int line, Divisor by_line, int first, int from, int end)
      : x(x), height(height), width(width), line(line), k(from + this->k0()), end(end), by_line(by_line) {
#pragma unroll
    for (int p = 0; p < this->passes; p++) {
      int image;
      patches.find(first + this->row() + p * this->step, image, top[p], left[p]);
      at[p] = image < 0 ? 0 : (image * height + top[p]) * width + left[p];
      if (image < 0) top[p] = -(1 << 30);
    }
  }
  MEMBER void fetch() {
#pragma unroll
    for (int d = 0; d < this->deep; d++)
#pragma unroll
      for (int j = 0; j < (WIDE ? 1 : 4); j++) {
        int i = k + 8 * d + j, a = divide(i, by_line), e = i - a * line;
#pragma unroll
        for (int p = 0; p < this->passes; p++) {
          bool valid = (i < end) & ((unsigned)(top[p] + a) < (unsigned)height) & ((unsigned)(left[p] + e) < (unsigned)width);
          const float *address = x + (at[p] + a * width + e);
          if constexpr (WIDE)
            this->take(d, p, address, valid);
          else
            this->take(d, p, j, address, valid);
        }
      }
    k += T::depth;
  }
};

// ---- y[m,o] = Σ_k patch(m)[k] · w[o,k], m a position in y, k in KH·KW·C.

struct Windows {
  int count, OH, OW, SH, SW, Top, Left, C;
  MEMBER void find(int m, int &image, int &top, int &left) const {
    int i = m / OW, n = i / OH;
    top = (i - n * OH) * SH - Top, left = ((m - i * OW) * SW - Left) * C;
    image = m < count ? n : -1;
  }
};

template <class T>
struct Forward {
  float *y, *parts;
  const float *bias;
  float slope;
  int M, O, slices;
  Rounding rounding;
  MEMBER MatrixPlace place(int block, Result &r) const {
    Share<T> s(block, M, O, slices);
    r = {y, bias, O, O, 0, slope, rounding};
    r.divert(parts, s.slice, M * O);
    return {s.row, s.column, M, O};
  }
};

// ---- dx[m,c] = Σ_k patch(m)[k] · w[o,a,b,c], k in (a,b,o). The pixels of dx fall into phases, SH·SW of them, by
// the taps that reach them: those of row h are every SH-th, and lead to neighbouring rows of dy. Taken backwards
// the taps of a phase are a dense kernel over dy, so a phase is a product like the one above.

// Axis is a phase along one axis: count pixels, every stride-th from first on; taps of the kernel, every
// stride-th from phase on, of which the last leads from the first pixel to row start of dy.
struct Axis {
  int phase, stride, first, count, taps, start;
  MEMBER Axis(int phase, int size, int kernel, int stride, int before) : phase(phase), stride(stride) {
    first = (phase + stride - before % stride) % stride;
    count = first < size ? (size - 1 - first) / stride + 1 : 0;
    taps = phase < kernel ? (kernel - 1 - phase) / stride + 1 : 0;
    start = (first + before) / stride - taps + 1;
  }
};

struct Phase {
  Axis down, across;
  int count, O;  // pixels of all images
  MEMBER Phase(int phase, int N, int H, int W, int O, int KH, int KW, int SH, int SW, int Top, int Left)
      : down(phase / SW, H, KH, SH, Top), across(phase % SW, W, KW, SW, Left), count(N * down.count * across.count), O(O) {}
  MEMBER void find(int m, int &image, int &top, int &left) const {
    int i = m / across.count, n = i / down.count;
    top = i - n * down.count + down.start, left = (m - i * across.count + across.start) * O;
    image = m < count ? n : -1;
  }
};

struct PhasePlace {
  int row, column;
  Phase p;
  int H, W, C;
  MEMBER int at(int m) const {
    if (m >= p.count) return -1;
    int i = m / p.across.count, n = i / p.down.count, j = m - i * p.across.count;
    i -= n * p.down.count;
    return ((n * H + p.down.first + i * p.down.stride) * W + p.across.first + j * p.across.stride) * C;
  }
};

// TapColumns is the operand w[o,a,b,c] for k = (a,b,o), taps backwards, and row c.
template <class T, int SIZE, bool WIDE>
struct TapColumns : ColumnSlab<T, SIZE> {
  const float *w;
  int k, end, left, line, O, tap, down, across;  // the last three are steps in w: to the next o, a and b of a phase
  Divisor by_line, by_o;

  MEMBER TapColumns(const float *w, const Phase &p, int KW, int C, int line, Divisor by_line, Divisor by_o, int tap, int down, int across, int first, int from, int end)
      : k(from + this->k0()), end(end), left(C - first - this->row()), line(line), O(p.O), tap(tap), down(down), across(across), by_line(by_line), by_o(by_o) {
    int a = p.down.phase + (p.down.taps - 1) * p.down.stride, b = p.across.phase + (p.across.taps - 1) * p.across.stride;
    this->w = w + ((a * KW + b) * C + first + this->row());
    if (left <= 0 || this->k0() >= T::depth) this->end = 0;
  }
  MEMBER void fetch() {
#pragma unroll
    for (int p = 0; p < this->passes; p++) {
      int i = k + p * this->step, a = divide(i, by_line), rest = i - a * line, b = divide(rest, by_o), o = rest - b * O;
      const float *address = w + (o * tap - a * down - b * across);
      if constexpr (WIDE) {
        this->take(p, address, i < end);
      } else {
#pragma unroll
        for (int j = 0; j < 4; j++) this->take(p, j, address + j, (i < end) & (j < left));
      }
    }
    k += T::depth;
  }
};

template <class T>
struct Input {
  float *dx, *parts;
  const float *bias;
  float slope;
  int N, H, W, C, O, KH, KW, SH, SW, Top, Left, slices;
  Rounding rounding;
  MEMBER Share<T> share(int block) const { return Share<T>(block, N * ((H - 1) / SH + 1) * ((W - 1) / SW + 1), C, slices); }
  MEMBER Phase phase(const Share<T> &s) const { return Phase(s.product, N, H, W, O, KH, KW, SH, SW, Top, Left); }
  MEMBER PhasePlace place(int block, Result &r) const {
    Share<T> s = share(block);
    r = {dx, bias, C, C, 0, slope, rounding};
    r.divert(parts, s.slice, N * H * W * C);
    return {s.row, s.column, phase(s), H, W, C};
  }
};

// ---- dw[o,n] += Σ_m dy[m,o] · patch(m)[n], m a position in y, n in KH·KW·C.

// PatchColumns is the operand whose k are patches and whose rows are numbers of a patch.
template <class T, int SIZE, bool WIDE>
struct PatchColumns : ColumnSlab<T, SIZE> {
  static constexpr int each = WIDE ? 1 : 4;
  const float *x;
  int H, width, C, SH, SW, Top, Left, OH, OW, k, end;
  Divisor by_oh, by_ow;
  int a[each], e[each];  // row of the kernel and place in its line

  MEMBER PatchColumns(const float *x, int H, int W, int C, int OH, int OW, int KH, int KW, int SH, int SW, int Top, int Left, Divisor by_oh, Divisor by_ow, int first, int from, int end)
      : x(x), H(H), width(W * C), C(C), SH(SH), SW(SW), Top(Top), Left(Left), OH(OH), OW(OW), k(from + this->k0()), end(end), by_oh(by_oh), by_ow(by_ow) {
#pragma unroll
    for (int j = 0; j < each; j++) {
      int n = first + this->row() + j;
      a[j] = n / (KW * C), e[j] = n - a[j] * (KW * C);
      if (a[j] >= KH) a[j] = 1 << 30; // no row of the image
    }
  }
  MEMBER void fetch() {
#pragma unroll
    for (int p = 0; p < this->passes; p++) {
      int m = k + p * this->step, q = divide(m, by_ow), n = divide(q, by_oh);
      int top = (q - n * OH) * SH - Top, left = ((m - q * OW) * SW - Left) * C;
#pragma unroll
      for (int j = 0; j < each; j++) {
        bool valid = (m < end) & ((unsigned)(top + a[j]) < (unsigned)H) & ((unsigned)(left + e[j]) < (unsigned)width);
        const float *address = x + ((n * H + top + a[j]) * width + left + e[j]);
        if constexpr (WIDE)
          this->take(p, address, valid);
        else
          this->take(p, j, address, valid);
      }
    }
    k += T::depth;
  }
};

template <class T>
struct Weight {
  float *dw, *parts;
  int O, K, slices;
  MEMBER MatrixPlace place(int block, Result &r) const {
    Share<T> s(block, O, K, slices);
    r = {dw, nullptr, K, K, 1, 1};
    r.divert(parts, s.slice, O * K);
    return {s.row, s.column, O, K};
  }
};
