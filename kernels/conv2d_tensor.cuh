// The passes of conv2d.cu on tensor cores, in a PRECISION that the file which includes this defines, with NAME,
// the names of its kernels. Operands and results are those of the kernels there that load four numbers at a time.
#include "conv2d.cuh"
#include "tensor.cuh"

#define FORWARD(TILE, T)                                                                                                              \
  TILE_KERNEL(T) NAME(forward, TILE)(float *y, const float *x, const float *w, float *parts, const float *bias, float slope,          \
                                     GEOMETRY, int slices, int depth, Divisor by_line) {                                              \
    int M = N * OH * OW, K = KH * KW * C;                                                                                             \
    Forward<T> product = {y, parts, bias, slope, M, O, slices};                                                                       \
    Share<T> s(blockIdx.x, M, O, slices);                                                                                             \
    int from = s.slice * depth, end = K - from < depth ? K : from + depth;                                                            \
    PatchRows<T, T::rows, true, TensorRows<T, T::rows>> a(x, Windows{M, OH, OW, SH, SW, Top, Left, C}, H, W * C, KW * C, by_line,     \
                                                          s.row, from, end);                                                          \
    MatrixRows<T, T::columns, true, TensorRows<T, T::columns>> b(w, s.column, O, K, from, end);                                       \
    multiply_tensor<T, PRECISION>(a, b, from, end, product);                                                                                  \
  }

#define INPUT(TILE, T)                                                                                                                \
  TILE_KERNEL(T) NAME(input, TILE)(float *dx, const float *dy, const float *w, float *parts, const float *bias, float slope,          \
                                   GEOMETRY, int slices, int depth, Divisor by_more, Divisor by_less, Divisor by_o, int tap,          \
                                   int down, int across) {                                                                            \
    Input<T> product = {dx, parts, bias, slope, N, H, W, C, O, KH, KW, SH, SW, Top, Left, slices};                                    \
    Share<T> s = product.share(blockIdx.x);                                                                                           \
    Phase p = product.phase(s);                                                                                                       \
    if (s.row >= p.count) return; /* the whole block: its phase has fewer pixels than others */                                       \
    int line = p.across.taps * O, K = p.down.taps * line, from = s.slice * depth, end = K - from < depth ? K : from + depth;          \
    Divisor by_line = p.across.taps == (KW - 1) / SW + 1 ? by_more : by_less;                                                         \
    PatchRows<T, T::rows, true, TensorRows<T, T::rows>> a(dy, p, OH, OW * O, line, by_line, s.row, from, end);                        \
    TapColumns<T, T::columns, true, TensorColumns<T, T::columns>> b(w, p, KW, C, line, by_line, by_o, tap, down, across, s.column,    \
                                                                    from, end);                                                       \
    multiply_tensor<T, PRECISION>(a, b, from, end, product);                                                                                  \
  }

#define WEIGHT(TILE, T)                                                                                                               \
  TILE_KERNEL(T) NAME(weight, TILE)(float *dw, const float *x, const float *dy, float *parts, GEOMETRY, int slices, int depth,        \
                                    Divisor by_oh, Divisor by_ow) {                                                                   \
    int M = N * OH * OW, K = KH * KW * C;                                                                                             \
    Weight<T> product = {dw, parts, O, K, slices};                                                                                    \
    Share<T> s(blockIdx.x, O, K, slices);                                                                                             \
    int from = s.slice * depth, end = M - from < depth ? M : from + depth;                                                            \
    MatrixColumns<T, T::rows, true, TensorColumns<T, T::rows>> a(dy, s.row, O, O, from, end);                                         \
    PatchColumns<T, T::columns, true, TensorColumns<T, T::columns>> b(x, H, W, C, OH, OW, KH, KW, SH, SW, Top, Left, by_oh, by_ow,    \
                                                                      s.column, from, end);                                           \
    multiply_tensor<T, PRECISION>(a, b, from, end, product);                                                                                  \
  }

#define PASSES(TILE, T) FORWARD(TILE, T) INPUT(TILE, T) WEIGHT(TILE, T)
PASSES(128x128, Tensor128x128)
PASSES(128x64, Tensor128x64)
PASSES(64x64, Tensor64x64)
