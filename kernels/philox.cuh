// Random numbers, as the CPU draws them (ganlib/device, random.go).
#pragma once
#include "numerics.cuh"

typedef unsigned long long u64;

// sequence names random numbers: three live words, seed, stream and step.
struct sequence {
  u64 seed, step;
  unsigned stream;
};

DEVICE sequence sequence_at(live a) { return {a[0], a[2], (unsigned)a[1]}; }

// random_words returns numbers 4·block to 4·block+3 of a sequence as 32 random bits each: Philox4x32-10 with
// the seed as its key and (block, stream, step) as its counter.
DEVICE uint4 random_words(sequence r, unsigned block) {
  unsigned x = block, y = r.stream, z = (unsigned)r.step, w = (unsigned)(r.step >> 32);
  unsigned k0 = (unsigned)r.seed, k1 = (unsigned)(r.seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const unsigned hi0 = __umulhi(0xD2511F53u, x), lo0 = 0xD2511F53u * x;
    const unsigned hi1 = __umulhi(0xCD9E8D57u, z), lo1 = 0xCD9E8D57u * z;
    x = hi1 ^ y ^ k0, y = lo1, z = hi0 ^ w ^ k1, w = lo0;
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  return {x, y, z, w};
}

// unit returns a number in [0,1), a multiple of 2⁻²⁴.
DEVICE float unit(unsigned word) { return (float)(word >> 8) * 0x1p-24f; }

// box_muller turns two words into two normal numbers.
DEVICE void box_muller(unsigned a, unsigned b, float *first, float *second) {
  const double u = ((double)(a >> 8) + 1) * 0x1p-24; // (0,1]: its logarithm is finite
  const double radius = sqrt(-2 * log64(u));
  double sine, cosine;
  sincos64(mul(6.283185307179586, (double)(b >> 8) * 0x1p-24), &sine, &cosine);
  *first = (float)mul(radius, cosine), *second = (float)mul(radius, sine);
}

// order is a random permutation of the numbers 0 to n−1: five live words, n, the identity's flag, and a
// sequence.
struct order {
  u64 n, identity;
  sequence random;
};

DEVICE order order_at(live a) { return {a[0], a[1], sequence_at(a + 2)}; }

// order_number returns the i-th number: a Feistel network of eight rounds over the smallest power of four that
// holds n, walked on until the value lies below n.
DEVICE u64 order_number(order o, u64 i) {
  if (o.identity) return i;
  if (o.n <= 1) return 0;
  int half = 1;
  while (half < 32 && (o.n - 1) >> (2 * half)) half++;
  const u64 mask = (1ull << half) - 1;
  do {
    u64 left = i >> half, right = i & mask;
#pragma unroll 1
    for (unsigned round = 0; round < 8; round++) {
      sequence r = o.random;
      r.stream |= round << 28;
      const u64 next = left ^ (random_words(r, (unsigned)right).x & mask);
      left = right, right = next;
    }
    i = left << half | right;
  } while (i >= o.n);
  return i;
}
