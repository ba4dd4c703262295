package ptxsim

import (
	"strings"

	"ganlib/device/driver"
)

// space is a state space of PTX.
type space uint8

const (
	genericSpace space = iota // global, with windows onto shared and local memory
	globalSpace
	sharedSpace
	localSpace
	paramSpace
)

// spaces has a modifier for each. Constant memory is global memory that cannot be written.
var spaces = map[string]space{
	"global": globalSpace, "const": globalSpace, "shared": sharedSpace, "shared::cta": sharedSpace, "local": localSpace, "param": paramSpace, "param::entry": paramSpace,
}

// access is what is done to memory.
type access uint8

const (
	reads access = iota
	writes
	updates // atomically
)

func (a access) String() string { return [...]string{"reads", "writes", "updates"}[a] }

// space takes the modifier that names a state space.
func (d *decoder) space() space {
	for i, m := range d.modifiers {
		if s, ok := spaces[m]; ok {
			d.modifiers = append(d.modifiers[:i], d.modifiers[i+1:]...)
			return s
		}
	}
	return genericSpace
}

// cacheHints drops what only advises caches, or orders accesses that are in order here anyway.
func (d *decoder) cacheHints() {
	d.drop("weak", "volatile", "relaxed", "acquire", "release", "acq_rel", "mmio", "cta", "cluster", "gpu", "sys",
		"ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc")
	kept := d.modifiers[:0]
	for _, m := range d.modifiers {
		if !strings.HasPrefix(m, "L1::") && !strings.HasPrefix(m, "L2::") || strings.HasSuffix(m, "cache_hint") {
			kept = append(kept, m)
		}
	}
	d.modifiers = kept
}

// address resolves operand i, in brackets, to a register and an offset.
func (d *decoder) address(i int, s space) { d.addressAt(&d.in.a, &d.in.offset, &d.in.narrow, i, s) }

// addressAt does it for other places of the instruction. narrow says that the register has 32 bits.
func (d *decoder) addressAt(at *int32, offset *int64, narrow *bool, i int, s space) {
	o := d.operand(i)
	*offset = o.offset
	switch {
	case d.err != nil:
	case o.kind != addressOperand:
		d.fail("operand %d is not an address", i+1)
	case o.name == "":
	default:
		if id, ok := d.lookup(o.name); ok {
			if bits := d.virtual[id].bits; bits < 32 {
				d.fail("%s has %d bits, an address has 32 or 64", o.name, bits)
			} else {
				*narrow = bits == 32
			}
			d.refer(at, id, false)
			return
		}
		address, where, ok := d.symbol(o.name)
		if !ok {
			d.fail("unknown address %s", o.name)
			return
		}
		if s == genericSpace {
			address += windowOf[where]
		}
		*offset += int64(address)
	}
}

// windowOf is where the addresses of a space lie among generic addresses.
var windowOf = map[string]uint64{"shared": sharedWindow, "local": localWindow}

// addressOf is the address that a lane's access goes to.
func (w *warp) addressOf(in *inst, lane int) uint64 {
	return w.resolve(in.a, in.narrow, in.offset, lane)
}

func (w *warp) resolve(place int32, narrow bool, offset int64, lane int) uint64 {
	switch {
	case place < 0:
		return uint64(offset)
	case narrow:
		return uint64(reg[uint32](w, place)[lane] + uint32(offset))
	}
	return reg[uint64](w, place)[lane] + uint64(offset)
}

// span checks an access of n bytes and returns them.
func (w *warp) span(in *inst, lane int, s space, address, n uint64, how access) []byte {
	if s == genericSpace {
		switch {
		case address-sharedWindow < windowSize:
			s, address = sharedSpace, address-sharedWindow
		case address-localWindow < windowSize:
			s, address = localSpace, address-localWindow
		default:
			s = globalSpace
		}
	}
	if address&(n-1) != 0 {
		w.fault(driver.MisalignedAddress, in, lane, "%s %d bytes at %#x, which is not a multiple", how, n, address)
	}
	switch s {
	case sharedSpace:
		return w.sharedSpan(in, lane, address, n, how)
	case localSpace:
		size := uint64(w.block.launch.kernel.local)
		if address > size || n > size-address {
			w.fault(driver.IllegalAddress, in, lane, "%s %d bytes at %#x of %d bytes of local memory", how, n, address, size)
		}
		return w.localBytes(lane)[address : address+n]
	case paramSpace:
		p := w.block.launch.parameters
		if size := uint64(len(p)); how != reads || address > size || n > size-address {
			w.fault(driver.IllegalAddress, in, lane, "%s %d bytes at %d of %d bytes of parameters", how, n, address, size)
		}
		return p[address : address+n]
	}
	a := w.allocation(in, lane, address, n, how)
	if w.block.globalRace {
		w.noteGlobal(in, lane, a, address-a.lo, n, how)
	}
	return a.bytes[address-a.lo:][:n]
}

// sharedSpan checks an access to shared memory, also with the shadow.
func (w *warp) sharedSpan(in *inst, lane int, address, n uint64, how access) []byte {
	b := w.block
	if size := uint64(len(b.shared)); address > size || n > size-address {
		w.fault(driver.IllegalAddress, in, lane, "%s %d bytes at %#x of %d bytes of shared memory", how, n, address, size)
	}
	if b.cells != nil {
		grain := b.launch.kernel.grain
		for i := address >> grain; i <= (address+n-1)>>grain; i++ {
			switch how {
			case reads:
				w.noteRead(in, lane, i)
			case writes:
				w.noteWrite(in, lane, i)
			case updates:
				w.noteAtomic(in, lane, i)
			}
		}
	}
	return b.shared[address:][:n]
}

// allocation finds the allocation that an access to global memory goes to, and remembers it for the next
// one.
func (w *warp) allocation(in *inst, lane int, address, n uint64, how access) *allocation {
	b := w.block
	a := b.hints[in.hint]
	if !a.contains(address, n) {
		if a = b.context.heap.find(address, n); a == nil {
			w.fault(driver.IllegalAddress, in, lane, "%s %d bytes at %#x, %s", how, n, address, b.context.heap.describe(address))
		}
		b.hints[in.hint] = a
	}
	if how != reads && a.writable == nil {
		w.fault(driver.IllegalAddress, in, lane, "%s constant memory at %#x", how, address)
	}
	return a
}
