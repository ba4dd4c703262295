// The loop of tensor.cuh with Hopper's wgmma, for operands that were rounded when they were written, to bfloat16
// (copies.cuh) or TF32: tensor cores read them from shared memory themselves, and multiply one slab while threads fetch
// others. It runs on compute capability 9.0 only.
//
// Order is everything here. A slab's copies are made by cp.async, in the generic proxy; each thread waits for its own,
// makes them known to the async proxy, in which wgmma reads, and then comes to a barrier: so the slab is there. Its
// products are issued, and those of the slab before waited for. At the next barrier all warpgroups have done so, and
// the slab two before the one that is multiplied may be written again: slabs are fetched stages-2 ahead.
//
// In TF32 wgmma takes from shared memory only what has k next to each other. Gradients of weights, where neither operand
// has, are left to mma.sync, and wgmma_turned.cuh is the way of those towards images.
#pragma once
#include "copies.cuh"

// GroupTile is a block's part of the result, for GROUPS warpgroups to compute.
template <class NUMBER, int ROWS, int COLUMNS, int GROUPS, int RESIDENT, int STAGES>
struct GroupTile {
  typedef NUMBER Number;
  static constexpr int rows = ROWS, columns = COLUMNS, depth = 128 / sizeof(Number), stages = STAGES, resident = RESIDENT;
  static constexpr int piece = 16 / sizeof(Number), groups = GROUPS, threads = 128 * GROUPS;
  static_assert(STAGES >= 3, "a slab that is multiplied, the one before, and one on its way");
};

DEVICE void order_registers() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void order_memory() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
DEVICE void commit_products() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int n>
DEVICE void wait_products() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(n) : "memory");
}

// Matrix descriptors (PTX manual, "Asynchronous Warpgroup Level Matrix Shared Memory Layout"; CUTLASS's make_gmma_desc is
// the same): from bit 0 on the address, from 16 on the leading and from 32 on the stride byte offset, all in pieces of 16
// bytes, and 1 from bit 62 on, for the swizzle of 128 bytes, which goes by addresses: slabs begin at multiples of 1024.
// The upper half is the same for all.
DEVICE unsigned long long descriptor(unsigned low) { return (1ull << 30 | 1024 / 16) << 32 | low; }

// Operand is a slab as wgmma reads it: whether rows are next to each other, the bytes from an instruction's k, a quarter of
// the slab's, to the next, from 64 rows to the next, and the lower half of its descriptor but for the address.
template <class Slab>
struct Operand;

// Groups of eight rows are the stride apart. The leading offset is not used.
template <class T, int SIZE>
struct Operand<TensorRows<T, SIZE>> {
  typedef typename T::Number Number;
  static constexpr int MAJOR_MN = 0, STEP = 32, BAND = 64 * 128;
  static constexpr unsigned low = 1 << 16;
};

// Groups of eight k are the stride apart, blocks of 64 rows the leading offset.
template <class T, int SIZE>
struct Operand<TensorColumns<T, SIZE, bf16>> {
  typedef bf16 Number;
  static constexpr int MAJOR_MN = 1, STEP = 16 * 128, BAND = T::depth * 128;
  static constexpr unsigned low = BAND / 16 << 16;
};

#define SUMS(j) "+f"(sum[j][0]), "+f"(sum[j][1]), "+f"(sum[j][2]), "+f"(sum[j][3])
#define SUMS8(j) SUMS(j), SUMS(j + 1), SUMS(j + 2), SUMS(j + 3), SUMS(j + 4), SUMS(j + 5), SUMS(j + 6), SUMS(j + 7)
#define TEN(t) "%" #t "0, %" #t "1, %" #t "2, %" #t "3, %" #t "4, %" #t "5, %" #t "6, %" #t "7, %" #t "8, %" #t "9, "
#define TO29 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, " TEN(1) TEN(2)
#define TO31 TO29 "%30, %31"
#define TO63 TO29 TEN(3) TEN(4) TEN(5) "%60, %61, %62, %63"
#define TO127 TO29 TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9) TEN(10) TEN(11) "%120, %121, %122, %123, %124, %125, %126, %127"

