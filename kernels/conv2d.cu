#include "conv2d.cuh"

// y[m,o] = Σ_k patch(m)[k] · w[o,k]. With a bias, y = leaky(y + bias). A WIDE operand is loaded in four at a time.
#define FORWARD(NAME, T, WIDE_X, WIDE_W, WIDE_Y)                                                                               \
  TILE_KERNEL(T) NAME(float *y, const float *x, const float *w, float *parts, const float *bias, float slope, GEOMETRY,        \
                      int slices, int depth, Divisor by_line, Rounding rounding) {                                             \
    int M = N * OH * OW, K = KH * KW * C;                                                                                      \
    Forward<T> product = {y, parts, bias, slope, M, O, slices, rounding};                                                      \
    Share<T> s(blockIdx.x, M, O, slices);                                                                                      \
    int from = s.slice * depth, end = K - from < depth ? K : from + depth;                                                     \
    PatchRows<T, T::rows, WIDE_X> a(x, Windows{M, OH, OW, SH, SW, Top, Left, C}, H, W * C, KW * C, by_line, s.row, from, end); \
    MatrixRows<T, T::columns, WIDE_W> b(w, s.column, O, K, from, end);                                                         \
    multiply<T, WIDE_Y>(a, b, from, end, product);                                                                             \
  }

FORWARD(conv2d_forward_128x128, Tile128x128, true, true, true)
FORWARD(conv2d_forward_128x64, Tile128x64, true, true, true)
FORWARD(conv2d_forward_64x64, Tile64x64, true, true, true)
FORWARD(conv2d_forward_tall, TileTall, true, false, false)
FORWARD(conv2d_forward_any, Tile64x64, false, false, false)

// dx[m,c] = Σ_k patch(m)[k] · w[o,a,b,c]. With a bias, dx = leaky(dx + bias). The taps of a phase along a row of the
// kernel are ⌈KW/SW⌉ or one less: by_more and by_less divide by that times O. tap, down and across are KH·KW·C,
// SH·KW·C and SW·C: the loop has no registers for them.
#define INPUT(NAME, T, WIDE_Y, WIDE_W, WIDE_X)                                                                                                   \
  TILE_KERNEL(T) NAME(float *dx, const float *dy, const float *w, float *parts, const float *bias, float slope, GEOMETRY,                        \
                      int slices, int depth, Divisor by_more, Divisor by_less, Divisor by_o, int tap, int down, int across, Rounding rounding) { \
    Input<T> product = {dx, parts, bias, slope, N, H, W, C, O, KH, KW, SH, SW, Top, Left, slices, rounding};                                     \
    Share<T> s = product.share(blockIdx.x);                                                                                                      \
    Phase p = product.phase(s);                                                                                                                  \
    if (s.row >= p.count) return; /* the whole block: its phase has fewer pixels than others */                                                  \
    int line = p.across.taps * O, K = p.down.taps * line, from = s.slice * depth, end = K - from < depth ? K : from + depth;                     \
    Divisor by_line = p.across.taps == (KW - 1) / SW + 1 ? by_more : by_less;                                                                    \
    PatchRows<T, T::rows, WIDE_Y> a(dy, p, OH, OW * O, line, by_line, s.row, from, end);                                                         \
    TapColumns<T, T::columns, WIDE_W> b(w, p, KW, C, line, by_line, by_o, tap, down, across, s.column, from, end);                               \
    multiply<T, WIDE_X>(a, b, from, end, product);                                                                                               \
  }

INPUT(conv2d_input_128x128, Tile128x128, true, true, true)
INPUT(conv2d_input_128x64, Tile128x64, true, true, true)
INPUT(conv2d_input_64x64, Tile64x64, true, true, true)
INPUT(conv2d_input_tall, TileTall, true, false, false)
INPUT(conv2d_input_any, Tile64x64, false, false, false)

// dw[o,n] += Σ_m dy[m,o] · patch(m)[n].
#define WEIGHT(NAME, T, WIDE)                                                                                                                    \
  TILE_KERNEL(T) NAME(float *dw, const float *x, const float *dy, float *parts, GEOMETRY, int slices, int depth, Divisor by_oh, Divisor by_ow) { \
    int M = N * OH * OW, K = KH * KW * C;                                                                                                        \
    Weight<T> product = {dw, parts, O, K, slices};                                                                                               \
    Share<T> s(blockIdx.x, O, K, slices);                                                                                                        \
    int from = s.slice * depth, end = M - from < depth ? M : from + depth;                                                                       \
    MatrixColumns<T, T::rows, WIDE> a(dy, s.row, O, O, from, end);                                                                               \
    PatchColumns<T, T::columns, WIDE> b(x, H, W, C, OH, OW, KH, KW, SH, SW, Top, Left, by_oh, by_ow, s.column, from, end);                       \
    multiply<T, WIDE>(a, b, from, end, product);                                                                                                 \
  }

WEIGHT(conv2d_weight_128x128, Tile128x128, true)
WEIGHT(conv2d_weight_128x64, Tile128x64, true)
WEIGHT(conv2d_weight_64x64, Tile64x64, true)
WEIGHT(conv2d_weight_any, Tile64x64, false)
