package ptxsim

import "ganlib/device/driver"

// globalCell is the shadow of four bytes of global memory: as a cell, with the number of the block above.
// Numbers of blocks go on from launch to launch, so that those below context.raceBase are of earlier
// launches, which are ordered.
type globalCell struct{ written, read uint64 }

// raceLimit is where the numbers of blocks begin anew.
const raceLimit = 1 << 31

// renumber keeps the numbers of a launch's blocks, and one more for several of them, below the limit.
func (c *Context) renumber(blocks int) {
	if uint64(c.raceBase)+uint64(blocks)+1 < raceLimit {
		return
	}
	for _, a := range c.heap.live {
		a.cells = nil
	}
	c.raceBase = 1
}

// noteGlobal checks and notes an access to global memory.
func (w *warp) noteGlobal(in *inst, lane int, a *allocation, offset, n uint64, how access) {
	if a.cells == nil {
		a.cells = make([]globalCell, (a.size+3)/4)
	}
	for i := offset / 4; i <= (offset+n-1)/4; i++ {
		c := &a.cells[i]
		address := a.lo + 4*i
		switch how {
		case reads:
			w.checkGlobal(in, lane, address, c.written, "reads", "written", false)
			c.read = w.mergeReader(c.read)
		case writes:
			w.checkGlobal(in, lane, address, c.written, "writes", "written", false)
			w.checkGlobal(in, lane, address, c.read, "writes", "read", false)
			c.written = w.globalTag(w.now)
		case updates:
			w.checkGlobal(in, lane, address, c.written, "atomically changes", "written", true)
			w.checkGlobal(in, lane, address, c.read, "atomically changes", "read", false)
			c.written = w.globalTag(w.now | byAtomic)
		}
	}
}

func (w *warp) globalTag(low uint32) uint64 {
	return uint64(w.block.context.raceBase+uint32(w.block.number))<<32 | uint64(low)
}

// severalBlocks is the number that stands for several blocks of the launch.
func (b *block) severalBlocks() uint32 { return b.context.raceBase + uint32(b.launch.blocks) }

func (w *warp) mergeReader(tag uint64) uint64 {
	b := w.block
	own := w.globalTag(w.now)
	switch n := uint32(tag >> 32); {
	case n < b.context.raceBase:
		return own
	case n != uint32(own>>32):
		return uint64(b.severalBlocks()) << 32
	}
	low := uint32(tag)
	w.markRead(&low)
	return own>>32<<32 | uint64(low)
}

// checkGlobal reports a race with what a tag tells of. Atomic operations do not race with each other.
func (w *warp) checkGlobal(in *inst, lane int, address, tag uint64, does, done string, atomic bool) {
	b := w.block
	number, low := uint32(tag>>32), uint32(tag)
	if number < b.context.raceBase || atomic && low&whoMask >= byAtomic {
		return
	}
	if own := b.context.raceBase + uint32(b.number); number == own {
		if low >= w.base && !w.ordered(low) {
			w.fault(driver.LaunchFailed, in, lane, "data race: warp %d %s global memory at %#x, which another warp of its block has %s with no barrier between",
				w.id, does, address, done)
		}
		return
	}
	if b.acquired[number] {
		return
	}
	w.fault(driver.LaunchFailed, in, lane, "data race: the block %s global memory at %#x, which another block has %s in the same launch", does, address, done)
}

// synchronise notes what an atomic operation orders between blocks: a block that made its writes known
// by a fence and then changed a word atomically comes before those that change the word later.
func (w *warp) synchronise(address uint64) {
	b := w.block
	for _, number := range b.releases[address] {
		b.acquired[number] = true
	}
	if w.fenced {
		b.releases[address] = append(b.releases[address], b.context.raceBase+uint32(b.number))
	}
}
