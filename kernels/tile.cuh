// The loop that products and convolutions share: result = Σ_k a(row, k)·b(column, k). A block of threads
// computes one tile of the result; what differs from kernel to kernel is where operands come from (the
// loaders: matrices here, patches of images in conv2d.cu) and where rows of the result go to.
//
// The tile's slabs of both operands, of a few k, go through shared memory twice over: while one pair is
// multiplied the next is on its way through registers, so there is one barrier a slab. Slabs lie with k
// outside, for a thread then reads its rows and columns as float4.
#pragma once
#include "cuda.cuh"

#define MEMBER __device__ __forceinline__

// Tile is the division of a block's part of the result: ROWS×COLUMNS, of which each thread computes TM×TN in
// groups of 4×4, with slabs of DEPTH. LANES threads of a warp lie one below the other, 32/LANES side by
// side. RESIDENT blocks are to fit on a multiprocessor, which bounds the registers.
template <int ROWS, int COLUMNS, int DEPTH, int TM, int TN, int LANES, int RESIDENT>
struct Tile {
  static constexpr int rows = ROWS, columns = COLUMNS, depth = DEPTH, tm = TM, tn = TN, resident = RESIDENT;
  static constexpr int threads = (ROWS / TM) * (COLUMNS / TN);
  static constexpr int down = LANES, across = 32 / LANES;  // threads of a warp
  static constexpr int warps = ROWS / (LANES * TM);        // one below the other
};

// 8×8 results a thread need a float4 from shared memory for every 16 multiply-adds; smaller tiles are for
// results that would give too few blocks. TileTall is for up to four columns.
typedef Tile<128, 128, 8, 8, 8, 4, 2> Tile128x128;
typedef Tile<128, 64, 8, 8, 8, 4, 3> Tile128x64;
typedef Tile<64, 64, 16, 8, 4, 4, 4> Tile64x64;
typedef Tile<256, 4, 8, 4, 4, 32, 6> TileTall;

// TILE_KERNEL is the entry of a kernel on tiles.
#define TILE_KERNEL(T) extern "C" __global__ void __launch_bounds__(T::threads, T::resident)

// FLUSH is the longest sum that a thread takes in one go. It is then added to memory: a float that
// thousands of products are added to, one by one, would lose digits.
#define FLUSH 512

// load4 and load1 read numbers that no thread writes, or give 0. They are assembly so that they are
// loads under a predicate, issued where they stand, and not branches; valid is put together with &, for &&
// may be a branch too.
DEVICE void load4(float v[4], const float *p, bool valid) {
  asm volatile(
      "{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %5, 0;\n\t"
      "mov.b32 %0, 0;\n\tmov.b32 %1, 0;\n\tmov.b32 %2, 0;\n\tmov.b32 %3, 0;\n\t"
      "@p ld.global.nc.v4.f32 {%0, %1, %2, %3}, [%4];\n\t}"
      : "=&f"(v[0]), "=&f"(v[1]), "=&f"(v[2]), "=&f"(v[3])
      : "l"(p), "r"((int)valid));
}
DEVICE void load1(float &v, const float *p, bool valid) {
  asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %2, 0;\n\tmov.b32 %0, 0;\n\t@p ld.global.nc.f32 %0, [%1];\n\t}"
               : "=&f"(v)
               : "l"(p), "r"((int)valid));
}

// Divisor divides numbers from 0 to 2³¹−1 by one that the host knows (divisor in tile_cuda.go): its lower
// half is ⌊2^(31+s)/d⌋+1, its upper half s = ⌈log2 d⌉.
typedef unsigned long long Divisor;
DEVICE int divide(int n, Divisor by) { return __umulhi(2u * n, (unsigned)by) >> (unsigned)(by >> 32); }

// A loader reads the slab from the next k on with fetch, and writes it to shared memory with place, at the
// address that a thread's first number has there. Which numbers a thread moves, and how, is its slab's matter;
// where they come from is the loader's. In between it is called before each k of the loop, for what it has more to
// do: nothing as a rule.

