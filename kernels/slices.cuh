// The slices of a product's sum (gemm.cuh), added up by the last of the blocks that share a tile: one launch does what
// gemm_sum would take another for, which is longer than a few parts of a tile take.
#pragma once
#include "gemm.cuh"
#include "ticket.cuh"

// add_slices computes a tile of C from its parts, in the order of the slices, once they are all there. It has a ticket for
// each tile. Every thread of the block must come here, after its tile is put. Numbers are moved four at a time if WIDE.
template <class T, bool WIDE>
DEVICE void add_slices(const Gemm<T> &g, unsigned *tickets) {
  constexpr int V = WIDE ? 4 : 1, TOGETHER = 4, step = T::threads * V;
  struct __attribute__((aligned(4 * V))) Piece { float v[V]; };
  Share<T> s(blockIdx.x, g.M, g.N, g.slices);
  if (!last_block(tickets + blockIdx.x % (gridDim.x / g.slices), g.slices)) return;
  const size_t numbers = (size_t)g.M * g.N;
  for (int first = threadIdx.x * V; first < T::rows * T::columns; first += TOGETHER * step) {
    float sum[TOGETHER][V] = {};
    int at[TOGETHER], column[TOGETHER];
#pragma unroll
    for (int u = 0; u < TOGETHER; u++) {
      const int e = first + u * step, row = s.row + e / T::columns;
      column[u] = s.column + e % T::columns;
      at[u] = e < T::rows * T::columns && row < g.M && column[u] < g.N ? row * g.N + column[u] : -1;
    }
    for (int slice = 0; slice < g.slices; slice += TOGETHER) {
      Piece part[TOGETHER][TOGETHER];  // all on their way at a time; for those that are not there others of the tile are read, and left out
#pragma unroll
      for (int w = 0; w < TOGETHER; w++)
#pragma unroll
        for (int u = 0; u < TOGETHER; u++)
          part[w][u] = *(const Piece *)(g.parts + ((slice + w < g.slices ? slice + w : slice) * numbers + (at[u] < 0 ? s.row * g.N + s.column : at[u])));
#pragma unroll
      for (int w = 0; w < TOGETHER; w++)
#pragma unroll
        for (int u = 0; u < TOGETHER; u++)
#pragma unroll
          for (int j = 0; j < V; j++) sum[u][j] += slice + w < g.slices ? part[w][u].v[j] : 0;
    }
#pragma unroll
    for (int u = 0; u < TOGETHER; u++) {
      if (at[u] < 0) continue;
      Piece *p = (Piece *)(g.C + at[u]), v = {};
      if (g.add) v = *p;
#pragma unroll
      for (int j = 0; j < V; j++) {
        float x = sum[u][j];
        if (g.bias) x += g.bias[(column[u] + j) % g.period], x = leaky(x, x, g.slope);
        v.v[j] = g.add ? v.v[j] + x : x;
      }
      *p = v;
    }
  }
}
