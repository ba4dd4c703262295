// sm_80 only: tensor cores. Tf32 is a precision of tensor.cuh.
#define PRECISION Tf32
#define NAME(PASS, TILE) conv2d_##PASS##_tf32_##TILE
#include "conv2d_tensor.cuh"
