// sm_90a only: wgmma. GroupsTf32 are the tiles of wgmma.cuh, without gradients of weights.
#include "wgmma_turned.cuh"
#define PRECISION GroupsTf32
#define LOOP multiply_groups
#define NAME(PASS, TILE) conv2d_##PASS##_tf32_wgmma_##TILE
#define PASSES(TILE, T) FORWARD(TILE, T) INPUT(TILE, T)
#include "conv2d_tensor.cuh"
PASSES(256x128, PRECISION::Tile256x128)
PASSES(128x256, PRECISION::Tile128x256)
