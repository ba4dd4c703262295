// sm_80 only: tensor cores. Rounded is a precision of tensor.cuh.
#define PRECISION Rounded
#define NAME(PASS, TILE) conv2d_##PASS##_tf32_rounded_##TILE
#include "conv2d_tensor.cuh"
