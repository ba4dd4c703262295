package ptxsim

import (
	"ganlib/device/driver"
)

func init() {
	for name, decode := range map[string]func(*decoder){
		"shfl": (*decoder).shfl, "vote": (*decoder).vote, "match": (*decoder).match, "redux": (*decoder).redux, "activemask": (*decoder).activemask,
	} {
		instructions[name] = decode
	}
}

// shfl decodes shfl.sync.mode.b32 d|p, a, b, c, mask.
func (d *decoder) shfl() {
	in := d.in
	t := d.dataType()
	if !d.has("sync") || t.name != "b32" || !d.operands(5, 5) {
		d.fail("this form of shfl is not supported")
		return
	}
	source := shuffles[d.oneOf("up", "down", "bfly", "idx")]
	in.control = converge
	to := d.operand(0)
	if to.kind == pairOperand {
		d.register(&in.d, to.list[0], t, true)
		d.further(to.list[1], typePred, true)
	} else {
		d.dst(&in.d, 0, t)
	}
	d.src(&in.a, 1, t)
	d.src(&in.b, 2, typeU32)
	d.src(&in.c, 3, typeU32)
	d.src(&in.mask, 4, typeB32)
	if source == nil {
		return
	}
	in.run = func(w *warp, in *inst, m uint32) {
		from, to := *reg[uint32](w, in.a), reg[uint32](w, in.d)
		b, c := *reg[uint32](w, in.b), *reg[uint32](w, in.c)
		inside := uint32(0)
		for rest := m; rest != 0; rest &= rest - 1 {
			l := lane(rest)
			j, ok := source(l, int(b[l]&31), c[l])
			if !ok {
				j = l
			}
			if m>>j&1 == 0 {
				w.fault(driver.LaunchFailed, in, l, "reads from lane %d, which its mask %#x leaves out", j, m)
			}
			inside |= bit(ok) << l
			to[l] = from[j]
		}
		if len(in.v) > 0 {
			w.setPredicate(in.v[0], m, inside)
		}
	}
}

// shuffles say from which lane each mode reads: lane l, with distance or index b. c has the clamp in its
// low five bits and, from bit 8, the mask of the bits that say which segment a lane is in. The second
// result is false where the source lies outside the segment.
var shuffles = map[string]func(l, b int, c uint32) (int, bool){
	"up": func(l, b int, c uint32) (int, bool) {
		first, _ := segment(l, c)
		return l - b, l-b >= first
	},
	"down": func(l, b int, c uint32) (int, bool) {
		_, last := segment(l, c)
		return l + b, l+b <= last
	},
	"bfly": func(l, b int, c uint32) (int, bool) {
		_, last := segment(l, c)
		return l ^ b, l^b <= last
	},
	"idx": func(l, b int, c uint32) (int, bool) {
		_, last := segment(l, c)
		of := int(c >> 8 & 31)
		j := l&of | b&^of
		return j, j <= last
	},
}

// segment returns the limits of a lane's segment: the last lane that down, bfly and idx reach, or the
// first that up reaches, which the clamp gives.
func segment(l int, c uint32) (first, last int) {
	of, clamp := int(c>>8&31), int(c&31)
	limit := l&of | clamp&^of
	return limit, limit
}

// vote decodes vote.sync.mode p, {!}q, mask.
func (d *decoder) vote() {
	in := d.in
	t := d.dataType()
	if !d.has("sync") || !d.operands(3, 3) {
		d.fail("this form of vote is not supported")
		return
	}
	mode := d.oneOf("all", "any", "uni", "ballot")
	in.control = converge
	d.dst(&in.d, 0, t)
	var not uint32
	d.predicate(&in.a, &not, 1)
	d.src(&in.mask, 2, typeB32)
	if mode == "" || mode == "ballot" != (t.name == "b32") {
		return
	}
	in.run = func(w *warp, in *inst, m uint32) {
		v := (w.predicates[in.a] ^ not) & m
		switch mode {
		case "all":
			w.setPredicate(in.d, m, -bit(v == m))
		case "any":
			w.setPredicate(in.d, m, -bit(v != 0))
		case "uni":
			w.setPredicate(in.d, m, -bit(v == m || v == 0))
		case "ballot":
			spread(w, in.d, m, v)
		}
	}
}

// spread gives every lane in m the same value.
func spread(w *warp, place int32, m, v uint32) {
	d := reg[uint32](w, place)
	for ; m != 0; m &= m - 1 {
		d[lane(m)] = v
	}
}

// match decodes match.any and match.all: which lanes have the same value.
func (d *decoder) match() {
	in := d.in
	t := d.dataType()
	mode := d.oneOf("any", "all")
	if !d.has("sync") || t.kind != bitsKind || t.bits < 32 || mode == "" || !d.operands(3, 3) {
		d.fail("this form of match is not supported")
		return
	}
	in.control = converge
	to := d.operand(0)
	if to.kind == pairOperand {
		d.register(&in.d, to.list[0], typeB32, true)
		d.further(to.list[1], typePred, true)
	} else {
		d.dst(&in.d, 0, typeB32)
	}
	d.src(&in.a, 1, t)
	d.src(&in.mask, 2, typeB32)
	in.run = func(w *warp, in *inst, m uint32) {
		r := [warpSize]uint32{}
		for rest := m; rest != 0; rest &= rest - 1 {
			l := lane(rest)
			for other := m; other != 0; other &= other - 1 {
				r[l] |= bit(w.get(in.a, t.bits, l) == w.get(in.a, t.bits, lane(other))) << lane(other)
			}
		}
		same := r[lane(m)] == m
		to := reg[uint32](w, in.d)
		for rest := m; rest != 0; rest &= rest - 1 {
			l := lane(rest)
			if to[l] = r[l]; mode == "all" && !same {
				to[l] = 0
			}
		}
		if len(in.v) > 0 {
			w.setPredicate(in.v[0], m, -bit(same))
		}
	}
}

// redux decodes a reduction over the lanes of a mask.
func (d *decoder) redux() {
	in := d.in
	t := d.dataType()
	operate := atomicOperation(d.oneOf("add", "min", "max", "and", "or", "xor"), t)
	if !d.has("sync") || t.bits != 32 || !t.integer() || operate == nil || !d.operands(3, 3) {
		d.fail("this form of redux is not supported")
		return
	}
	d.needs(80, "redux")
	in.control = converge
	d.dst(&in.d, 0, t)
	d.src(&in.a, 1, t)
	d.src(&in.mask, 2, typeB32)
	in.run = func(w *warp, in *inst, m uint32) {
		a := reg[uint32](w, in.a)
		r := uint64(a[lane(m)])
		for rest := m & (m - 1); rest != 0; rest &= rest - 1 {
			r = operate(r, uint64(a[lane(rest)]))
		}
		spread(w, in.d, m, uint32(r))
	}
}

// activemask gives the lanes that are here just now.
func (d *decoder) activemask() {
	t := d.dataType()
	if t.name != "b32" || !d.operands(1, 1) {
		return
	}
	d.dst(&d.in.d, 0, t)
	d.in.run = func(w *warp, in *inst, m uint32) { spread(w, in.d, m, m) }
}
