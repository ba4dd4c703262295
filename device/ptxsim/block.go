package ptxsim

import (
	"fmt"
	"runtime/debug"
	"unsafe"

	"ganlib/device/driver"
)

// block is the block that a host thread runs. Its storage is used again for the next one.
type block struct {
	context *Context
	launch  *launch
	index   [3]int
	number  int // of the block in its grid
	order   int // in which it runs

	warps    []warp
	file     []uint64 // the registers of all warps
	local    []uint64 // local memory of all threads
	storage  []uint64 // shared memory
	shared   []byte   // the same, as far as the launch has asked for it
	words    []uint32
	hints    []*allocation // where each access to global memory last went
	barriers [namedBarriers]barrierState

	cells        []cell // the shadow of shared memory, or nil
	shadow       []cell // its storage
	clock        uint32 // of the barriers
	floor        uint32 // tags below it are of earlier blocks
	lanes, steps uint64 // instructions executed, for threads and for warps

	warpgroups []warpgroup
	proxies    proxies

	globalRace bool                // the shadow of global memory is kept
	releases   map[uint64][]uint32 // blocks of this launch that released a word in global memory
	acquired   map[uint32]bool     // blocks that come before this one
}

func newBlock(c *Context) *block { return &block{context: c} }

// work runs blocks of a launch until there are no more.
func (b *block) work(r *launch) (f *fault) {
	defer func() {
		if p := recover(); p != nil {
			var ok bool
			if f, ok = p.(*fault); !ok {
				f = &fault{result: driver.Unknown, kernel: r.kernel.name, block: b.index, reason: fmt.Sprintf("the emulator failed: %v\n%s", p, debug.Stack()), order: b.order}
			}
			r.failed.Store(true)
		}
	}()
	b.prepare(r)
	for !r.failed.Load() {
		i := int(r.next.Add(1)) - 1
		if i >= r.blocks {
			break
		}
		b.order = i
		b.number, b.index = r.at(i)
		b.run()
	}
	return nil
}

// prepare sets the storage up for a launch.
func (b *block) prepare(r *launch) {
	k := r.kernel
	b.launch = r
	b.globalRace = b.context.emulator.options.GlobalRace
	bytes := int(k.static)
	if r.shared > 0 {
		bytes = int(k.dynamicAt) + r.shared
	}
	b.storage = grown(b.storage, (bytes+7)/8)
	b.shared = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(b.storage))), bytes)
	b.words = unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b.storage))), bytes/4)
	b.prepareShadow(bytes, k.grain)

	if b.globalRace {
		b.releases = map[uint64][]uint32{}
	}
	b.hints = b.hints[:0]
	for range k.hints {
		b.hints = append(b.hints, nowhere)
	}
	n := (r.threads + warpSize - 1) / warpSize
	if cap(b.warps) < n {
		b.warps = make([]warp, n, maxBlockThreads/warpSize)
	}
	b.warps = b.warps[:n]
	b.file = grown(b.file, n*k.registers.bytes/8+1)
	local := int(k.local+7) / 8 * warpSize
	b.local = grown(b.local, n*local)
	for i := range b.warps {
		w := &b.warps[i]
		w.block, w.id = b, i
		w.file = unsafe.Pointer(&b.file[i*k.registers.bytes/8])
		w.local = b.local[i*local : (i+1)*local]
		w.predicates = grown(w.predicates, k.registers.predicates)
		w.exists = full
		if rest := r.threads - i*warpSize; rest < warpSize {
			w.exists = 1<<rest - 1
		}
		w.fill(k.registers.pins)
	}
}

// grown returns s, or a longer slice, with length n.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// fill sets constants and special registers.
func (w *warp) fill(pins []pin) {
	for _, p := range pins {
		switch {
		case p.special == nil:
			w.spread(p, p.value)
		case p.uniform:
			w.spread(p, p.special(w, 0))
		default:
			for l := range warpSize {
				w.set(p.place, p.bits, l, p.special(w, l))
			}
		}
	}
}

// spread sets a register to the same value in all lanes.
func (w *warp) spread(p pin, v uint64) {
	switch p.bits {
	case 1:
		w.predicates[p.place] = -uint32(v & 1)
	case 64:
		r := reg[uint64](w, p.place)
		for l := range r {
			r[l] = v
		}
	default:
		r := reg[uint32](w, p.place)
		for l := range r {
			r[l] = uint32(v)
		}
	}
}

// run runs one block to its end.
func (b *block) run() {
	b.begin()
	seed := b.context.emulator.options.Seed
	if seed != 0 {
		seed = mix(seed + uint64(b.number))
	}
	n := len(b.warps)
	stride, offset := shuffled(n, seed)
	for left := true; left; {
		left = false
		ran := false
		for i := range n {
			w := &b.warps[(i*stride+offset)%n]
			if len(w.ready) > 0 {
				ran = true
				w.run()
			}
			left = left || w.live != 0
		}
		if left && !b.release() && !ran {
			b.deadlock()
		}
	}
	b.endWarpgroups()
	for i := range b.warps {
		b.warps[i].abandon()
	}
}

// begin sets everything to the beginning of a block.
func (b *block) begin() {
	k := b.launch.kernel
	b.beginShadow()
	if b.globalRace {
		b.acquired = map[uint32]bool{}
	}
	for i := range b.barriers {
		b.barriers[i] = barrierState{}
	}
	for i := range b.warps {
		w := &b.warps[i]
		w.live = w.exists
		w.ready = append(w.ready[:0], group{0, w.live})
		w.parked, w.waiting = w.parked[:0], w.waiting[:0]
		w.steps, w.fenced = 0, false
		w.beginClock()
		w.fill(k.registers.perBlock)
	}
	b.beginWarpgroups()
}

// deadlock reports a block in which nothing can go on.
func (b *block) deadlock() {
	for i := range b.warps {
		w := &b.warps[i]
		if len(w.waiting) == 0 {
			continue
		}
		at := w.waiting[0]
		in := &b.launch.kernel.code[at.pc]
		state := &b.barriers[at.barrier]
		exited := 0
		for j := range b.warps {
			v := &b.warps[j]
			exited += popcount(v.exists &^ v.live)
		}
		w.fault(driver.LaunchFailed, in, lane(at.lanes), "barrier %d waits for %d threads, %d came and no more can: %d have exited",
			at.barrier, state.expected, state.arrived, exited)
	}
}
