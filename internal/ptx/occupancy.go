package ptx

import (
	"regexp"
	"strconv"
)

// limits are what a multiprocessor has room for: the CUDA C++ Programming Guide's "Technical specifications per compute
// capability".
type limits struct {
	warps, blocks, registers, shared int
	reserved                         int // bytes of shared memory that every block takes besides its own
}

var limitsOf = map[string]limits{
	"sm_75": {32, 16, 64 << 10, 64 << 10, 0},
	"sm_80": {64, 32, 64 << 10, 164 << 10, 1 << 10},
	"sm_90": {64, 32, 64 << 10, 228 << 10, 1 << 10},
}

// occupancy is the share of a multiprocessor's warps that can be there at a time, in percent, for a kernel of so many
// threads a block, registers a thread, and bytes of static shared memory.
func (l limits) occupancy(threads, registers, shared int) int {
	const unit = 256 // registers are given to warps in
	warps := (threads + 31) / 32
	each := (32*max(registers, 1) + unit - 1) / unit * unit
	blocks := min(l.blocks, l.warps/warps, l.registers/each/warps)
	if shared += l.reserved; shared > 0 {
		blocks = min(blocks, l.shared/shared)
	}
	return 100 * blocks * warps / l.warps
}

var entryThreads = regexp.MustCompile(`(?s)\.entry (\w+)\([^)]*\)\s*\.maxntid (\d+)`)

// threadsOf returns the threads of a block of each kernel in PTX.
func threadsOf(text string) map[string]int {
	threads := map[string]int{}
	for _, m := range entryThreads.FindAllStringSubmatch(text, -1) {
		threads[m[1]], _ = strconv.Atoi(m[2])
	}
	return threads
}