// RowSlab loads slabs of an operand of SIZE rows (columns, for b) whose numbers follow each other in memory
// along k. A thread takes four in a row, and half as many rows as there are threads are loaded at a time,
// 8 deep: 32 bytes each, and no two threads of a warp write to one bank of shared memory.
template <class T, int SIZE>
struct RowSlab {
  static constexpr int step = T::threads / 2, passes = (SIZE + step - 1) / step, deep = T::depth / 8;
  float v[deep][passes][4];
  MEMBER void take(int d, int p, const float *address, bool valid) { load4(v[d][p], address, valid); }
  MEMBER void take(int d, int p, int j, const float *address, bool valid) { load1(v[d][p][j], address, valid); }
  MEMBER int row() const { return threadIdx.x / 2; }
  MEMBER int k0() const { return threadIdx.x % 2 * 4; }
  MEMBER int start() const { return k0() * (SIZE + 4) + row(); }
  MEMBER void between(int) {}
  MEMBER void place(float *slab) const {
#pragma unroll
    for (int p = 0; p < passes; p++) {
      if (SIZE % step != 0 && row() + p * step >= SIZE) continue;
#pragma unroll
      for (int d = 0; d < deep; d++)
#pragma unroll
        for (int j = 0; j < 4; j++) slab[(8 * d + j) * (SIZE + 4) + p * step] = v[d][p][j];
    }
  }
};

// ColumnSlab loads slabs of an operand whose numbers follow each other across k. A thread takes four of a k.
template <class T, int SIZE>
struct ColumnSlab {
  static constexpr int wide = SIZE / 4, step = T::threads / wide, passes = (T::depth + step - 1) / step;
  float v[passes][4];
  MEMBER void take(int p, const float *address, bool valid) { load4(v[p], address, valid); }
  MEMBER void take(int p, int j, const float *address, bool valid) { load1(v[p][j], address, valid); }
  MEMBER int row() const { return threadIdx.x % wide * 4; }
  MEMBER int k0() const { return threadIdx.x / wide; }
  MEMBER int start() const { return k0() * (SIZE + 4) + row(); }
  MEMBER void between(int) {}
  MEMBER void place(float *slab) const {
#pragma unroll
    for (int p = 0; p < passes; p++)
      if (T::depth % step == 0 || k0() + p * step < T::depth)
        *(float4 *)(slab + p * step * (SIZE + 4)) = make_float4(v[p][0], v[p][1], v[p][2], v[p][3]);
  }
};

// MatrixRows is the operand x[row·width + k]. In four at a time if WIDE: width and address must allow it.
template <class T, int SIZE, bool WIDE>
struct MatrixRows : RowSlab<T, SIZE> {
  const float *x;       // the thread's next number
  int rest, left, width;  // how many k and rows there are from there on

  MEMBER MatrixRows(const float *x, int first, int size, int width, int from, int end)
      : x(x + ((first + this->row()) * width + from + this->k0())), rest(end - from - this->k0()), left(size - first - this->row()), width(width) {
    if (left <= 0) rest = 0;
  }
  MEMBER void fetch() {
#pragma unroll
    for (int d = 0; d < this->deep; d++)
#pragma unroll
      for (int p = 0; p < this->passes; p++) {
        bool valid = (p == 0) | (p * this->step < left);
        const float *address = x + (p * this->step * width + 8 * d);
        if constexpr (WIDE) {
          this->take(d, p, address, valid & (8 * d < rest));
        } else {
#pragma unroll
          for (int j = 0; j < 4; j++) this->take(d, p, j, address + j, valid & (8 * d + j < rest));
        }
      }
    x += T::depth, rest -= T::depth;
  }
};

// MatrixColumns is the operand x[k·width + row].
template <class T, int SIZE, bool WIDE>
struct MatrixColumns : ColumnSlab<T, SIZE> {
  const float *x;
  int rest, left, width;

  MEMBER MatrixColumns(const float *x, int first, int size, int width, int from, int end)
      : x(x + ((from + this->k0()) * width + first + this->row())), rest(end - from - this->k0()), left(size - first - this->row()), width(width) {
    if (left <= 0 || this->k0() >= T::depth) rest = 0;
  }
  MEMBER void fetch() {
#pragma unroll
    for (int p = 0; p < this->passes; p++) {
      const float *address = x + p * this->step * width;
      if constexpr (WIDE) {
        this->take(p, address, p * this->step < rest);
      } else {
#pragma unroll
        for (int j = 0; j < 4; j++) this->take(p, j, address + j, (p * this->step < rest) & (j < left));
      }
    }
    x += T::depth * width, rest -= T::depth;
  }
};

