// Operands of the loop of tensor.cuh that are read as bfloat16, from the copies that device/operand.go describes: half the
// bytes from the second-level cache, which is what bounds the loop, and nothing to round. Slabs have 64 k.
//
// Slabs lie in shared memory as Hopper's wgmma reads them too, swizzled in 128 bytes: TensorRows is its layout with k next
// to each other, TensorColumns that with rows next to each other.
#pragma once
#include "tensor.cuh"

// load_transposed is load_matrices of matrices of 8×8 numbers: thread 4·g+q is given number g of rows 2·q and 2·q+1.
DEVICE void load_transposed(unsigned (&v)[4], unsigned at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(v[0]), "=r"(v[1]), "=r"(v[2]), "=r"(v[3]) : "r"(at) : "memory");
}

// In bfloat16 it is blocks of 64 rows, and in each k after k, 128 bytes each. Of a k's eight pieces of 16 bytes piece c
// lies in place c ^ k % 8, so that eight k's pieces are in different banks.
template <class T, int SIZE>
struct TensorColumns<T, SIZE, bf16> {
  static constexpr int step = 64, passes = SIZE / step, lower = T::threads / 8, deep = T::depth / lower;
  MEMBER static int row() { return threadIdx.x % 8 * T::piece; }
  MEMBER static int k0() { return threadIdx.x / 8; }
  MEMBER static unsigned start() { return k0() * 128 + (threadIdx.x % 8 ^ k0() % 8) * 16; }
  MEMBER static constexpr unsigned offset(int d, int p) { return d * (lower * 128) + p * (T::depth * 128); }

  // A warp's rows are in one block.
  struct Reader {
    unsigned tall, flat, swizzle;
    MEMBER Reader(unsigned slab, int first) {
      int lane = threadIdx.x % 32;
      unsigned rows = slab + first / 64 * (T::depth * 128) + first % 64 * 2;
      swizzle = lane % 8 * 16;
      tall = rows + (lane / 16 * 8 + lane % 8) * 128 + lane / 8 % 2 * 16;
      flat = rows + lane % 16 * 128 + lane / 16 * 16;
    }
    MEMBER void read(unsigned (&v)[4], unsigned stage, int step, int i) const { load_transposed(v, (tall + i * 32 ^ swizzle) + stage + step * 2048); }
    MEMBER void read(unsigned (&v)[2][2], unsigned stage, int step, int j) const {
      unsigned u[4];
      load_transposed(u, (flat + j * 16 ^ swizzle) + stage + step * 2048);
      v[0][0] = u[0], v[0][1] = u[1], v[1][0] = u[2], v[1][1] = u[3];
    }
  };
};

// Copies is a precision. Three slabs, of which two are on their way, fit into the shared
// memory of a Hopper's multiprocessor as often as there are to be blocks; of 128×128 two do so on other cards.
struct Copies : AsWritten<Bf16> {
  typedef TensorTile<128, 128, 64, 64, 2, bf16, 3> Tile128x128;
  typedef TensorTile<128, 128, 64, 64, 2, bf16, 2> Tile128x128x2;
  typedef TensorTile<128, 64, 64, 32, 3, bf16, 3> Tile128x64;
  typedef TensorTile<64, 64, 32, 32, 4, bf16, 3> Tile64x64;
  typedef TensorTile<256, 128, 64, 64, 1, bf16, 2> Tile256x128;  // three quarters of the bytes, and half as many blocks
};
