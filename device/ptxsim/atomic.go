package ptxsim

import "math"

func init() {
	instructions["atom"] = func(d *decoder) { d.atomic(1) }
	instructions["red"] = func(d *decoder) { d.atomic(0) }
}

// atomicOperation is what an atomic does to the old value, in bits of the type; nil if there is none.
func atomicOperation(name string, t dataType) func(old, v uint64) uint64 {
	switch name {
	case "add":
		return atomicAdd(t)
	case "exch":
		return func(_, v uint64) uint64 { return v }
	case "and":
		return func(old, v uint64) uint64 { return old & v }
	case "or":
		return func(old, v uint64) uint64 { return old | v }
	case "xor":
		return func(old, v uint64) uint64 { return old ^ v }
	case "min", "max":
		if !t.integer() {
			return nil
		}
		return func(old, v uint64) uint64 {
			before := t.extend(old) < t.extend(v)
			if t.signed() {
				before = int64(t.extend(old)) < int64(t.extend(v))
			}
			if before == (name == "min") {
				return old
			}
			return v
		}
	case "inc":
		return func(old, v uint64) uint64 {
			if old >= v {
				return 0
			}
			return old + 1
		}
	case "dec":
		return func(old, v uint64) uint64 {
			if old == 0 || old > v {
				return v
			}
			return old - 1
		}
	}
	return nil
}

// atomicAdd adds integers or floats. That of float32 in global memory takes denormals as zeros on some
// devices; here it does not.
func atomicAdd(t dataType) func(old, v uint64) uint64 {
	switch t.name {
	case "f32":
		return func(old, v uint64) uint64 { return uint64(bitsOf(float32of(uint32(old)) + float32of(uint32(v)))) }
	case "f64":
		return func(old, v uint64) uint64 {
			return math.Float64bits(math.Float64frombits(old) + math.Float64frombits(v))
		}
	case "f16", "bf16":
		f := smallFormat(t)
		return func(old, v uint64) uint64 {
			return uint64(f.pack(f.unpack(uint32(old))+f.unpack(uint32(v)), nearestEven))
		}
	case "f16x2", "bf16x2":
		f := smallFormat(t)
		return func(old, v uint64) uint64 {
			lo := f.pack(f.unpack(uint32(old)&0xffff)+f.unpack(uint32(v)&0xffff), nearestEven)
			hi := f.pack(f.unpack(uint32(old)>>16)+f.unpack(uint32(v)>>16), nearestEven)
			return uint64(hi<<16 | lo)
		}
	}
	return func(old, v uint64) uint64 { return t.truncate(old + v) }
}

// atomic decodes atom d, [a], b and red [a], b; for cas b is what is compared, and c the new value.
func (d *decoder) atomic(address int) {
	in := d.in
	t := d.dataType()
	s := d.space()
	d.cacheHints()
	d.has("noftz")
	name := d.oneOf("add", "exch", "and", "or", "xor", "min", "max", "inc", "dec", "cas")
	operate := atomicOperation(name, t)
	if address == 0 && (name == "exch" || name == "cas") || s > sharedSpace || t.bits < 16 || operate == nil && name != "cas" {
		d.fail("this form of %s is not supported", d.name)
		return
	}
	last := address + 1
	if name == "cas" {
		last++
	}
	if !d.operands(last+1, last+1) {
		return
	}
	if address == 1 {
		d.dst(&in.d, 0, t)
	}
	d.address(address, s)
	d.src(&in.b, address+1, t)
	if name == "cas" {
		d.src(&in.c, last, t)
	}
	d.noteAccess(s, t.bytes())
	in.run = func(w *warp, in *inst, m uint32) { w.atomic(in, m, s, t, operate) }
}

// atomic does an atomic for one lane after the other.
func (w *warp) atomic(in *inst, m uint32, s space, t dataType, operate func(old, v uint64) uint64) {
	lock := &w.block.context.atomics
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		address := w.addressOf(in, l)
		p := w.span(in, l, s, address, uint64(t.bytes()), updates)
		lock.Lock()
		old := element(p, t.bytes(), false)
		v := w.get(in.b, t.bits, l)
		switch {
		case operate != nil:
			setElement(p, t.bytes(), operate(old, v))
		case old == v:
			setElement(p, t.bytes(), w.get(in.c, t.bits, l))
		}
		lock.Unlock()
		if in.d >= 0 {
			w.set(in.d, t.bits, l, old)
		}
		if w.block.globalRace {
			w.synchronise(address)
		}
	}
}
