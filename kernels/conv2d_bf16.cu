// sm_80 only: tensor cores. Bf16 is a precision of tensor.cuh.
#define PRECISION Bf16
#define NAME(PASS, TILE) conv2d_##PASS##_bf16_##TILE
#include "conv2d_tensor.cuh"