// MULTIPLY is the instruction for so many columns. Registers are those of the sums, which are its first operands.
#define MULTIPLY(columns, registers, of_a, of_b, mn_a, mn_b, ...)                                                                        \
  if constexpr (sizeof(typename A::Number) == 2)                                                                                         \
    asm volatile("wgmma.mma_async.sync.aligned.m64n" #columns "k16.f32.bf16.bf16 {" registers "}, " of_a ", " of_b ", 1, 1, 1, " mn_a    \
                 ", " mn_b ";"                                                                                                           \
                 : __VA_ARGS__                                                                                                           \
                 : "l"(descriptor(a)), "l"(descriptor(b)), "n"(A::MAJOR_MN), "n"(B::MAJOR_MN));                                          \
  else                                                                                                                                   \
    asm volatile("wgmma.mma_async.sync.aligned.m64n" #columns "k8.f32.tf32.tf32 {" registers "}, " of_a ", " of_b ", 1, 1, 1;"           \
                 : __VA_ARGS__                                                                                                           \
                 : "l"(descriptor(a)), "l"(descriptor(b)))

// multiply_group adds the product of an instruction's k to 64 rows of sums, in the fragments of m16n8: a warp has 16 rows.
template <class A, class B>
DEVICE void multiply_group(float (&sum)[8][4], unsigned a, unsigned b) {
  MULTIPLY(64, TO31, "%32", "%33", "%34", "%35", SUMS8(0));
}
template <class A, class B>
DEVICE void multiply_group(float (&sum)[16][4], unsigned a, unsigned b) {
  MULTIPLY(128, TO63, "%64", "%65", "%66", "%67", SUMS8(0), SUMS8(8));
}
template <class A, class B>
DEVICE void multiply_group(float (&sum)[32][4], unsigned a, unsigned b) {
  MULTIPLY(256, TO127, "%128", "%129", "%130", "%131", SUMS8(0), SUMS8(8), SUMS8(16), SUMS8(24));
}

// hold keeps the compiler from moving what is done to sums across it: it does not know when they belong to wgmma.
template <int TN>
DEVICE void hold(float (&sum)[TN][4]) {
#pragma unroll
  for (int j = 0; j < TN; j++) asm volatile("" : SUMS(j)::"memory");
}

// from_lane is a lane's number. If it is the first's the assembler knows that all lanes are given the same.
DEVICE unsigned from_lane(unsigned v, int lane) {
  unsigned r;
  asm volatile("shfl.sync.idx.b32 %0, %1, %2, 31, -1;" : "=r"(r) : "r"(v), "r"(lane));
  return r;
}

// A Way is how warpgroups share a tile: the sums that a thread has, how a slab is multiplied, how the slab before it is
// waited for, and where sums go.
//
// Bands is the way of operands that both lie in shared memory: bands of 64 rows for the warpgroups in turn, each with all
// columns.
template <class T, class A, class B>
struct Bands {
  typedef Operand<A> OfA;
  typedef Operand<B> OfB;
  static constexpr int step = 64 * T::groups, bands = T::rows / step, tn = T::columns / 8;
  typedef float Sums[bands][1][tn][4];
  struct Band {  // as put_fragments knows it: a warp has 16 rows
    static constexpr int tm = 1, tn = Bands::tn, down = 16, across = T::columns, warps = 4 * T::groups;
  };
  unsigned x, y;
  MEMBER Bands(unsigned slab_a, unsigned slab_b)
      : x(OfA::low + (slab_a + from_lane(threadIdx.x / 128, 0) * OfA::BAND) / 16), y(OfB::low + slab_b / 16) {}
  MEMBER void multiply(Sums &sum, unsigned stage) const {
    order_registers();
#pragma unroll
    for (int s = 0; s < 4; s++)
#pragma unroll
      for (int i = 0; i < bands; i++)
        multiply_group<OfA, OfB>(sum[i][0], x + (stage + i * T::groups * OfA::BAND + s * OfA::STEP) / 16, y + (stage + s * OfB::STEP) / 16);
    commit_products();
  }
  static MEMBER void wait_before() { wait_products<1>(); }  // a slab's products are a group
  template <class Place>
  static MEMBER void put(Sums &sum, const Result &r, Place place, int thread, bool first, bool last) {
#pragma unroll
    for (int i = 0; i < bands; i++) {
      hold(sum[i][0]);
      put_fragments<Band>(sum[i], r, place, thread, first, last);
      place.row += step;
    }
  }
};

