// The products of gemm.cu on tensor cores, in a PRECISION that the file which includes this defines, with NAME, the
// names of its kernels. Operands and results are those of the kernels there that load four numbers at a time.
#include "slices.cuh"
#include "tensor.cuh"

#define TENSOR_GEMM(OPERANDS, TILE, T, OF_A, OF_B)            \
  TILE_KERNEL(T) NAME(OPERANDS, TILE)(PARAMETERS) {           \
    SHARE(T);                                                 \
    OF_A<T, T::rows> x(A, s.row, M, a, from, end);            \
    OF_B<T, T::columns> y(B, s.column, N, b, from, end);      \
    multiply_tensor<T, PRECISION>(x, y, from, end, g);        \
    if (tickets) add_slices<T, true>(g, tickets);             \
  }

#define PRODUCTS(TILE, T)                         \
  TENSOR_GEMM(nt, TILE, T, RowsOf, RowsOf)        \
  TENSOR_GEMM(nn, TILE, T, RowsOf, ColumnsOf)     \
  TENSOR_GEMM(tn, TILE, T, ColumnsOf, ColumnsOf)

PRODUCTS(128x128, Tensor128x128)
PRODUCTS(128x64, PRECISION::Tile128x64)
PRODUCTS(64x64, Tensor64x64)
