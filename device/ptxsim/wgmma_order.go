package ptxsim

import "ganlib/device/driver"

// What wgmma does comes after other instructions, and before others, only where the kernel says so (PTX manual,
// "wgmma.fence", "wgmma.wait_group" and "Async proxy"):
//
//   - Registers that anything else has touched belong to wgmma after a wgmma.fence, and to others again after a
//     wgmma.wait_group for the group that they are of. Several wgmma of one shape may follow each other on them.
//   - Shared memory that threads have written, by stores or cp.async, is seen by wgmma after a fence.proxy.async of
//     the thread that wrote it, and then a barrier. It may be written again after the wait_group and a barrier.
//   - The four warps of a warpgroup execute the same wgmma, with the same descriptors.
//
// All three are checked. Registers are watched as the text names them, in all lanes alike.

// watchedRegisters are those of a kernel that some wgmma accumulates in, or reads.
type watchedRegisters struct {
	index map[int32]int32 // by virtual register
	names []string
}

// watchedRegister is what has become of one in a warp.
type watchedRegister struct {
	touched bool  // by something else than wgmma, since the last wgmma.fence
	group   int32 // the last that it is of, 0 is none
	shape   int32 // columns of the results of that group's wgmma, -1 as an operand
}

// wgmmaState is that of a warp.
type wgmmaState struct {
	fenced    bool // there was a wgmma.fence
	open      int32
	done      int32 // the groups up to this one have been waited for
	registers []watchedRegister
	flights   []flight
	spare     [][]uint32
	calls     int // of wgmma
}

// flight is what a wgmma reads in shared memory.
type flight struct {
	group  int32
	pieces []uint32
}

// watch gives a register its number among the watched ones. It keeps its place in the file to itself, for wgmma reads
// what it seems only to write.
func (d *decoder) watch(id int32) int32 {
	k := d.kernel.wgmma
	i, known := k.index[id]
	if v := &d.virtual[id]; v.pinned || v.special != nil {
		d.fail("a matrix of wgmma can only lie in registers")
	} else if !known {
		i = int32(len(k.names))
		k.index[id] = i
		k.names = append(k.names, d.nameOf(id))
		d.virtual[id].watched = true
	}
	return i
}

// nameOf is a register's name in the text.
func (d *decoder) nameOf(id int32) string {
	for key, i := range d.named {
		if i == id {
			return key.name
		}
	}
	return "_"
}

// guardWatched has every other instruction that names a watched register check that it may.
func (d *decoder) guardWatched() {
	if d.kernel.wgmma == nil {
		return
	}
	touched := map[int32][]int32{}
	for _, r := range d.refs {
		if i, ok := d.kernel.wgmma.index[r.id]; ok {
			touched[r.inst] = append(touched[r.inst], i)
		}
	}
	for at, registers := range touched {
		in := &d.kernel.code[at]
		if run := in.run; run != nil && d.function.statements[at].name() != "wgmma" {
			in.run = func(w *warp, in *inst, m uint32) {
				w.touch(in, registers)
				run(w, in, m)
			}
		}
	}
}

func (w *warp) touch(in *inst, registers []int32) {
	s := &w.wgmma
	for _, i := range registers {
		r := &s.registers[i]
		if r.group > s.done {
			w.fault(driver.LaunchFailed, in, 0, "register %s belongs to a wgmma that no wgmma.wait_group has waited for", w.block.launch.kernel.wgmma.names[i])
		}
		r.touched = true
	}
}

// beginWgmma checks a wgmma's registers, and gives them to it.
func (w *warp) beginWgmma(in *inst, p *wgmma) {
	s, names := &w.wgmma, w.block.launch.kernel.wgmma.names
	if !s.fenced {
		w.fault(driver.LaunchFailed, in, 0, "no wgmma.fence comes before the first wgmma")
	}
	for k, i := range p.registers {
		r := &s.registers[i]
		shape := int32(p.columns)
		if k >= p.columns/2 {
			shape = -1
		}
		switch {
		case r.touched:
			w.fault(driver.LaunchFailed, in, 0, "register %s was accessed, and no wgmma.fence has come since", names[i])
		case r.group > s.done && r.shape != shape:
			w.fault(driver.LaunchFailed, in, 0, "register %s still belongs to a wgmma of another shape", names[i])
		}
		r.group, r.shape = s.open, shape
	}
}

func fenceRegisters(w *warp, _ *inst, _ uint32) {
	w.wgmma.fenced = true
	for i := range w.wgmma.registers {
		w.wgmma.registers[i].touched = false
	}
}

func commitWgmma(w *warp, _ *inst, _ uint32) { w.wgmma.open++ }

// waitWgmma waits for all but the last groups that the warp has committed.
func waitWgmma(w *warp, in *inst, _ uint32) {
	s, b := &w.wgmma, w.block
	s.done = max(s.done, s.open-1-int32(in.offset))
	kept := s.flights[:0]
	for _, f := range s.flights {
		if f.group > s.done {
			kept = append(kept, f)
			continue
		}
		for _, at := range f.pieces {
			b.eachCell(at, func(i uint64) {
				b.proxies.reading[i]--
				w.markRead(&b.cells[i].read)
			})
		}
		s.spare = append(s.spare, f.pieces[:0])
	}
	s.flights = kept
}

// spareFlight is room for the pieces of a wgmma.
func (w *warp) spareFlight() []uint32 {
	s := &w.wgmma
	n := len(s.spare)
	if n == 0 {
		return nil
	}
	pieces := s.spare[n-1]
	s.spare = s.spare[:n-1]
	return pieces
}

// readAsync checks and notes that a wgmma reads pieces of shared memory, until it is waited for.
func (w *warp) readAsync(in *inst, pieces []uint32) {
	b := w.block
	for _, at := range pieces {
		if n := len(b.shared); int(at)+pieceBytes > n {
			w.fault(driver.IllegalAddress, in, 0, "reads %d bytes at %#x of %d bytes of shared memory", pieceBytes, at, n)
		}
	}
	if b.cells == nil {
		w.wgmma.spare = append(w.wgmma.spare, pieces[:0])
		return
	}
	for _, at := range pieces {
		b.eachCell(at, func(i uint64) {
			w.noteRead(in, 0, i)
			if thread, ok := b.proxies.fencedSince(i); !ok {
				w.fault(driver.LaunchFailed, in, 0, "shared memory at %#x was written by thread %d of the block, which has executed no fence.proxy.async since", w.cellAddress(i), thread)
			}
			b.proxies.reading[i]++
		})
	}
	w.wgmma.flights = append(w.wgmma.flights, flight{w.wgmma.open, pieces})
}

// eachCell visits the cells of a piece.
func (b *block) eachCell(at uint32, visit func(i uint64)) {
	grain := b.launch.kernel.grain
	for i := uint64(at) >> grain; i < uint64(at+pieceBytes)>>grain; i++ {
		visit(i)
	}
}
