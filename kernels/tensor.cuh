// The loop of tile.cuh on tensor cores, from compute capability 8.0 on: result = Σ_k a(row, k)·b(column, k), with
// operands rounded to TF32 or bfloat16 and sums in float32. Loaders, shares and results are those of tile.cuh;
// only WIDE operands are taken.
//
// Slabs of 16 k go from global to shared memory by cp.async, as float32, two slabs ahead of the one that is
// multiplied, with one barrier a slab. Operands are rounded where a warp reads its fragments. An instruction
// does not care which of its k is which as long as both operands agree; so a thread, which has k q and q+4 of
// eight (or 2q, 2q+1, 2q+8 and 2q+9 of sixteen), is given neighbours in memory, 2q and 2q+1, in all cases.
#pragma once
#include "tile.cuh"

// TensorTile is the division of a block's part of the result: ROWS×COLUMNS, of which each warp computes
// DOWN×ACROSS in fragments of 16×8. RESIDENT blocks are to fit on a multiprocessor.
template <int ROWS, int COLUMNS, int DOWN, int ACROSS, int RESIDENT>
struct TensorTile {
  static constexpr int rows = ROWS, columns = COLUMNS, depth = 16, stages = 3, resident = RESIDENT;
  static constexpr int down = DOWN, across = ACROSS, tm = DOWN / 16, tn = ACROSS / 8;
  static constexpr int warps = ROWS / DOWN;  // one below the other
  static constexpr int threads = 32 * warps * (COLUMNS / ACROSS);
};

// A fragment of 64×64 needs the fewest numbers from shared memory, and most of the registers.
typedef TensorTile<128, 128, 64, 64, 2> Tensor128x128;
typedef TensorTile<128, 64, 64, 32, 3> Tensor128x64;
typedef TensorTile<64, 64, 32, 32, 4> Tensor64x64;

// TENSOR_FLUSH is FLUSH for tensor cores, which do not round their sums but cut them off.
#define TENSOR_FLUSH 2048

DEVICE unsigned shared_address(const void *p) {
  unsigned r;
  asm("{\n\t.reg .u64 t;\n\tcvta.to.shared.u64 t, %1;\n\tcvt.u32.u64 %0, t;\n\t}" : "=r"(r) : "l"(p));
  return r;
}

// copy_async has 16 bytes copied, or cleared, and wait returns when all groups of copies but the last n are
// done. Others see a thread's copies after a barrier.
DEVICE void copy_async(unsigned to, const float *from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(valid ? 16 : 0) : "memory");
}
DEVICE void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int n>
DEVICE void wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(n) : "memory");
}

// TensorRows is RowSlab: row after row in shared memory, 16 numbers each. Of a row's four pieces of 16 bytes
// piece c lies in place c ^ 2·(row/2 % 2), so that half a warp, which reads 8 bytes a thread, finds four rows in
// different banks.
template <class T, int SIZE>
struct TensorRows {
  static constexpr int step = T::threads / 4, passes = SIZE / step, deep = 1;
  unsigned to;  // where the thread's first piece goes
  MEMBER int row() const { return threadIdx.x / 4; }
  MEMBER int k0() const { return threadIdx.x % 4 * 4; }
  MEMBER unsigned start() const { return row() * 64 + (threadIdx.x % 4 ^ row() / 2 % 2 * 2) * 16; }
  MEMBER void take(int, int p, const float *address, bool valid) { copy_async(to + p * (step * 64), address, valid); }

  // Reader reads a thread's numbers of the rows from first on: k 8·b+2q and the next of row 8·i+g.
  struct Reader {
    const float *at[2];
    MEMBER Reader(const float *slab, int first) {
      int g = threadIdx.x % 32 / 4, q = threadIdx.x % 4;
#pragma unroll
      for (int b = 0; b < 2; b++) at[b] = slab + ((first + g) * 16 + ((2 * b + q / 2) ^ g / 2 % 2 * 2) * 4 + q % 2 * 2);
    }
    MEMBER float2 pair(int stage, int b, int i) const { return *(const float2 *)(at[b] + stage + i * 128); }
  };
};

// TensorColumns is ColumnSlab: k after k in shared memory, SIZE numbers each. Piece c of a k lies in place
// c ^ 2·(k/2 % 4), so that a warp, which reads 8 numbers of four k, finds them in different banks. A thread's k
// are such that this is the same for all of them.
template <class T, int SIZE>
struct TensorColumns {
  static constexpr int wide = SIZE / 4, each = T::threads / wide, passes = T::depth / each;
  unsigned to;
  MEMBER static constexpr int along(int p) { return each >= 8 ? p * each : p % 2 + p / 2 * 8; }
  MEMBER int row() const { return threadIdx.x % wide * 4; }
  MEMBER int k0() const { return threadIdx.x / wide * (each >= 8 ? 1 : 2); }
  MEMBER unsigned start() const { return k0() * (SIZE * 4) + (threadIdx.x % wide ^ k0() / 2 % 4 * 2) * 16; }
  MEMBER void take(int p, const float *address, bool valid) { copy_async(to + along(p) * (SIZE * 4), address, valid); }

  struct Reader {
    const float *at[4];
    MEMBER Reader(const float *slab, int first) {
      int g = threadIdx.x % 32 / 4, q = threadIdx.x % 4;
#pragma unroll
      for (int i = 0; i < 4; i++) at[i] = slab + (2 * q * SIZE + first + (i ^ q) * 8 + g);
    }
    MEMBER float2 pair(int stage, int b, int i) const {
      const float *p = at[i % 4] + stage + (i / 4 * 32 + b * (8 * SIZE));
      float2 v = {p[0], p[SIZE]};
      return v;
    }
  };
};

