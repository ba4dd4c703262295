// Package ptx translates CUDA kernels to PTX ahead of time, and proves that what is committed is what the
// sources give.
//
// Every .cu file of a folder becomes stem.sm_75.ptx.gz, for all cards from Turing on. A source whose first
// line has the word sm_80 also becomes stem.sm_80.ptx.gz, for cards from Ampere on, or, if the words are sm_80
// only, nothing else. One with the words sm_90a only becomes stem.sm_90a.ptx.gz, for cards of compute capability 9.0 and
// no others. The manifest beside them
// holds the hashes of sources, headers and outputs, the flags, and the compiler: bytes are compared only
// under that compiler, since another one may well write other PTX.
package ptx
