// sm_80 only: tensor cores. Bf16 is a precision of tensor.cuh.
#define PRECISION Bf16
#define NAME(OPERANDS, TILE) gemm_##OPERANDS##_bf16_##TILE
#include "gemm_tensor.cuh"
