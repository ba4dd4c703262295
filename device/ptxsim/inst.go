package ptxsim

import (
	"math/bits"
	"unsafe"
)

const (
	warpSize = 32
	full     = ^uint32(0) // every lane of a warp
	noSlot   = int32(-1)
)

// execute does an instruction for the lanes in m.
type execute func(w *warp, in *inst, m uint32)

// control says what the scheduler does about an instruction.
type control uint8

const (
	plain    control = iota // execute it
	branch                  // go to target
	table                   // go to one of targets
	leave                   // the lanes exit
	converge                // wait for the lanes of a mask, then execute
	barrier                 // wait for other warps
)

// inst is a decoded instruction. Its operands are places in the register file.
type inst struct {
	run        execute
	d, a, b, c int32
	guard      int32
	guardNot   uint32 // full if the guard is negated
	control    control
	aligned    bool    // all lanes of the warp must come together
	mask       int32   // of the lanes that take part in a converge; noSlot is the whole warp
	mode       int32   // whatever distinguishes the forms of an instruction
	hint       int32   // number of the access to global memory
	target     int32   // of a branch
	v          []int32 // further operands, vectors
	targets    []int32
	offset     int64 // of an address
	narrow     bool  // the register of the address has 32 bits
	plan       *transfer
	line       int32
	opcode     string
}

// number is what a register holds.
type number interface {
	~uint32 | ~int32 | ~float32 | ~uint64 | ~int64 | ~float64
}

// reg is the register at a place, for the 32 lanes of the warp.
func reg[T number](w *warp, place int32) *[warpSize]T {
	return (*[warpSize]T)(unsafe.Add(w.file, place))
}

// lane is the first lane of a mask.
func lane(m uint32) int { return bits.TrailingZeros32(m) & 31 }

// bit is 1 for true. The compiler makes no branch of it.
func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
