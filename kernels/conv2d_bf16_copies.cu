// sm_80 only: tensor cores. Copies is a precision of copies.cuh.
#include "copies.cuh"
#define PRECISION Copies
#define NAME(PASS, TILE) conv2d_##PASS##_bf16_copies_##TILE
#include "conv2d_tensor.cuh"
PASSES(128x128x2, Copies::Tile128x128x2)
PASSES(256x128, Copies::Tile256x128)
