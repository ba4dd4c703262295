package ptxsim

import "ganlib/device/driver"

// proxies are what the shadow of shared memory knows besides in a kernel with wgmma, which reads it through the
// async proxy, while threads write through the generic one.
type proxies struct {
	written []uint64 // by cell: the thread that wrote it last, and how many fences it had executed
	fences  []uint32 // fence.proxy.async that each thread has executed
	reading []uint16 // by cell: wgmma that may still read it
}

func (p *proxies) begin(cells int) {
	p.written, p.reading, p.fences = grown(p.written, cells), grown(p.reading, cells), grown(p.fences, maxBlockThreads)
	clear(p.reading)
	clear(p.fences)
}

// wroteGeneric notes that a lane's write to a cell is performed.
func (w *warp) wroteGeneric(lane int, i uint64) {
	if b := w.block; b.launch.kernel.wgmma != nil {
		thread := w.id*warpSize + lane
		b.proxies.written[i] = uint64(thread)<<32 | uint64(b.proxies.fences[thread])
	}
}

// checkReading refuses to have a cell written that a wgmma may still read.
func (w *warp) checkReading(in *inst, lane int, i uint64) {
	if b := w.block; b.launch.kernel.wgmma != nil && b.proxies.reading[i] > 0 {
		w.fault(driver.LaunchFailed, in, lane, "shared memory at %#x is written while a wgmma may read it that no wgmma.wait_group has waited for", w.cellAddress(i))
	}
}

// fencedSince reports whether the thread that wrote a cell has executed a fence since, and which it is.
func (p *proxies) fencedSince(i uint64) (thread int, ok bool) {
	by := p.written[i]
	thread = int(by >> 32)
	return thread, p.fences[thread] > uint32(by)
}

// fenceProxy decodes fence.proxy.async of shared memory.
func (d *decoder) fenceProxy() {
	d.needs(90, "fence.proxy.async")
	if !d.has("async") {
		d.fail("this form of fence.proxy is not supported")
	}
	d.drop("shared::cta", "shared::cluster")
	d.operands(0, 0)
	d.in.run = func(w *warp, _ *inst, m uint32) {
		if w.block.launch.kernel.wgmma == nil || w.block.cells == nil {
			return
		}
		for ; m != 0; m &= m - 1 {
			w.block.proxies.fences[w.id*warpSize+lane(m)]++
		}
	}
}
