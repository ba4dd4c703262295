package ptxsim

import (
	"math/bits"

	"ganlib/device/driver"
)

// asyncCopy is a cp.async that a lane has asked for. Its data were read then, and are written when the
// lane waits for its group, as late as hardware may do it.
type asyncCopy struct {
	to    uint32 // address in shared memory
	group uint32 // of the lane's groups
	lane  uint8
	size  uint8
	data  [16]byte
}

// asyncCopies are those of a warp.
type asyncCopies struct {
	pending []asyncCopy
	open    [warpSize]uint32 // the group to which each lane's next copy belongs
}

// abandon forgets the copies that nobody waited for, when the block has ended.
func (w *warp) abandon() {
	for i := range w.async.pending {
		w.mark(&w.async.pending[i], 0)
	}
	w.async.pending = w.async.pending[:0]
	clear(w.async.open[:])
}

// mark sets the tag of what a copy writes.
func (w *warp) mark(c *asyncCopy, tag uint32) {
	if b := w.block; b.cells != nil {
		grain := b.launch.kernel.grain
		for i := c.to >> grain; i < (c.to+uint32(c.size))>>grain; i++ {
			b.cells[i].written = tag
			w.wroteGeneric(int(c.lane), uint64(i))
		}
	}
}

func init() { instructions["cp"] = (*decoder).cp }

// cp decodes cp.async and what belongs to it.
func (d *decoder) cp() {
	if !d.has("async") || d.has("bulk") || d.has("mbarrier") {
		d.fail("this form of cp is not supported")
		return
	}
	d.needs(80, "cp.async")
	in := d.in
	switch d.oneOf("commit_group", "wait_group", "wait_all") {
	case "commit_group":
		d.operands(0, 0)
		in.run = commitGroup
	case "wait_group":
		d.operands(1, 1)
		in.offset = int64(d.immediate(0, 1<<16))
		in.run = waitGroup
	case "wait_all":
		d.operands(0, 0)
		in.run = waitAll
	default:
		d.copyAsync()
	}
}

// copyAsync decodes cp.async.ca.shared.global [to], [from], size, source size. in.v has the register of
// the address it reads, then perhaps that of the size.
func (d *decoder) copyAsync() {
	in := d.in
	cached := d.oneOf("ca", "cg")
	shared := d.oneOf("shared", "shared::cta") != ""
	if !d.has("global") || !shared || cached == "" {
		d.fail("this form of cp.async is not supported")
	}
	d.cacheHints()
	if !d.operands(3, 4) {
		return
	}
	size := d.immediate(2, 16)
	if size != 16 && (cached == "cg" || size != 4 && size != 8) {
		d.fail("cp.async.%s of %d bytes", cached, size)
	}
	d.address(0, sharedSpace)
	from := new(asyncSource)
	d.addressAt(d.grow(), &from.offset, &from.narrow, 1, globalSpace)
	from.sized = d.count() == 4
	if from.sized {
		d.further(d.operand(3), typeU32, false)
	}
	d.noteAccess(globalSpace, 4)
	d.kernel.grain = min(d.kernel.grain, uint(bits.TrailingZeros64(size)))
	in.run = func(w *warp, in *inst, m uint32) { w.copyAsync(in, m, from, size) }
}

// asyncSource is where a cp.async reads.
type asyncSource struct {
	offset int64
	narrow bool
	sized  bool
}

func (w *warp) copyAsync(in *inst, m uint32, from *asyncSource, size uint64) {
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		n := size
		if from.sized {
			n = uint64(reg[uint32](w, in.v[1])[l])
		}
		if n > size {
			w.fault(driver.IllegalAddress, in, l, "copies %d bytes of %d", n, size)
		}
		to := w.addressOf(in, l)
		w.beginAsync(in, l, to, size)
		w.async.pending = append(w.async.pending, asyncCopy{to: uint32(to), lane: uint8(l), size: uint8(size), group: w.async.open[l]})
		if n == 0 {
			continue
		}
		address := w.resolve(in.v[0], from.narrow, from.offset, l)
		if address&(size-1) != 0 {
			w.fault(driver.MisalignedAddress, in, l, "reads %d bytes at %#x, which is not a multiple", size, address)
		}
		a := w.allocation(in, l, address, n, reads)
		if w.block.globalRace {
			w.noteGlobal(in, l, a, address-a.lo, n, reads)
		}
		c := &w.async.pending[len(w.async.pending)-1]
		copy(c.data[:n], a.bytes[address-a.lo:])
	}
}

// beginAsync checks the place that a copy will write, and marks it.
func (w *warp) beginAsync(in *inst, lane int, to, size uint64) {
	b := w.block
	if to&(size-1) != 0 {
		w.fault(driver.MisalignedAddress, in, lane, "writes %d bytes at %#x of shared memory, which is not a multiple", size, to)
	}
	if n := uint64(len(b.shared)); to > n || size > n-to {
		w.fault(driver.IllegalAddress, in, lane, "writes %d bytes at %#x of %d bytes of shared memory", size, to, n)
	}
	if b.cells != nil {
		grain := b.launch.kernel.grain
		for i := to >> grain; i < (to+size)>>grain; i++ {
			w.noteInFlight(in, lane, i)
		}
	}
}

func commitGroup(w *warp, _ *inst, m uint32) {
	for ; m != 0; m &= m - 1 {
		w.async.open[lane(m)]++
	}
}

// waitGroup delivers all but the last groups that lanes have committed.
func waitGroup(w *warp, in *inst, m uint32) { w.deliver(m, in.offset) }

// waitAll delivers also what is not committed yet.
func waitAll(w *warp, _ *inst, m uint32) { w.deliver(m, -1) }

// deliver writes the copies of the lanes in m, but for those of the last groups before the open one.
func (w *warp) deliver(m uint32, last int64) {
	kept := w.async.pending[:0]
	for i := range w.async.pending {
		c := &w.async.pending[i]
		if m>>c.lane&1 == 0 || int64(c.group) >= int64(w.async.open[c.lane])-last {
			kept = append(kept, *c)
			continue
		}
		copy(w.block.shared[c.to:], c.data[:c.size])
		w.mark(c, w.now)
	}
	w.async.pending = kept
}
