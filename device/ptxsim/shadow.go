package ptxsim

import (
	"fmt"

	"ganlib/device/driver"
)

// The shadow of shared memory says, for every cell of 1, 2 or 4 bytes, who wrote it last and who read it
// last, as a tag: the clock of the block at that time, and a number for who.
//
// The clock ticks at every barrier. A tag below a warp's base is ordered before all that the warp does,
// since a barrier of the whole block lies between. Barriers of some warps order only what those did:
// w.seen has, for every other warp, up to which clock its work is ordered before w's. Two accesses to a
// cell by different warps, one of them a write, that no barrier orders are a race (compare Flanagan and
// Freund 2009, "FastTrack: efficient and precise dynamic race detection").
//
// Tags below the block's floor come from earlier blocks: the cell was not written in this one.
type cell struct{ written, read uint32 }

const (
	whoBits  = 7
	whoMask  = 1<<whoBits - 1
	byAtomic = 32 // added to the number of the warp
	several  = 64 // read by several warps, or written by atomics of several
	inFlight = ^uint32(0)
)

// clockLimit is where the clock begins anew, which clears the shadow.
const clockLimit = 1 << 24

func (b *block) prepareShadow(bytes int, grain uint) {
	b.cells = nil
	if !b.context.emulator.options.NoRace {
		n := (bytes + 1<<grain - 1) >> grain
		b.shadow = grown(b.shadow, n)
		b.cells = b.shadow
	}
}

func (b *block) beginShadow() {
	if b.clock++; b.clock >= clockLimit {
		clear(b.shadow[:cap(b.shadow)])
		b.clock = 1
	}
	b.floor = b.clock << whoBits
	if b.cells == nil {
		for i := range b.storage {
			b.storage[i] = fresh
		}
	}
}

// beginClock sets the warp's clock at the beginning of a block.
func (w *warp) beginClock() {
	w.base = w.block.clock << whoBits
	w.now = w.base | uint32(w.id)
	w.seen = [warpSize]uint32{}
}

// ordered says whether what a tag tells of, which is not below base, comes before what the warp does.
func (w *warp) ordered(tag uint32) bool {
	clock, who := tag>>whoBits, tag&whoMask
	if who < several {
		who &^= byAtomic
		return who == uint32(w.id) || clock <= w.seen[who]
	}
	for u := range w.block.warps {
		if u != w.id && clock > w.seen[u] {
			return false
		}
	}
	return true
}

// severalNow is the tag of several warps at this time.
func (w *warp) severalNow() uint32 { return w.now&^whoMask | several }

// noteRead checks and notes that a lane reads a cell.
func (w *warp) noteRead(in *inst, lane int, i uint64) {
	c := &w.block.cells[i]
	switch t := c.written; {
	case t < w.block.floor:
		w.fault(driver.LaunchFailed, in, lane, "shared memory at %#x is read, but was never written in this block", w.cellAddress(i))
	case t < w.base:
	case t == inFlight:
		w.fault(driver.LaunchFailed, in, lane, "shared memory at %#x is read before cp.async has delivered it", w.cellAddress(i))
	case !w.ordered(t):
		w.race(in, lane, i, "reads", "written", t)
	}
	w.markRead(&c.read)
}

func (w *warp) markRead(read *uint32) {
	switch r := *read; {
	case r < w.base || r&whoMask == uint32(w.id):
		*read = w.now
	default:
		*read = max(r&^whoMask, w.now&^whoMask) | several
	}
}

// noteWrite checks and notes that a lane writes a cell.
func (w *warp) noteWrite(in *inst, lane int, i uint64) {
	c := &w.block.cells[i]
	w.checkWrite(in, lane, i, c)
	c.written = w.now
	w.wroteGeneric(lane, i)
}

func (w *warp) checkWrite(in *inst, lane int, i uint64, c *cell) {
	w.checkReading(in, lane, i)
	if t := c.written; t >= w.base {
		if t == inFlight {
			w.fault(driver.LaunchFailed, in, lane, "shared memory at %#x is written while cp.async is about to", w.cellAddress(i))
		}
		if !w.ordered(t) {
			w.race(in, lane, i, "writes", "written", t)
		}
	}
	if r := c.read; r >= w.base && !w.ordered(r) {
		w.race(in, lane, i, "writes", "read", r)
	}
}

// noteAtomic checks and notes an atomic operation. They race with plain accesses, not with each other.
func (w *warp) noteAtomic(in *inst, lane int, i uint64) {
	w.checkReading(in, lane, i)
	c := &w.block.cells[i]
	t := c.written
	switch {
	case t < w.block.floor:
		w.fault(driver.LaunchFailed, in, lane, "shared memory at %#x was never written in this block", w.cellAddress(i))
	case t < w.base:
	case t == inFlight, t&whoMask < byAtomic && !w.ordered(t):
		w.race(in, lane, i, "atomically changes", "written", t)
	}
	if r := c.read; r >= w.base && !w.ordered(r) {
		w.race(in, lane, i, "atomically changes", "read", r)
	}
	switch {
	case t >= w.base && t&whoMask == uint32(w.id): // others' atomics still race with the warp's plain write
		c.written = w.now
	case t >= w.base && !w.ordered(t):
		c.written = w.severalNow()
	default:
		c.written = w.now | byAtomic
	}
	w.wroteGeneric(lane, i)
}

// noteInFlight notes that cp.async will write a cell.
func (w *warp) noteInFlight(in *inst, lane int, i uint64) {
	c := &w.block.cells[i]
	w.checkWrite(in, lane, i, c)
	c.written = inFlight
}

func (w *warp) cellAddress(i uint64) uint64 { return i << w.block.launch.kernel.grain }

func (w *warp) race(in *inst, lane int, i uint64, does, done string, tag uint32) {
	by := "several warps have"
	if who := tag & whoMask; tag == inFlight {
		by = "a cp.async will have"
	} else if who < several {
		by = fmt.Sprintf("warp %d has", who&^byAtomic)
	}
	w.fault(driver.LaunchFailed, in, lane, "data race: warp %d %s shared memory at %#x, which %s %s with no barrier between", w.id, does, w.cellAddress(i), by, done)
}
