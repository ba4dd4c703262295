package ptxsim

// value is what a register can hold, as bits.
type value interface{ uint32 | uint64 }

// lanes1, lanes2 and lanes3 make an instruction of a function for one lane. The registers of the operands
// may have other widths than that of the result.
func lanes1[D, A value](f func(a A) D) execute {
	return func(w *warp, in *inst, m uint32) {
		d, a := reg[D](w, in.d), reg[A](w, in.a)
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			d[l] = f(a[l])
		}
	}
}

func lanes2[D, A, B value](f func(a A, b B) D) execute {
	return func(w *warp, in *inst, m uint32) {
		d, a, b := reg[D](w, in.d), reg[A](w, in.a), reg[B](w, in.b)
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			d[l] = f(a[l], b[l])
		}
	}
}

func lanes3[D, A, B, C value](f func(a A, b B, c C) D) execute {
	return func(w *warp, in *inst, m uint32) {
		d, a, b, c := reg[D](w, in.d), reg[A](w, in.a), reg[B](w, in.b), reg[C](w, in.c)
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			d[l] = f(a[l], b[l], c[l])
		}
	}
}

// lanes4 has its fourth source in in.v.
func lanes4[D, A, B, C, E value](f func(a A, b B, c C, e E) D) execute {
	return func(w *warp, in *inst, m uint32) {
		d, a, b, c, e := reg[D](w, in.d), reg[A](w, in.a), reg[B](w, in.b), reg[C](w, in.c), reg[E](w, in.v[0])
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			d[l] = f(a[l], b[l], c[l], e[l])
		}
	}
}

// extend reads the low bits of a register of a type as an integer of 64 bits.
func (t dataType) extend(v uint64) uint64 {
	shift := 64 - t.bits
	if t.signed() {
		return uint64(int64(v<<shift) >> shift)
	}
	return v << shift >> shift
}

// truncate keeps the bits of a type.
func (t dataType) truncate(v uint64) uint64 { return v << (64 - t.bits) >> (64 - t.bits) }

// forIntegers makes an instruction of a function of integers of 64 bits, whatever width and sign the
// type has.
func forIntegers(t dataType, f func(a, b uint64) uint64) execute {
	if t.bits == 64 {
		return lanes2(f)
	}
	return lanes2(func(a, b uint32) uint32 {
		return uint32(t.truncate(f(t.extend(uint64(a)), t.extend(uint64(b)))))
	})
}