// A pair of slabs with another way specialises Way.
template <class T, class A, class B>
struct Way : Bands<T, A, B> {
  using Bands<T, A, B>::Bands;
};

// multiply_groups is multiply_tensor. Dynamic shared memory has 1024 bytes more than the slabs, which begin at a multiple.
template <class T, class P, class A, class B, class Product>
DEVICE void multiply_groups(A &a, B &b, int from, int end, const Product &product) {
  typedef Way<T, typename A::Slab, typename B::Slab> W;
  extern __shared__ __attribute__((aligned(1024))) char slabs[];
  constexpr int slab_a = T::rows * 128, stage = slab_a + T::columns * 128, all = T::stages * stage, ahead = T::stages - 2;
  unsigned base = (shared_address(slabs) + 1023) / 1024 * 1024;
  unsigned to_a = base + a.start(), to_b = base + slab_a + b.start();
  auto fetch = [&](int k, unsigned at) {
    if (k < end) a.fetch(to_a + at), b.fetch(to_b + at);
    commit();
  };
#pragma unroll
  for (int s = 0; s < ahead; s++) fetch(from + s * T::depth, s * stage);
  W way(base, base + slab_a);
  unsigned now = 0, next = ahead * stage;
  int k = from;
  bool first = true;
  do {
    typename W::Sums sum = {};
#pragma unroll
    for (int i = 0; i < W::bands; i++) hold(sum[i][0]);
    int stop = end - k < TENSOR_FLUSH ? end : k + TENSOR_FLUSH;
    for (; k < stop; k += T::depth) {
      wait<ahead - 1>();
      order_memory();
      __syncthreads();  // this slab is there, and the one that the next is copied over has been multiplied
      way.multiply(sum, now);
      fetch(k + ahead * T::depth, next);
      now = now == all - stage ? 0 : now + stage;
      next = next == all - stage ? 0 : next + stage;
      W::wait_before();
    }
    wait_products<0>();
    int thread, block;
    asm volatile("mov.u32 %0, %%tid.x;\n\tmov.u32 %1, %%ctaid.x;" : "=r"(thread), "=r"(block));
    Result result;
    auto place = product.place(block, result);
    W::put(sum, result, place, thread, first, k >= end);
    first = false;
  } while (k < end);
}

// Groups are the tiles of conv2d_tensor.cuh. Per multiply-add a tile of 128×256 reads three quarters of the bytes that one of
// 128×128 does; of the latter two fit on a multiprocessor, so that one multiplies while the other puts its result.
template <class NUMBER>
struct Groups {
  typedef GroupTile<NUMBER, 128, 128, 2, 2, 3> Tile128x128;
  typedef GroupTile<NUMBER, 128, 64, 2, 2, 4> Tile128x64;
  typedef GroupTile<NUMBER, 64, 64, 1, 3, 4> Tile64x64;
  typedef GroupTile<NUMBER, 256, 128, 2, 1, 4> Tile256x128;
  typedef GroupTile<NUMBER, 128, 256, 2, 1, 4> Tile128x256;
};
