package ptxsim

import "ganlib/device/driver"

// namedBarriers is how many barriers a block has.
const namedBarriers = 16

// barrierState is a barrier that threads have come to.
type barrierState struct {
	expected, arrived int
	warps             uint32 // that took part
	seen              [warpSize]uint32
	count             uint32 // of true predicates, for bar.red
}

// waiting is lanes that wait at a barrier.
type waiting struct {
	pc      int32
	lanes   uint32
	barrier uint32
}

// The forms of bar.
const (
	barSync int32 = iota
	barArrive
	barPopc
	barAnd
	barOr
)

func init() {
	instructions["bar"] = (*decoder).bar
	instructions["barrier"] = (*decoder).bar
	instructions["membar"] = (*decoder).fence
	instructions["fence"] = (*decoder).fence
}

// bar decodes bar.sync, bar.arrive, bar.red and bar.warp.sync, in the old spelling and the new.
func (d *decoder) bar() {
	in := d.in
	in.aligned = d.has("aligned") || d.name == "bar"
	if d.has("warp") {
		d.has("sync")
		in.control = converge
		in.run = func(*warp, *inst, uint32) {}
		if d.operands(1, 1) {
			d.src(&in.mask, 0, typeB32)
		}
		return
	}
	d.drop("cta")
	in.control = barrier
	at := 0
	switch d.oneOf("sync", "arrive", "red") {
	case "sync":
		in.mode = barSync
	case "arrive":
		in.mode = barArrive
		d.operands(2, 2)
	case "red":
		d.reduction()
		at = 1
	default:
		d.fail("a form of %s that is not supported", d.name)
	}
	d.src(&in.a, at, typeU32)
	if in.mode >= barPopc {
		if d.count() < 3 || d.count() > 4 {
			d.fail("%s with %d operands", d.name, d.count())
			return
		}
		var not uint32
		d.predicate(d.grow(), &not, d.count()-1)
		in.offset = int64(not)
		if d.count() == 4 {
			d.src(&in.b, 2, typeU32)
		}
		return
	}
	if d.operands(1, 2) && d.count() == 2 {
		d.src(&in.b, 1, typeU32)
	}
}

func (d *decoder) reduction() {
	switch d.oneOf("popc", "and", "or") {
	case "popc":
		d.in.mode = barPopc
		d.has("u32")
		d.dst(&d.in.d, 0, typeU32)
		return
	case "and":
		d.in.mode = barAnd
	case "or":
		d.in.mode = barOr
	}
	d.has("pred")
	d.dst(&d.in.d, 0, typePred)
}

// fence decodes the fences. Everything is in order here already, but for what wgmma reads.
func (d *decoder) fence() {
	if d.has("proxy") {
		d.fenceProxy()
		return
	}
	d.drop("gl", "cta", "sys", "gpu", "cluster", "sc", "acq_rel", "acquire", "release")
	d.operands(0, 0)
	d.in.run = fence
}

func fence(w *warp, _ *inst, _ uint32) { w.fenced = true }

// arrive brings lanes to a barrier. It returns those that need not wait.
func (w *warp) arrive(in *inst, pc int32, lanes uint32) (goOn uint32) {
	b := w.block
	l := lane(lanes)
	id := reg[uint32](w, in.a)[l]
	expected := b.launch.threads
	if in.b >= 0 {
		expected = int(reg[uint32](w, in.b)[l])
	}
	if id >= namedBarriers || expected%warpSize != 0 && expected != b.launch.threads || expected == 0 {
		w.fault(driver.LaunchFailed, in, l, "barrier %d for %d threads", id, expected)
	}
	s := &b.barriers[id]
	if s.arrived > 0 && s.expected != expected {
		w.fault(driver.LaunchFailed, in, l, "barrier %d for %d threads, others expect %d", id, expected, s.expected)
	}
	s.expected = expected
	s.arrived += popcount(lanes)
	if s.arrived > expected {
		w.fault(driver.LaunchFailed, in, l, "barrier %d for %d threads, but %d came", id, expected, s.arrived)
	}
	for u, clock := range w.seen {
		s.seen[u] = max(s.seen[u], clock)
	}
	s.seen[w.id] = max(s.seen[w.id], w.now>>whoBits)
	s.warps |= 1 << w.id
	if in.mode >= barPopc {
		s.count += uint32(popcount((w.predicates[in.v[0]] ^ uint32(in.offset)) & lanes))
	}
	if in.mode == barArrive {
		b.clock++
		w.now = b.clock<<whoBits | uint32(w.id)
		return lanes
	}
	for i := range w.waiting {
		if w.waiting[i].pc == pc {
			w.waiting[i].lanes |= lanes
			return 0
		}
	}
	w.waiting = append(w.waiting, waiting{pc, lanes, id})
	return 0
}

// release lets go on who waits at a barrier that is complete. It reports whether there was any.
func (b *block) release() bool {
	any := false
	for id := range b.barriers {
		s := &b.barriers[id]
		if s.arrived == 0 || s.arrived < s.expected {
			continue
		}
		any = true
		b.clock++
		whole := s.expected == b.launch.threads
		for i := range b.warps {
			w := &b.warps[i]
			if w.leave(uint32(id), s) {
				w.order(s, whole)
			}
		}
		*s = barrierState{}
	}
	return any
}

// leave makes the lanes that wait at a barrier ready, and gives them the result of a reduction.
func (w *warp) leave(id uint32, s *barrierState) (left bool) {
	kept := w.waiting[:0]
	for _, g := range w.waiting {
		if g.barrier != id {
			kept = append(kept, g)
			continue
		}
		left = true
		in := &w.block.launch.kernel.code[g.pc]
		switch in.mode {
		case barPopc:
			d := reg[uint32](w, in.d)
			for m := g.lanes; m != 0; m &= m - 1 {
				d[lane(m)] = s.count
			}
		case barAnd:
			w.setPredicate(in.d, g.lanes, -bit(int(s.count) == s.expected))
		case barOr:
			w.setPredicate(in.d, g.lanes, -bit(s.count > 0))
		}
		w.push(g.pc+1, g.lanes)
	}
	w.waiting = kept
	return left
}

// order notes that what came before the barrier is before what the warp does next.
func (w *warp) order(s *barrierState, whole bool) {
	clock := w.block.clock
	w.now = clock<<whoBits | uint32(w.id)
	if whole {
		w.base = clock << whoBits
		return
	}
	for u := range w.seen {
		w.seen[u] = max(w.seen[u], s.seen[u])
	}
}

// setPredicate sets a predicate to value in the lanes of m.
func (w *warp) setPredicate(place int32, m, value uint32) {
	p := &w.predicates[place]
	*p = *p&^m | value&m
}
