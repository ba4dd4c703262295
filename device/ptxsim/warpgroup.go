package ptxsim

import "ganlib/device/driver"

// warpgroup has what its warps have to execute alike: from call number base on, as far as not all have.
type warpgroup struct {
	base  int
	calls []wgmmaCall
}

type wgmmaCall struct {
	in   *inst
	a, b uint64
}

// together checks that the warps of a warpgroup execute the same wgmma.
func (w *warp) together(in *inst, a, b uint64) {
	first := w.id / groupWarps * groupWarps
	warps := w.block.warps
	if first+groupWarps > len(warps) {
		w.fault(driver.LaunchFailed, in, 0, "warp %d is not of a whole warpgroup: the block has %d warps", w.id, len(warps))
	}
	g := &w.block.warpgroups[w.id/groupWarps]
	call := wgmmaCall{in, a, b}
	switch at := w.wgmma.calls - g.base; {
	case at == len(g.calls):
		g.calls = append(g.calls, call)
	case g.calls[at] != call:
		other := g.calls[at]
		w.fault(driver.LaunchFailed, in, 0, "another warp of the warpgroup executes the wgmma of line %d with descriptors %#x and %#x, this one that with %#x and %#x", other.in.line, other.a, other.b, a, b)
	}
	w.wgmma.calls++
	least := w.wgmma.calls
	for i := first; i < first+groupWarps; i++ {
		least = min(least, warps[i].wgmma.calls)
	}
	g.calls = g.calls[:copy(g.calls, g.calls[least-g.base:])]
	g.base = least
}

// beginWarpgroups sets everything to the beginning of a block.
func (b *block) beginWarpgroups() {
	k := b.launch.kernel.wgmma
	if k == nil {
		return
	}
	b.warpgroups = grown(b.warpgroups, (len(b.warps)+groupWarps-1)/groupWarps)
	for i := range b.warpgroups {
		b.warpgroups[i] = warpgroup{calls: b.warpgroups[i].calls[:0]}
	}
	for i := range b.warps {
		s := &b.warps[i].wgmma
		*s = wgmmaState{open: 1, registers: grown(s.registers, len(k.names)), flights: s.flights[:0], spare: s.spare}
		clear(s.registers)
	}
	if b.cells != nil {
		b.proxies.begin(len(b.cells))
	}
}

// endWarpgroups looks for warps that left a wgmma to the others of their warpgroup.
func (b *block) endWarpgroups() {
	if b.launch.kernel.wgmma == nil {
		return
	}
	for i := range b.warps {
		w := &b.warps[i]
		if g := &b.warpgroups[i/groupWarps]; len(g.calls) > w.wgmma.calls-g.base {
			w.fault(driver.LaunchFailed, g.calls[w.wgmma.calls-g.base].in, 0, "not all warps of the warpgroup execute this wgmma")
		}
	}
}
