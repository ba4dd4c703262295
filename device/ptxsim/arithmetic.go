package ptxsim

// Each function here is an instruction for all types of one width, with a loop over the whole warp
// beside the one for some lanes.

type integer interface {
	~uint32 | ~int32 | ~uint64 | ~int64
}

func add[T number](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	if m == full {
		for l := range d {
			d[l] = a[l] + b[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] + b[l]
	}
}

func sub[T number](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	if m == full {
		for l := range d {
			d[l] = a[l] - b[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] - b[l]
	}
}

func mul[T number](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	if m == full {
		for l := range d {
			d[l] = a[l] * b[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] * b[l]
	}
}

func mad[T integer](w *warp, in *inst, m uint32) {
	d, a, b, c := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b), reg[T](w, in.c)
	if m == full {
		for l := range d {
			d[l] = a[l]*b[l] + c[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l]*b[l] + c[l]
	}
}

// mulWide multiplies 32 bits by 32 to 64; W is the wide type of T's signedness.
func mulWide[T uint32 | int32, W uint64 | int64](w *warp, in *inst, m uint32) {
	d, a, b := reg[W](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	if m == full {
		for l := range d {
			d[l] = W(a[l]) * W(b[l])
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = W(a[l]) * W(b[l])
	}
}

func madWide[T uint32 | int32, W uint64 | int64](w *warp, in *inst, m uint32) {
	d, a, b, c := reg[W](w, in.d), reg[T](w, in.a), reg[T](w, in.b), reg[W](w, in.c)
	if m == full {
		for l := range d {
			d[l] = W(a[l])*W(b[l]) + c[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = W(a[l])*W(b[l]) + c[l]
	}
}

func and[T integer](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	if m == full {
		for l := range d {
			d[l] = a[l] & b[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] & b[l]
	}
}

func or[T integer](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	if m == full {
		for l := range d {
			d[l] = a[l] | b[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] | b[l]
	}
}

func xor[T integer](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	if m == full {
		for l := range d {
			d[l] = a[l] ^ b[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] ^ b[l]
	}
}

// shiftLeft shifts by a register of 32 bits, as shiftRight does. A shift by the width or more leaves
// nothing but, on the right, the sign.
func shiftLeft[T integer](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[uint32](w, in.b)
	if m == full {
		for l := range d {
			d[l] = a[l] << b[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] << b[l]
	}
}

func shiftRight[T integer](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[uint32](w, in.b)
	if m == full {
		for l := range d {
			d[l] = a[l] >> b[l]
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l] >> b[l]
	}
}

// smaller and larger are min and max of integers.
func smaller[T integer](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = min(a[l], b[l])
	}
}

func larger[T integer](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = max(a[l], b[l])
	}
}

// move copies a register.
func move[T number](w *warp, in *inst, m uint32) {
	d, a := reg[T](w, in.d), reg[T](w, in.a)
	if m == full {
		*d = *a
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = a[l]
	}
}

// choose is selp: a where the predicate c holds, else b.
func choose[T number](w *warp, in *inst, m uint32) {
	d, a, b := reg[T](w, in.d), reg[T](w, in.a), reg[T](w, in.b)
	p := w.predicates[in.c] ^ uint32(in.mode)
	if m == full {
		for l := range d {
			v := b[l]
			if p>>(l&31)&1 != 0 {
				v = a[l]
			}
			d[l] = v
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		v := b[l]
		if p>>l&1 != 0 {
			v = a[l]
		}
		d[l] = v
	}
}

// convert converts as Go does: integers wrap, floats round to nearest even. Floats to integers are in
// convert.go.
func convert[D, S number](w *warp, in *inst, m uint32) {
	d, a := reg[D](w, in.d), reg[S](w, in.a)
	if m == full {
		for l := range d {
			d[l] = D(a[l])
		}
		return
	}
	for ; m != 0; m &= m - 1 {
		l := lane(m)
		d[l] = D(a[l])
	}
}
