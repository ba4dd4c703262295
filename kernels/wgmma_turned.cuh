// The way of wgmma.cuh for gradients towards images in TF32, whose weights do not have k next to each other: wgmma cannot
// read them from shared memory, but takes its first operand from registers too. So the result is computed turned: an
// instruction's rows are 64 of its columns, channels, and an instruction's columns are the rows of the tile, pixels.
#pragma once
#include "wgmma.cuh"

// multiply_turned is multiply_group with a from registers, in the fragments of mma.
#define MULTIPLY_TURNED(columns, registers, of_a, of_b, ...)                                                                        \
  asm volatile("wgmma.mma_async.sync.aligned.m64n" #columns "k8.f32.tf32.tf32 {" registers "}, {" of_a "}, " of_b ", 1, 1, 1;" \
               : __VA_ARGS__                                                                                                        \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(descriptor(b)))
DEVICE void multiply_turned(float (&sum)[8][4], const unsigned (&a)[4], unsigned b) {
  MULTIPLY_TURNED(64, TO31, "%32, %33, %34, %35", "%36", SUMS8(0));
}
DEVICE void multiply_turned(float (&sum)[16][4], const unsigned (&a)[4], unsigned b) {
  MULTIPLY_TURNED(128, TO63, "%64, %65, %66, %67", "%68", SUMS8(0), SUMS8(8));
}
DEVICE void multiply_turned(float (&sum)[32][4], const unsigned (&a)[4], unsigned b) {
  MULTIPLY_TURNED(256, TO127, "%128, %129, %130, %131", "%132", SUMS8(0), SUMS8(8), SUMS8(16), SUMS8(24));
}

// turn transposes 8×8 numbers of which lane 4·g+q has 2·q and 2·q+1 of row g.
DEVICE void turn(float *to, const float *from, int lane) {
  int first = lane % 4 * 8 + lane / 8, odd = lane / 4 % 2;  // the lane that has number g of row 2·q
#pragma unroll
  for (int e = 0; e < 2; e++) {
    unsigned even = from_lane(__float_as_int(from[0]), first + 4 * e), other = from_lane(__float_as_int(from[1]), first + 4 * e);
    to[e] = __int_as_float(odd ? other : even);
  }
}

// Here bands are of 64 columns. The weights of a slab's four instructions have registers of their own, and those of one are
// loaded when the instruction that read them before, a slab ago, is done: three are on their way meanwhile. So all of the
// slab before is done when all of this one's are issued.
template <class T, int ROWS, int COLUMNS>
struct Way<T, TensorRows<T, ROWS>, TensorColumns<T, COLUMNS, float>> {
  typedef Operand<TensorRows<T, ROWS>> Pixels;
  static constexpr int step = 64 * T::groups, bands = COLUMNS / step, tn = ROWS / 8;
  typedef float Sums[bands][1][tn][4];
  unsigned pixels, weights[2];  // of the first of 16 channels, and eight further on
  MEMBER Way(unsigned slab_a, unsigned slab_b) : pixels(Pixels::low + slab_a / 16) {
    int g = threadIdx.x % 32 / 4, q = threadIdx.x % 4, first = threadIdx.x / 32 * 16;
#pragma unroll
    for (int e = 0; e < 2; e++) weights[e] = slab_b + (q * COLUMNS + first / 32 * 32 + (first % 32 / 8 + e ^ q) * 8 + g) * 4;
  }
  MEMBER void multiply(Sums &sum, unsigned stage) const {
#pragma unroll
    for (int s = 0; s < 4; s++) {
      unsigned v[bands][4];
      wait_products<3>();
#pragma unroll
      for (int i = 0; i < bands; i++)
#pragma unroll
        for (int r = 0; r < 4; r++) v[i][r] = load_shared(weights[r % 2] + stage + ((8 * s + r / 2 * 4) * COLUMNS + i * step) * 4);
      order_registers();
#pragma unroll
      for (int i = 0; i < bands; i++) multiply_turned(sum[i][0], v[i], pixels + (stage + s * Pixels::STEP) / 16);
      commit_products();
    }
  }
  static MEMBER void wait_before() {}  // multiply has done so

  struct Turned {  // 32 rows of eight columns, as put_fragments knows them: warps are 16 columns apart
    static constexpr int tm = 2, tn = 1, down = 32, across = 16, warps = 1;
  };
  struct Places {  // where a thread's rows of 32 go, of which each lane knows one
    int row, column, found[4];
    MEMBER Places(int of_lane, int lane) : row(0) {
#pragma unroll
      for (int i = 0; i < 4; i++) found[i] = from_lane(of_lane, 8 * i + lane / 4);
    }
    MEMBER int at(int row) const { return found[row / 8]; }
  };
  template <class Place>
  static MEMBER void put(Sums &sum, const Result &r, const Place &place, int thread, bool first, bool last) {
    thread &= T::threads - 1;  // as it is, but now the compiler knows which of a thread's rows is which
    int lane = thread % 32, found[tn / 4];
#pragma unroll
    for (int i = 0; i < tn / 4; i++) found[i] = place.at(place.row + 32 * i + lane);
#pragma unroll
    for (int i = 0; i < bands; i++) hold(sum[i][0]);
#pragma unroll
    for (int j = 0; j < tn; j += 4) {
      Places places(found[j / 4], lane);
#pragma unroll
      for (int i = 0; i < 2 * bands; i++) {
        float turned[2][1][4];
#pragma unroll
        for (int d = 0; d < 4; d++) turn(turned[d / 2][0] + d % 2 * 2, sum[i / 2][0][j + d] + i % 2 * 2, lane);
        places.column = place.column + i / 2 * step + i % 2 * 8;
        put_fragments<Turned>(turned, r, places, thread, first, last);
      }
    }
  }
};

// One warpgroup has all of a tile's 64 columns, and of 128: two blocks of two would lack registers for what loaders know
// besides the sums.
struct GroupsTf32 : Groups<float> {
  typedef GroupTile<float, 128, 128, 1, 2, 3> Tile128x128;
  typedef GroupTile<float, 128, 64, 1, 3, 3> Tile128x64;
};
