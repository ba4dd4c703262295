// Package ptxsim emulates an NVIDIA GPU in plain Go: it is a driver, in the sense of package
// ganlib/device/driver, that reads the PTX which ganlib ships and executes it on the CPU. Tests of kernels
// and of whole training steps run on it where there is no GPU, and it watches kernels more closely than
// hardware does.
//
// # How it works
//
// [Context.Load] parses a module (lexer.go, parser.go) and decodes each instruction once (decode.go) to a
// function and the places of its operands. A register holds 32 lanes; registers whose values are never
// needed together share a place (registers.go, liveness.go). A warp's 32 threads go in step: where they
// diverge it becomes groups of lanes, the group with the smallest program counter runs, and groups that
// meet become one (warp.go). The warps of a block take turns at barriers (block.go, barrier.go), and host
// threads take blocks, until there are no more (launch.go). The instructions themselves are one file for
// each family: arithmetic.go and float.go are the ones to read first.
//
// Launches are done when Launch returns. A graph is a list of copies of launches.
//
// # What it finds
//
// Each of these is an error of the launch that names the kernel, the line of the PTX, the instruction, the
// block and the thread. The context is lost after it, as on hardware.
//
//   - accesses outside of allocations, to freed memory, misaligned ones, in every state space
//   - reading shared memory that the block has not written, or that cp.async has not delivered
//   - data races in shared memory between the warps of a block (shadow.go), and with
//     [Options].GlobalRace in global memory between all warps of a launch (shadow_global.go); lanes that
//     write different values to one address in one instruction
//   - wgmma without what has to order it: results and operands that are touched too early, memory that it reads
//     before or while it is written, warps of a warpgroup that do not do the same (wgmma_order.go)
//   - barriers that some threads never reach, shuffles and votes whose mask names lanes that have exited or
//     stand elsewhere, loops without an end
//
// What a kernel may not ask for at all, such as an unknown instruction or a wrong operand, is refused when
// the module is loaded. [Mutants] makes modules with a barrier, a wait or a check of bounds left out, for
// tests of tests.
//
// # What it does not show
//
// Addition, multiplication, fma, division and square roots of float32 and float64 are rounded as IEEE 754
// says, in every direction. These things differ from hardware, or are not seen:
//
//   - The approximate functions (ex2, lg2, sin, cos, tanh, rsqrt, and rcp, sqrt and div with .approx) are
//     nearer to the true value than a GPU's.
//   - mma and wgmma sum their products in float64 and round once; tensor cores lose more, in an order of their own.
//   - A NaN is a NaN: its bits are those of the host.
//   - Atomic additions of floats come in the order in which host threads get there.
//   - Lanes go in step, which hides a missing bar.warp.sync; races between lanes of one warp are not seen
//     beyond two stores of one instruction.
//   - Barriers of some warps order what those warps did. When several others have read a place before
//     such a barrier, a write behind it may be called a race though it is none.
//   - Blocks run to their end, so kernels whose blocks wait for each other hang: a step limit ends them.
//   - Fences are nothing, as memory is always in order, but for fence.proxy.async, which wgmma needs. Only the thread
//     that has written can make that known; in PTX the reader may, too. GlobalRace knows the one use of them that orders
//     blocks: a fence, then an atomic operation on a word that another block changes later.
//   - There are no textures, no calls, no carry flags, no clusters, no bulk copies. wgmma multiplies bfloat16 and TF32.
//
// Two blocks that write the same word run on different goroutines, which the Go race detector reports: run
// such kernels with one thread under it.
//
// Hosts must be little-endian.
package ptxsim
