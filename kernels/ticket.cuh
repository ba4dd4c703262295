// The last block of a launch, or of a part of it, that has done its work goes on with what all of them have
// left in memory: one launch does for two. Which block that is does not matter to the result.
#pragma once
#include "cuda.cuh"

// any_thread tells all threads of a block whether v is so for one of them, and is a barrier.
DEVICE bool any_thread(bool v) {
  unsigned any;
  asm volatile("{\n\t.reg .pred p, q;\n\tsetp.ne.u32 p, %1, 0;\n\tbar.red.or.pred q, 0, p;\n\tselp.u32 %0, 1, 0, q;\n\t}" : "=r"(any) : "r"((unsigned)v) : "memory");
  return any;
}

// last_block tells all threads of a block whether it is the last of so many blocks that come here with a
// ticket, a word that is zero before the first and after the last. It sees what they all wrote before. Every
// thread of the block must come here, once in a kernel. It needs no shared memory: that of the tensor cores' kernels
// has to begin at a multiple of 128 bytes.
DEVICE bool last_block(unsigned *ticket, unsigned blocks) {
  __threadfence();
  __syncthreads();
  const bool last = any_thread(threadIdx.x == 0 && atomicInc(ticket, blocks - 1) == blocks - 1);  // 0 follows blocks−1
  if (last) __threadfence();
  return last;
}