// Tf32 and Bf16 are precisions: how many groups of eight k an instruction takes, how a thread's numbers of a row
// become registers of it, lo and hi, and the instruction, sum += a·b.
struct Tf32 {
  static constexpr int groups = 1;
  // The nearest number, of two the larger: what comes after the first ten bits of the fraction is not looked at,
  // so that it need not be cleared, as cvt.rna.tf32 does. Infinities and NaN stay.
  static MEMBER unsigned round(float v) {
    unsigned r;
    asm("{\n\t.reg .pred p;\n\t.reg .f32 v;\n\tabs.f32 v, %1;\n\tsetp.lt.f32 p, v, 0f7F800000;\n\tmov.b32 %0, %1;\n\t@p add.u32 %0, %0, 0x1000;\n\t}"
        : "=r"(r)
        : "f"(v));
    return r;
  }
  template <class Reader>
  static MEMBER void operand(unsigned &lo, unsigned &hi, const Reader &r, int stage, int group, int i) {
    float2 v = r.pair(stage, group, i);
    lo = round(v.x), hi = round(v.y);
  }
  static MEMBER void multiply(float (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

struct Bf16 {
  static constexpr int groups = 2;
  static MEMBER unsigned round(float2 v) {
    unsigned r;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(v.y), "f"(v.x));
    return r;
  }
  template <class Reader>
  static MEMBER void operand(unsigned &lo, unsigned &hi, const Reader &r, int stage, int, int i) {
    lo = round(r.pair(stage, 0, i)), hi = round(r.pair(stage, 1, i));
  }
  static MEMBER void multiply(float (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

// put is that of tile.cuh for fragments: a thread has two neighbours of row g and two of row g+8 of each.
template <class T, class Place>
DEVICE void put_fragments(const float (&sum)[T::tm][T::tn][4], const Result &r, const Place &place, int thread, bool first, bool last) {
  int lane = thread % 32, warp = thread / 32;
  int row = place.row + warp % T::warps * T::down + lane / 4, column = place.column + warp / T::warps * T::across + lane % 4 * 2;
  bool old = !first || r.add, finish = last && r.bias;
#pragma unroll
  for (int j = 0; j < T::tn; j++) {
    int c = column + 8 * j;
    if (c >= r.columns) continue;  // there are four columns more, or none
    float bias0 = finish ? r.bias[c % r.period] : 0, bias1 = finish ? r.bias[(c + 1) % r.period] : 0;
#pragma unroll
    for (int i = 0; i < 2 * T::tm; i++) {
      int at = place.at(row + 8 * i);
      if (at < 0) continue;
      float2 *p = (float2 *)(r.to + (at + c)), v = {sum[i / 2][j][i % 2 * 2], sum[i / 2][j][i % 2 * 2 + 1]};
      if (old) v.x += p->x, v.y += p->y;
      if (finish) v.x = leaky(v.x + bias0, v.x + bias0, r.slope), v.y = leaky(v.y + bias1, v.y + bias1, r.slope);
      *p = v;
    }
  }
}

// multiply_tensor is multiply of tile.cuh. Every thread of the block must come here.
template <class T, class P, class A, class B, class Product>
DEVICE void multiply_tensor(A &a, B &b, int from, int end, const Product &product) {
  __shared__ __attribute__((aligned(128))) float as[T::stages][T::rows * T::depth];
  __shared__ __attribute__((aligned(128))) float bs[T::stages][T::columns * T::depth];
  constexpr int slab_a = T::rows * T::depth, slab_b = T::columns * T::depth;
  unsigned to_a = shared_address(as) + a.start(), to_b = shared_address(bs) + b.start();
  // Past the end these are zeros; there is no branch around them.
  auto fetch = [&](int stage) {
    a.to = to_a + stage * (slab_a * 4), b.to = to_b + stage * (slab_b * 4);
    a.fetch();
    b.fetch();
    commit();
  };
#pragma unroll
  for (int s = 0; s < T::stages - 1; s++) fetch(s);
  typename A::Reader read_a(as[0], threadIdx.x / 32 % T::warps * T::down);
  typename B::Reader read_b(bs[0], threadIdx.x / 32 / T::warps * T::across);
  int k = from, now = 0;
  bool first = true;
  do {
    float sum[T::tm][T::tn][4] = {};
    int stop = end - k < TENSOR_FLUSH ? end : k + TENSOR_FLUSH;
    for (; k < stop; k += T::depth) {
      wait<T::stages - 2>();
      __syncthreads();  // the slab is there for all, and the one before it has been read by all
      fetch(now == 0 ? T::stages - 1 : now - 1);
#pragma unroll
      for (int g = 0; g < 2; g += P::groups) {
        unsigned x[T::tm][4], y[T::tn][2];
#pragma unroll
        for (int i = 0; i < 2 * T::tm; i++) P::operand(x[i / 2][i % 2], x[i / 2][i % 2 + 2], read_a, now * slab_a, g, i);
#pragma unroll
        for (int j = 0; j < T::tn; j++) P::operand(y[j][0], y[j][1], read_b, now * slab_b, g, j);
#pragma unroll
        for (int i = 0; i < T::tm; i++)
#pragma unroll
          for (int j = 0; j < T::tn; j++) P::multiply(sum[i][j], x[i], y[j]);
      }
      now = now == T::stages - 1 ? 0 : now + 1;
    }
    int thread, block;
    asm volatile("mov.u32 %0, %%tid.x;\n\tmov.u32 %1, %%ctaid.x;" : "=r"(thread), "=r"(block));
    Result result;
    auto place = product.place(block, result);
    put_fragments<T>(sum, result, place, thread, first, k >= end);
    first = false;
  } while (k < end);
}
