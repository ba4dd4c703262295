// The loop of tile.cuh on tensor cores, from compute capability 8.0 on: result = Σ_k a(row, k)·b(column, k), with
// sums in float32 and operands that are rounded to TF32 or bfloat16, to the nearest. Shares and results are those of tile.cuh.
//
// Slabs go from global to shared memory by cp.async, as they are, ahead of the one that is multiplied, with one barrier
// a slab. A slab has 128 bytes of a row: 32 k in float32, 64 in bfloat16 (copies.cuh). A warp reads fragments, of 8 or
// 16 k, while it multiplies those that it has read before.
#pragma once
#include "tile.cuh"

// TensorTile is the division of a block's part of the result: ROWS×COLUMNS, of which each warp computes
// DOWN×ACROSS in fragments of 16×8. RESIDENT blocks are to fit on a multiprocessor. Operands are of type NUMBER, with
// STAGES slabs of each in shared memory.
template <int ROWS, int COLUMNS, int DOWN, int ACROSS, int RESIDENT, class NUMBER = float, int STAGES = 2>
struct TensorTile {
  typedef NUMBER Number;
  static constexpr int rows = ROWS, columns = COLUMNS, depth = 128 / sizeof(Number), stages = STAGES, resident = RESIDENT;
  static constexpr int piece = 16 / sizeof(Number);  // numbers that are copied at a time
  static constexpr int down = DOWN, across = ACROSS, tm = DOWN / 16, tn = ACROSS / 8;
  static constexpr int warps = ROWS / DOWN;  // one below the other
  static constexpr int threads = 32 * warps * (COLUMNS / ACROSS);
};

// A warp's 64×64 need the fewest numbers from shared memory, and most of the registers.
typedef TensorTile<128, 128, 64, 64, 2> Tensor128x128;
typedef TensorTile<64, 64, 32, 32, 4> Tensor64x64;

// TENSOR_FLUSH is FLUSH for tensor cores, which do not round their sums but cut them off.
#define TENSOR_FLUSH 2048

DEVICE unsigned shared_address(const void *p) {
  unsigned r;
  asm("{\n\t.reg .u64 t;\n\tcvta.to.shared.u64 t, %1;\n\tcvt.u32.u64 %0, t;\n\t}" : "=r"(r) : "l"(p));
  return r;
}

// load_matrices loads four matrices of 8 rows of 16 bytes, of which each thread gives the address of one: thread 4·g+q is
// given the four bytes q of row g of each. load_shared loads one number. Both are of use where addresses are 32 bits wide.
DEVICE void load_matrices(unsigned (&v)[4], unsigned at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(v[0]), "=r"(v[1]), "=r"(v[2]), "=r"(v[3]) : "r"(at) : "memory");
}
DEVICE unsigned load_shared(unsigned at) {
  unsigned v;
  asm volatile("ld.shared.u32 %0, [%1];" : "=r"(v) : "r"(at) : "memory");
  return v;
}

// copy_async has 16 bytes copied, or cleared if valid is 0, and wait returns when all groups of copies but the last n
// are done. Others see a thread's copies after a barrier.
DEVICE void copy_async(unsigned to, const void *from, unsigned valid) {
  asm volatile(
      "{\n\t.reg .pred p;\n\t.reg .b32 n;\n\tsetp.ne.b32 p, %2, 0;\n\tselp.b32 n, 16, 0, p;\n\t"
      "cp.async.cg.shared.global [%0], [%1], 16, n;\n\t}" ::"r"(to), "l"(from), "r"(valid) : "memory");
}
DEVICE void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int n>
DEVICE void wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(n) : "memory");
}

// A loader has slabs copied: fetch copies the next one, to an address in shared memory that its thread's start is part
// of. What lies past the end of a matrix is zeros.

// TensorRows is a slab in which k are next to each other: row after row, 128 bytes each. Of a row's eight pieces of 16
// bytes piece c lies in place c ^ row % 8, so that eight rows' pieces are in different banks. A thread copies 16 bytes
// of every step-th row.
template <class T, int SIZE>
struct TensorRows {
  static constexpr int step = T::threads / 8, passes = SIZE / step;
  MEMBER static int row() { return threadIdx.x / 8; }
  MEMBER static int k0() { return threadIdx.x % 8 * T::piece; }
  MEMBER static unsigned start() { return row() * 128 + (threadIdx.x % 8 ^ row() % 8) * 16; }
  MEMBER static constexpr unsigned offset(int p) { return p * (step * 128); }

