// The last block of a launch, or of a part of it, that has done its work goes on with what all of them have
// left in memory: one launch does for two. Which block that is does not matter to the result.
#pragma once
#include "cuda.cuh"

// last_block tells all threads of a block whether it is the last of so many blocks that come here with a
// ticket, a word that is zero before the first and after the last. It sees what they all wrote before. Every
// thread of the block must come here, once in a kernel.
DEVICE bool last_block(unsigned *ticket, unsigned blocks) {
  __shared__ unsigned before;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) before = atomicInc(ticket, blocks - 1); // 0 follows blocks−1
  __syncthreads();
  const bool last = before == blocks - 1;
  if (last) __threadfence();
  return last;
}
