package ptxsim

import "slices"

// virtual is a register as the text names it, before it has a place.
type virtual struct {
	bits     int  // 1, 16, 32 or 64
	pinned   bool // a constant: its place is nobody else's
	value    uint64
	special  specialValue
	perBlock bool // the special register changes from block to block; it is the same in all lanes
	watched  bool // some wgmma accumulates in it, or reads it
}

func (v *virtual) keepsPlace() bool { return v.pinned || v.special != nil || v.bits == 1 || v.watched }

// ref is where an instruction names a register.
type ref struct {
	at    *int32
	id    int32
	inst  int32
	write bool
}

// registerFile says how much room the registers of a warp take and what is in them at the start.
type registerFile struct {
	bytes      int
	predicates int
	pins       []pin
	perBlock   []pin // set anew for every block
}

// pin is a register that the emulator fills: a constant or a special register.
type pin struct {
	place   int32
	bits    int
	value   uint64
	special specialValue
	uniform bool // the special register is the same in all lanes
}

func (d *decoder) newVirtual(bits int) int32 {
	d.virtual = append(d.virtual, virtual{bits: bits})
	return int32(len(d.virtual) - 1)
}

// constant returns the pinned register that holds a value.
func (d *decoder) constant(bits int, value uint64) int32 {
	key := constant{bits, value}
	id, known := d.constants[key]
	if !known {
		id = d.newVirtual(bits)
		d.virtual[id].pinned, d.virtual[id].value = true, value
		d.constants[key] = id
	}
	return id
}

// sink returns the register that takes what is written to _.
func (d *decoder) sink(bits int) int32 {
	id, known := d.sinks[bits]
	if !known {
		id = d.newVirtual(bits)
		d.sinks[bits] = id
	}
	return id
}

// refer notes that the current instruction names a register at a place to be filled in.
func (d *decoder) refer(at *int32, id int32, write bool) {
	*at = id
	d.refs = append(d.refs, ref{at, id, int32(d.index), write})
}

// allocate gives every register its place in the register file, and lets registers whose values are
// never needed at the same time share one, so that the file of a block stays in the host's caches.
//
// Lanes of a warp may stand at different instructions, but each has its own part of a place, so what
// holds for one thread is enough.
func (d *decoder) allocate() {
	lives := d.lifetimes()
	k := d.kernel
	places := make([]int32, len(d.virtual))
	offset := 0
	for _, width := range []int{64, 32} {
		size := width / 8 * warpSize
		inUse := []int32{} // until which instruction a place is taken
		for _, id := range lives.order {
			v := &d.virtual[id]
			if max(v.bits, 32) != width || v.bits == 1 {
				continue
			}
			slot := slices.IndexFunc(inUse, func(until int32) bool { return until < lives.first[id] })
			if slot < 0 {
				slot = len(inUse)
				inUse = append(inUse, 0)
			}
			inUse[slot] = lives.last[id]
			places[id] = int32(offset + slot*size)
		}
		offset += len(inUse) * size
	}
	k.registers.bytes = offset
	for id := range d.virtual {
		if d.virtual[id].bits == 1 {
			places[id] = int32(k.registers.predicates)
			k.registers.predicates++
		}
	}
	for _, r := range d.refs {
		*r.at = places[r.id]
	}
	for id, v := range d.virtual {
		p := pin{places[id], v.bits, v.value, v.special, v.perBlock}
		switch {
		case v.perBlock:
			k.registers.perBlock = append(k.registers.perBlock, p)
		case v.pinned || v.special != nil:
			k.registers.pins = append(k.registers.pins, p)
		}
	}
}