// Matrix is the operand x[row·down + k·along], of which one is 1: it loads one number at a time, in the
// order of memory.
template <class T, int SIZE>
struct Matrix {
  static constexpr int each = SIZE * T::depth / T::threads;
  const float *x;
  int row, k, rows, ks, step, along, left, rest;
  float v[each];

  MEMBER Matrix(const float *from_x, int first, int size, int down, int along, int from, int end) : along(along) {
    bool inner = along == 1;
    row = inner ? threadIdx.x / T::depth : threadIdx.x % SIZE;
    k = inner ? threadIdx.x % T::depth : threadIdx.x / SIZE;
    rows = inner ? T::threads / T::depth : 0;
    ks = inner ? 0 : T::threads / SIZE;
    x = from_x + ((first + row) * down + (from + k) * along);
    step = rows * down + ks * along;
    left = size - first - row, rest = end - from - k;
  }
  MEMBER int start() const { return k * (SIZE + 4) + row; }
  MEMBER void between(int) {}
  MEMBER void fetch() {
#pragma unroll
    for (int i = 0; i < each; i++) load1(v[i], x + i * step, (i * rows < left) & (i * ks < rest));
    x += T::depth * along, rest -= T::depth;
  }
  MEMBER void place(float *slab) const {
#pragma unroll
    for (int i = 0; i < each; i++) slab[i * (ks * (SIZE + 4) + rows)] = v[i];
  }
};

// Result is where a tile goes to: result = leaky(sum + bias) if there is a bias, one for every column modulo
// period, and otherwise the sum, which is added to what was there if add is not 0. rounding says what products read of it.
struct Result {
  float *to;
  const float *bias;
  int columns, period, add;
  float slope;
  Rounding rounding;

  // With parts, slices of a result of so many numbers, the tile goes there as it is, for gemm_sum to finish and to round.
  MEMBER void divert(float *parts, int slice, int numbers) {
    if (parts) to = parts + (size_t)slice * numbers, bias = nullptr, add = 0;
  }
};

// MatrixPlace is where a tile of a matrix lies: its first row and column, and row r at r·width.
struct MatrixPlace {
  int row, column, rows, width;
  MEMBER int at(int row) const { return row < rows ? row * width : -1; }
};

// Spot is a thread's part of its tile. Neighbours in a warp lie in squares of two by two, so that half a warp
// reads few different float4.
template <class T>
struct Spot {
  int row, column;
  MEMBER Spot(int thread) {
    int warp = thread / 32, lane = thread % 32;
    int down = T::across == 1 ? lane : lane / (2 * T::across) * 2 + lane % 2;
    int across = T::across == 1 ? 0 : lane / 2 % T::across;
    row = warp % T::warps * (T::down * T::tm) + down * 4;
    column = warp / T::warps * (T::across * T::tn) + across * 4;
  }
};

// put adds sums to the result, or begins it with them; after the last of them come bias and activation. In
// four at a time if WIDE.
template <class T, bool WIDE, class Place>
DEVICE void put(const float (&sum)[T::tm][T::tn], const Result &r, const Place &place, int thread, bool first, bool last) {
  Spot<T> spot(thread);
  int row = place.row + spot.row, column = place.column + spot.column;
  bool old = !first || r.add, finish = last && r.bias;
  Rounding rounding = last ? r.rounding : 0;
  float bias[T::tn];
#pragma unroll
  for (int j = 0; j < T::tn; j++) {
    int c = column + j / 4 * (T::across * 4) + j % 4;
    bias[j] = finish && c < r.columns ? r.bias[c % r.period] : 0;
  }
#pragma unroll
  for (int i = 0; i < T::tm; i++) {
    int at = place.at(row + i / 4 * (T::down * 4) + i % 4);
#pragma unroll
    for (int g = 0; g < T::tn; g += 4) {
      int c = column + g * T::across, n = at < 0 ? 0 : r.columns - c;
      float *p = r.to + (at + c);
      float v[4];
      if (WIDE) {
        if (n <= 0) continue;
        float4 was = old ? *(float4 *)p : make_float4(0, 0, 0, 0);
        v[0] = was.x, v[1] = was.y, v[2] = was.z, v[3] = was.w;
      } else {
#pragma unroll
        for (int j = 0; j < 4; j++) v[j] = old && j < n ? p[j] : 0;
      }
#pragma unroll
      for (int j = 0; j < 4; j++) {
        v[j] += sum[i][g + j];
        if (finish) v[j] = leaky(v[j] + bias[g + j], v[j] + bias[g + j], r.slope);
      }
      if (WIDE) {
        write4(r.to, rounding, at + c, v[0], v[1], v[2], v[3]);
      } else {
#pragma unroll
        for (int j = 0; j < 4; j++)
          if (j < n) write1(r.to, rounding, at + c + j, v[j]);
      }
    }
  }
}

