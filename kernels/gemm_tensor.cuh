// The products of gemm.cu on tensor cores, in a PRECISION that the file which includes this defines, with NAME, the
// names of its kernels. Operands and results are those of the kernels there that load four numbers at a time.
#include "gemm.cuh"
#include "tensor.cuh"

#define TENSOR_GEMM(OPERANDS, TILE, T, A_LOADER, A_SLAB, B_LOADER, B_SLAB)                   \
  TILE_KERNEL(T) NAME(OPERANDS, TILE)(PARAMETERS) {                                          \
    SHARE(T);                                                                                \
    A_LOADER<T, T::rows, true, A_SLAB<T, T::rows>> x(A, s.row, M, a, from, end);             \
    B_LOADER<T, T::columns, true, B_SLAB<T, T::columns>> y(B, s.column, N, b, from, end);    \
    multiply_tensor<T, PRECISION>(x, y, from, end, g);                                       \
  }

#define PRODUCTS(TILE, T)                                                                    \
  TENSOR_GEMM(nt, TILE, T, MatrixRows, TensorRows, MatrixRows, TensorRows)                   \
  TENSOR_GEMM(nn, TILE, T, MatrixRows, TensorRows, MatrixColumns, TensorColumns)             \
  TENSOR_GEMM(tn, TILE, T, MatrixColumns, TensorColumns, MatrixColumns, TensorColumns)

PRODUCTS(128x128, Tensor128x128)
PRODUCTS(128x64, Tensor128x64)
PRODUCTS(64x64, Tensor64x64)
