// sm_80 only: tensor cores. Tf32 is a precision of tensor.cuh.
#define PRECISION Tf32
#define NAME(OPERANDS, TILE) gemm_##OPERANDS##_tf32_##TILE
#include "gemm_tensor.cuh"
