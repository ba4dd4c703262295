// sm_90a only: wgmma. Groups are the tiles of wgmma.cuh.
#include "wgmma.cuh"
#define PRECISION Groups<bf16>
#define LOOP multiply_groups
#define NAME(PASS, TILE) conv2d_##PASS##_bf16_wgmma_##TILE
#include "conv2d_tensor.cuh"
PASSES(256x128, PRECISION::Tile256x128)
PASSES(128x256, PRECISION::Tile128x256)