  // Reader reads fragments of a warp's rows, from first on, and of two pieces of k: of 16 rows, or of 8 and of 8.
  struct Reader {
    unsigned tall, flat, swizzle;
    MEMBER Reader(unsigned slab, int first) {
      int lane = threadIdx.x % 32;
      swizzle = lane % 8 * 16;
      tall = slab + (first + lane % 16) * 128 + lane / 16 * 16;
      flat = slab + (first + lane / 16 * 8 + lane % 8) * 128 + lane / 8 % 2 * 16;
    }
    MEMBER void read(unsigned (&v)[4], unsigned stage, int step, int i) const { load_matrices(v, (tall + step * 32 ^ swizzle) + stage + i * 2048); }
    MEMBER void read(unsigned (&v)[2][2], unsigned stage, int step, int j) const {
      unsigned u[4];
      load_matrices(u, (flat + step * 32 ^ swizzle) + stage + j * 1024);
      v[0][0] = u[0], v[0][1] = u[1], v[1][0] = u[2], v[1][1] = u[3];
    }
  };
};

// TensorColumns is a slab in which rows are next to each other. A thread copies every step-th piece of k0 and every
// lower-th k below it, deep of them.
template <class T, int SIZE, class Number = typename T::Number>
struct TensorColumns;

// In float32 it is k after k, SIZE numbers each. Of a k's pieces of 16 bytes piece c lies in place c ^ 2·(k % 4), so that
// eight numbers of four k are in different banks.
template <class T, int SIZE>
struct TensorColumns<T, SIZE, float> {
  static constexpr int each = T::threads / 16, step = 4 * each, passes = SIZE / step, lower = 16, deep = 2;
  MEMBER static int row() { return threadIdx.x % each * 4; }
  MEMBER static int k0() { return threadIdx.x / each; }
  MEMBER static unsigned start() { return k0() * (SIZE * 4) + (threadIdx.x % each ^ k0() % 4 * 2) * 16; }
  MEMBER static constexpr unsigned offset(int d, int p) { return d * (lower * SIZE * 4) + p * (step * 4); }

  struct Reader {
    unsigned at[4];
    MEMBER Reader(unsigned slab, int first) {
      int g = threadIdx.x % 32 / 4, q = threadIdx.x % 4;
#pragma unroll
      for (int e = 0; e < 4; e++) at[e] = slab + (q * SIZE + first + (e ^ q) * 8 + g) * 4;
    }
    MEMBER unsigned one(unsigned stage, int k, int e) const { return load_shared(at[e % 4] + stage + (k * SIZE + e / 4 * 32) * 4); }
    MEMBER void read(unsigned (&v)[4], unsigned stage, int step, int i) const {
#pragma unroll
      for (int r = 0; r < 4; r++) v[r] = one(stage, 8 * step + r / 2 * 4, 2 * i + r % 2);
    }
    MEMBER void read(unsigned (&v)[2][2], unsigned stage, int step, int j) const {
#pragma unroll
      for (int e = 0; e < 2; e++)
#pragma unroll
        for (int r = 0; r < 2; r++) v[e][r] = one(stage, 8 * step + r * 4, j + e);
    }
  };
};

// RowsOf is the operand x[row·width + k], size rows from first on.
template <class T, int SIZE>
struct RowsOf : TensorRows<T, SIZE> {
  typedef TensorRows<T, SIZE> Slab;
  const typename T::Number *x;
  int rest, left, width;
  MEMBER RowsOf(const typename T::Number *x, int first, int size, int width, int from, int end)
      : x(x + ((first + this->row()) * width + from + this->k0())), rest(end - from - this->k0()), left(size - first - this->row()), width(width) {}
  MEMBER void fetch(unsigned to) {
#pragma unroll
    for (int p = 0; p < this->passes; p++) copy_async(to + this->offset(p), x + p * this->step * width, (rest > 0) & (p * this->step < left));
    x += T::depth, rest -= T::depth;
  }
};

