package ptxsim

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unsafe"

	"ganlib/device/driver"
)

// transfer is the form of a load or a store.
type transfer struct {
	space  space
	size   int // bytes of an element
	count  int // elements of the vector
	width  int // bits of the registers
	signed bool
}

func init() {
	instructions["ld"] = func(d *decoder) { d.transfer(reads) }
	instructions["ldu"] = instructions["ld"]
	instructions["st"] = func(d *decoder) { d.transfer(writes) }
	instructions["prefetch"] = (*decoder).prefetch
	instructions["prefetchu"] = (*decoder).prefetch
}

// transfer decodes ld and st.
func (d *decoder) transfer(how access) {
	in := d.in
	t := d.dataType()
	p := &transfer{space: d.space(), size: t.bytes(), count: 1, signed: t.signed()}
	d.cacheHints()
	if v := d.oneOf("v2", "v4"); v != "" {
		p.count, _ = strconv.Atoi(v[1:])
	}
	if t.bits < 8 || p.size*p.count > 16 || !d.operands(2, 2) {
		d.fail("%s of .%s is not supported", d.name, t.name)
		return
	}
	register, address := 0, 1
	if how == writes {
		register, address = 1, 0
		if p.space == paramSpace {
			d.fail("parameters cannot be written")
		}
	}
	d.address(address, p.space)
	o := d.operand(register)
	list := o.list
	if o.kind != vectorOperand {
		list = []operand{o}
	}
	if len(list) != p.count {
		d.fail("%d registers for %d values", len(list), p.count)
		return
	}
	for _, e := range list {
		width := d.anyRegister(d.grow(), e, t, how == reads)
		if p.width != 0 && p.width != width {
			d.fail("registers of several widths")
		}
		p.width = width
	}
	in.plan = p
	d.noteAccess(p.space, p.size)
	in.run = chooseTransfer(in, p, how)
}

// noteAccess gives an access its number, and the shadow of shared memory its grain.
func (d *decoder) noteAccess(s space, size int) {
	if s == globalSpace || s == genericSpace {
		d.in.hint = int32(d.kernel.hints)
		d.kernel.hints++
	}
	if s == sharedSpace || s == genericSpace {
		d.kernel.grain = min(d.kernel.grain, uint(bits.TrailingZeros(uint(size))))
	}
}

// chooseTransfer returns the fast function for a form, or the general one.
func chooseTransfer(in *inst, p *transfer, how access) execute {
	words := p.size == 4 && p.width == 32 && in.a >= 0
	doubles := p.size == 8 && p.count == 1 && in.a >= 0
	switch {
	case how == reads && p.space == paramSpace && in.a < 0:
		return loadParameter
	case words && p.space == globalSpace && !in.narrow && p.count == 1:
		return [...]execute{loadGlobal, storeGlobal}[how]
	case words && p.space == globalSpace && !in.narrow && p.count == 4:
		return [...]execute{loadGlobal4, storeGlobal4}[how]
	case words && p.space == sharedSpace && p.count == 1 && in.narrow:
		return [...]execute{loadShared[uint32], storeShared[uint32]}[how]
	case words && p.space == sharedSpace && p.count == 1:
		return [...]execute{loadShared[uint64], storeShared[uint64]}[how]
	case words && p.space == sharedSpace && p.count == 4 && in.narrow:
		return [...]execute{loadShared4[uint32], storeShared4[uint32]}[how]
	case words && p.space == sharedSpace && p.count == 4:
		return [...]execute{loadShared4[uint64], storeShared4[uint64]}[how]
	case doubles && p.space == globalSpace && !in.narrow && how == reads:
		return loadGlobal64
	case doubles && p.space == sharedSpace && in.narrow:
		return [...]execute{loadShared64[uint32], storeShared64[uint32]}[how]
	case doubles && p.space == sharedSpace:
		return [...]execute{loadShared64[uint64], storeShared64[uint64]}[how]
	}
	return [...]execute{load, store}[how]
}

