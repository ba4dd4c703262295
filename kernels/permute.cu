#include "cuda.cuh"

#define TILE 32

// y[i][c][r] = x[i][r][c], of images i of rows by columns. A block of 8 warps turns a tile of 32×32 in shared
// memory, so that both sides are read and written along their rows; a column more keeps the tile's columns in
// different banks. Blocks are numbered image by image, then row by row of tiles.
KERNEL(8 * TILE) transpose(float *y, Rounding rounding, const float *x, int rows, int columns) {
  __shared__ __attribute__((aligned(16))) float tile[TILE][TILE + 1];
  const int across = (columns + TILE - 1) / TILE, down = (rows + TILE - 1) / TILE;
  const int image = blockIdx.x / (across * down), place = blockIdx.x % (across * down);
  const int r0 = place / across * TILE, c0 = place % across * TILE;
  const int lane = threadIdx.x % TILE, warp = threadIdx.x / TILE;
  const size_t begin = (size_t)image * rows * columns;
  x += begin;
  for (int i = warp; i < TILE; i += 8) {
    if (r0 + i < rows && c0 + lane < columns) tile[i][lane] = x[(r0 + i) * columns + c0 + lane];
  }
  __syncthreads();
  for (int i = warp; i < TILE; i += 8) {
    if (c0 + i >= columns || r0 + lane >= rows) continue;
    write1(y, rounding, begin + (c0 + i) * rows + r0 + lane, tile[lane][i]);
  }
}
