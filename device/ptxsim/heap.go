package ptxsim

import (
	"fmt"
	"slices"
	"sort"
	"unsafe"
)

// Addresses. Shared and local memory have windows in the generic address space, as on hardware; an
// address in global memory is never handed out twice, so that a use after Free always shows.
const (
	sharedWindow = uint64(1) << 36
	localWindow  = uint64(1) << 37
	windowSize   = uint64(1) << 24
	globalStart  = uint64(0x7f) << 40
	alignment    = 256
	redZone      = 256 // at least so many bytes between allocations
)

// fresh is what new memory holds: NaN in every float format, so that reading it shows in results.
const fresh = ^uint64(0)

// allocation is a piece of global memory, seen as bytes and as words of 32 bits.
type allocation struct {
	lo, size uint64
	bytes    []byte
	words    []uint32 // the whole words, for the fast loads
	writable []uint32 // the same, or nil for constant memory
	module   bool     // a variable of a module: it lives as long as the context
	cells    []globalCell
}

// nowhere is the allocation of which nothing is part.
var nowhere = &allocation{}

func (a *allocation) contains(address, n uint64) bool {
	return address >= a.lo && address-a.lo <= a.size && n <= a.size-(address-a.lo)
}

// heap holds the allocations in the order of their addresses, which is that of their making.
type heap struct {
	live  []*allocation
	freed []span // the last ones, for messages
	next  uint64
	used  int64
	limit int64
}

type span struct{ lo, size uint64 }

const rememberFreed = 256

func newHeap(limit int64) heap { return heap{next: globalStart, limit: limit} }

// allocate returns nil if there is not so much memory.
func (h *heap) allocate(size int64) *allocation {
	rounded := (size + alignment - 1) &^ (alignment - 1)
	if rounded < size || rounded > h.limit-h.used {
		return nil
	}
	backing := make([]uint64, (size+7)/8)
	for i := range backing {
		backing[i] = fresh
	}
	a := &allocation{lo: h.next, size: uint64(size)}
	a.bytes = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(backing))), size)
	a.words = unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(backing))), size/4)
	a.writable = a.words
	h.next += uint64(rounded) + redZone
	h.used += rounded
	h.live = append(h.live, a)
	return a
}

// free reports whether an allocation begins at address.
func (h *heap) free(address uint64) bool {
	i, found := h.search(address)
	if !found || h.live[i].lo != address {
		return false
	}
	a := h.live[i]
	h.used -= int64((a.size + alignment - 1) &^ (alignment - 1))
	h.live = slices.Delete(h.live, i, i+1)
	if len(h.freed) == rememberFreed {
		h.freed = h.freed[1:]
	}
	h.freed = append(h.freed, span{a.lo, a.size})
	return true
}

// search finds the allocation that holds the byte at address.
func (h *heap) search(address uint64) (int, bool) {
	i := sort.Search(len(h.live), func(i int) bool { return h.live[i].lo+h.live[i].size > address })
	return i, i < len(h.live) && h.live[i].lo <= address
}

// find returns the allocation of n bytes at address, or nil.
func (h *heap) find(address, n uint64) *allocation {
	if i, found := h.search(address); found && h.live[i].contains(address, n) {
		return h.live[i]
	}
	return nil
}

// describe says where an address lies that belongs to nothing.
func (h *heap) describe(address uint64) string {
	for _, s := range slices.Backward(h.freed) {
		if address >= s.lo && address-s.lo < s.size {
			return fmt.Sprintf("%d bytes into an allocation of %d bytes that was freed", address-s.lo, s.size)
		}
	}
	i := sort.Search(len(h.live), func(i int) bool { return h.live[i].lo > address })
	if i > 0 {
		a := h.live[i-1]
		return fmt.Sprintf("at byte %d of an allocation of %d bytes at %#x", address-a.lo, a.size, a.lo)
	}
	return "in no allocation"
}