// ColumnsOf is the operand x[k·width + row].
template <class T, int SIZE>
struct ColumnsOf : TensorColumns<T, SIZE> {
  typedef TensorColumns<T, SIZE> Slab;
  const typename T::Number *x;
  int rest, left, width;
  MEMBER ColumnsOf(const typename T::Number *x, int first, int size, int width, int from, int end)
      : x(x + ((from + this->k0()) * width + first + this->row())), rest(end - from - this->k0()), left(size - first - this->row()), width(width) {}
  MEMBER void fetch(unsigned to) {
#pragma unroll
    for (int d = 0; d < this->deep; d++)
#pragma unroll
      for (int p = 0; p < this->passes; p++)
        copy_async(to + this->offset(d, p), x + (d * this->lower * width + p * this->step), (d * this->lower < rest) & (p * this->step < left));
    x += T::depth * width, rest -= T::depth;
  }
};

// Tf32 and Bf16 are precisions: the depth of an instruction, how its fragments are read, of two neighbours in a row of
// fragments for b, and the instruction, sum += a·b.
struct Tf32 {
  typedef Tensor128x128 Tile128x128;
  typedef TensorTile<128, 64, 64, 32, 3> Tile128x64;
  typedef Tensor64x64 Tile64x64;
  static constexpr int depth = 8;
  // The nearest number, of two the larger: what comes after the first ten bits of the fraction is not looked at, so
  // that it need not be cleared. The largest of all NaNs, which is what a GPU makes, must not become a number.
  static MEMBER void round(unsigned &v) {
    asm("{\n\t.reg .s32 low;\n\tmin.s32 low, %0, 0x7FFFEFFF;\n\tadd.s32 %0, low, 0x1000;\n\t}" : "+r"(v));
  }
  template <class Reader>
  static MEMBER void read(unsigned (&a)[4], const Reader &r, unsigned stage, int step, int i) {
    r.read(a, stage, step, i);
#pragma unroll
    for (int e = 0; e < 4; e++) round(a[e]);
  }
  template <class Reader>
  static MEMBER void read(unsigned (&b)[2][2], const Reader &r, unsigned stage, int step, int j) {
    r.read(b, stage, step, j);
    round(b[0][0]), round(b[0][1]), round(b[1][0]), round(b[1][1]);
  }
  static MEMBER void multiply(float (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

// Bf16 takes a thread's k q and q+4 of eight in the place of neighbours.
struct Bf16 {
  typedef Tensor128x128 Tile128x128;
  typedef TensorTile<128, 64, 64, 32, 2> Tile128x64;  // 3 would lack a register
  typedef Tensor64x64 Tile64x64;
  static constexpr int depth = 16;
  static MEMBER unsigned round(unsigned low, unsigned high) {
    unsigned r;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(__int_as_float(high)), "f"(__int_as_float(low)));
    return r;
  }
  template <class Reader>
  static MEMBER void read(unsigned (&a)[4], const Reader &r, unsigned stage, int step, int i) {
#pragma unroll
    for (int s = 0; s < 2; s++) {
      unsigned v[4];
      r.read(v, stage, 2 * step + s, i);
      a[2 * s] = round(v[0], v[2]), a[2 * s + 1] = round(v[1], v[3]);
    }
  }
  template <class Reader>
  static MEMBER void read(unsigned (&b)[2][2], const Reader &r, unsigned stage, int step, int j) {
#pragma unroll
    for (int s = 0; s < 2; s++) {
      unsigned v[2][2];
      r.read(v, stage, 2 * step + s, j);
      b[0][s] = round(v[0][0], v[0][1]), b[1][s] = round(v[1][0], v[1][1]);
    }
  }
  static MEMBER void multiply(float (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

// AsWritten is a precision whose operands need no rounding: who wrote them did it. Rounded is TF32's.
template <class P>
struct AsWritten : P {
  template <class Reader>
  static MEMBER void read(unsigned (&a)[4], const Reader &r, unsigned stage, int step, int i) { r.read(a, stage, step, i); }
  template <class Reader>
  static MEMBER void read(unsigned (&b)[2][2], const Reader &r, unsigned stage, int step, int j) { r.read(b, stage, step, j); }
};
typedef AsWritten<Tf32> Rounded;

// put_fragments is put of tile.cuh: a thread has two neighbours of row g and two of row g+8 of each fragment.
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
      float2 v = {sum[i / 2][j][i % 2 * 2], sum[i / 2][j][i % 2 * 2 + 1]};
      if (old) {
        const float2 was = *(const float2 *)(r.to + (at + c));
        v.x += was.x, v.y += was.y;
      }
      if (finish) v.x = leaky(v.x + bias0, v.x + bias0, r.slope), v.y = leaky(v.y + bias1, v.y + bias1, r.slope);
      Rounding rounding = last ? r.rounding : 0;
      asm volatile("" : "+l"(rounding));  // what follows from it would be kept, in registers that the loop needs
      write2(r.to, rounding, at + c, v.x, v.y);
    }
  }
}

// multiply_tensor is multiply of tile.cuh. Every thread of the block must come here.
template <class T, class P, class A, class B, class Product>
DEVICE void multiply_tensor(A &a, B &b, int from, int end, const Product &product) {
  extern __shared__ __attribute__((aligned(1024))) char slabs[];  // stages of a slab of a, and one of b
  constexpr int slab_a = T::rows * 128, stage = slab_a + T::columns * 128, all = T::stages * stage;
  constexpr int steps = T::depth / P::depth, pairs = T::tn / 2;
  unsigned base = shared_address(slabs), to_a = base + a.start(), to_b = base + slab_a + b.start();
  auto fetch = [&](int k, unsigned at) {
    if (k < end) a.fetch(to_a + at), b.fetch(to_b + at);
    commit();
  };
#pragma unroll
  for (int s = 0; s < T::stages; s++) fetch(from + s * T::depth, s * stage);
  typename A::Reader read_a(base, threadIdx.x / 32 % T::warps * T::down);
  typename B::Reader read_b(base + slab_a, threadIdx.x / 32 / T::warps * T::across);
  unsigned x[2][T::tm][4], y[2][2][2];  // of this step and the next, and of this pair of b's and the next
  auto read_x = [&](unsigned stage, int s) {
#pragma unroll
    for (int i = 0; i < T::tm; i++) P::read(x[s % 2][i], read_a, stage, s % steps, i);
  };
  wait<T::stages - 1>();
  __syncthreads();
  if (from < end) read_x(0, 0), P::read(y[0], read_b, 0, 0, 0);
  unsigned now = 0;
  int k = from;
  bool first = true;
  do {
    float sum[T::tm][T::tn][4] = {};
    int stop = end - k < TENSOR_FLUSH ? end : k + TENSOR_FLUSH;
    for (; k < stop; k += T::depth) {
#pragma unroll
      for (int p = 0; p < steps * pairs; p++) {
        int s = p / pairs, j = p % pairs * 2;
        if (p < steps * pairs - 1) {
          if (j == T::tn - 2) read_x(now, s + 1);
          P::read(y[(p + 1) % 2], read_b, now, (p + 1) / pairs, (p + 1) % pairs * 2);
        } else {
          wait<T::stages - 2>();
          __syncthreads();  // the next slab is there for all, and all have read this one
          fetch(k + T::stages * T::depth, now);
          now = now == all - stage ? 0 : now + stage;
          if (k + T::depth < end) read_x(now, steps), P::read(y[0], read_b, now, 0, 0);
        }
#pragma unroll
        for (int e = 0; e < 2; e++)
#pragma unroll
          for (int i = 0; i < T::tm; i++) P::multiply(sum[i][j + e], x[s % 2][i], y[p % 2][e]);
      }
    }
    int thread, block;
    asm volatile("mov.u32 %0, %%tid.x;\n\tmov.u32 %1, %%ctaid.x;" : "=r"(thread), "=r"(block));
    Result result;
    auto place = product.place(block, result);
    put_fragments<T>(sum, result, place, thread, first, k >= end);
    first = false;
  } while (k < end);
}