// load is the general load.
func load(w *warp, in *inst, m uint32) {
	p := in.plan
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		from := w.span(in, l, p.space, w.addressOf(in, l), uint64(p.size*p.count), reads)
		for i, place := range in.v {
			w.set(place, p.width, l, element(from[i*p.size:], p.size, p.signed))
		}
	}
}

// loadParameter loads the same value for all lanes.
func loadParameter(w *warp, in *inst, m uint32) {
	p := in.plan
	from := w.span(in, lane(m), paramSpace, uint64(in.offset), uint64(p.size*p.count), reads)
	for i, place := range in.v {
		v := element(from[i*p.size:], p.size, p.signed)
		for m := m; m != 0; m &= m - 1 {
			w.set(place, p.width, lane(m), v)
		}
	}
}

// store is the general store. Lanes that write different values to one place are a fault, since nothing
// says which of them stays.
func store(w *warp, in *inst, m uint32) {
	p := in.plan
	n := uint64(p.size * p.count)
	for rest := m; rest != 0; rest &= rest - 1 {
		l := lane(rest)
		to := w.span(in, l, p.space, w.addressOf(in, l), n, writes)
		for i, place := range in.v {
			setElement(to[i*p.size:], p.size, w.get(place, p.width, l))
		}
	}
	if p.space == localSpace || m&(m-1) == 0 {
		return
	}
	for rest := m; rest != 0; rest &= rest - 1 {
		l := lane(rest)
		address := w.addressOf(in, l)
		if p.space == genericSpace && address-localWindow < windowSize {
			continue
		}
		now := w.span(in, l, p.space, address, n, writes)
		for i, place := range in.v {
			var want [8]byte
			setElement(want[:], p.size, w.get(place, p.width, l))
			if string(now[i*p.size:(i+1)*p.size]) != string(want[:p.size]) {
				w.conflict(in, l, address)
			}
		}
	}
}

func (w *warp) conflict(in *inst, lane int, address uint64) {
	w.fault(driver.LaunchFailed, in, lane, "data race: another lane writes a different value to the same address %#x", address)
}

// element reads a value of so many bytes.
func element(p []byte, size int, signed bool) uint64 {
	switch size {
	case 1:
		if signed {
			return uint64(int8(p[0]))
		}
		return uint64(p[0])
	case 2:
		v := binary.LittleEndian.Uint16(p)
		if signed {
			return uint64(int16(v))
		}
		return uint64(v)
	case 4:
		v := binary.LittleEndian.Uint32(p)
		if signed {
			return uint64(int32(v))
		}
		return uint64(v)
	}
	return binary.LittleEndian.Uint64(p)
}

func setElement(p []byte, size int, v uint64) {
	switch size {
	case 1:
		p[0] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(p, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(p, uint32(v))
	default:
		binary.LittleEndian.PutUint64(p, v)
	}
}

// get and set are the value of one lane of a register of any width.
func (w *warp) get(place int32, width, lane int) uint64 {
	if width == 64 {
		return reg[uint64](w, place)[lane]
	}
	return uint64(reg[uint32](w, place)[lane])
}

func (w *warp) set(place int32, width, lane int, v uint64) {
	switch width {
	case 64:
		reg[uint64](w, place)[lane] = v
	case 16:
		reg[uint32](w, place)[lane] = uint32(uint16(v))
	default:
		reg[uint32](w, place)[lane] = uint32(v)
	}
}

// localBytes is the local memory of a lane.
func (w *warp) localBytes(lane int) []byte {
	n := len(w.local) / warpSize
	return unsafe.Slice((*byte)(unsafe.Pointer(&w.local[lane*n])), n*8)
}

// prefetch decodes what asks for memory ahead of time, and does nothing.
func (d *decoder) prefetch() {
	s := d.space()
	d.cacheHints()
	d.drop("L1", "L2")
	if d.operands(1, 1) {
		d.address(0, s)
	}
	d.in.run = func(*warp, *inst, uint32) {}
}