// Slabs are two in shared memory, of one of a tile's operands. All loops over such tiles in a kernel share them.
namespace {
template <class T, int SIZE, int OPERAND>
struct Slabs {
  static MEMBER float *begin() {
    __shared__ __attribute__((aligned(16))) float s[2][T::depth][SIZE + 4];
    return s[0][0];
  }
};
}  // namespace

// multiply computes a block's tile, of sums over k from from to end. Every thread of the block must come
// here. product.place says where the tile goes, and is asked only when there is a sum, with the numbers of
// block and thread read anew: the answer, kept, would take registers that the loop needs.
template <class T, bool WIDE, class A, class B, class Product>
DEVICE void multiply(A &a, B &b, int from, int end, const Product &product) {
  float *as = Slabs<T, T::rows, 0>::begin(), *bs = Slabs<T, T::columns, 1>::begin();
  Spot<T> spot(threadIdx.x);
  const float *from_a = as + spot.row, *from_b = bs + spot.column;
  float *to_a = as + a.start(), *to_b = bs + b.start();
  constexpr int slab_a = T::depth * (T::rows + 4), slab_b = T::depth * (T::columns + 4);
  a.fetch();
  b.fetch();
#pragma unroll
  for (int d = 0; d < T::depth; d++) a.between(d), b.between(d);
  a.place(to_a);
  b.place(to_b);
  __syncthreads();
  int k = from, now = 0;
  bool first = true;
  do {
    float sum[T::tm][T::tn] = {};
    int stop = end - k < FLUSH ? end : k + FLUSH;
    for (; k < stop; k += T::depth) {
      a.fetch();  // past the end these are zeros; without a branch the loop is one piece
      b.fetch();
#pragma unroll
      for (int d = 0; d < T::depth; d++) {
        a.between(d), b.between(d);
        float x[T::tm], y[T::tn];
#pragma unroll
        for (int i = 0; i < T::tm; i += 4) {
          float4 v = *(const float4 *)(from_a + now * slab_a + (d * (T::rows + 4) + i * T::down));
          x[i] = v.x, x[i + 1] = v.y, x[i + 2] = v.z, x[i + 3] = v.w;
        }
#pragma unroll
        for (int j = 0; j < T::tn; j += 4) {
          float4 v = *(const float4 *)(from_b + now * slab_b + (d * (T::columns + 4) + j * T::across));
          y[j] = v.x, y[j + 1] = v.y, y[j + 2] = v.z, y[j + 3] = v.w;
        }
#pragma unroll
        for (int i = 0; i < T::tm; i++)
#pragma unroll
          for (int j = 0; j < T::tn; j++) sum[i][j] = fmaf(x[i], y[j], sum[i][j]);
      }
      now ^= 1;
      a.place(to_a + now * slab_a);
      b.place(to_b + now * slab_b);
      __syncthreads();
    }
    int thread, block;
    asm volatile("mov.u32 %0, %%tid.x;\n\tmov.u32 %1, %%ctaid.x;" : "=r"(thread), "=r"(block));
    Result result;
    auto place = product.place(block, result);
    put<T, WIDE>(sum, result, place, thread, first, k >= end);
    first = false;
  } while (k < end);
}

// Share is a block's part of the work. Blocks lie in one line: columns of tiles are next to each other, for
// their rows' operand, the larger one as a rule, is then in the cache; outside are rows, slices of the sum and
// whole products.
template <class T>
struct Share {
  int row, column, slice, product;
  MEMBER Share(int block, int rows, int columns, int slices) {
    int down = (rows + T::rows - 1) / T::rows, across = (columns + T::columns - 1) / T::columns;
    column = block % across * T::columns, block /= across;
    row = block % down * T::rows, block /= down;
    slice = block % slices, product = block / slices;
  }
};
