package ptxsim

// The loads and stores that kernels spend their time in: words of 32 bits, alone or by four, in global
// and in shared memory. Whatever is unusual about a lane goes through the general functions.

// loadGlobal is ld.global.b32.
func loadGlobal(w *warp, in *inst, m uint32) {
	b := w.block
	if b.globalRace {
		load(w, in, m)
		return
	}
	d, a := reg[uint32](w, in.v[0]), reg[uint64](w, in.a)
	from := b.hints[in.hint]
	words, lo := from.words, from.lo-uint64(in.offset)
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := a[l] - lo
		if i := o >> 2; o&3 == 0 && i < uint64(len(words)) {
			d[l] = words[i]
			continue
		}
		load(w, in, 1<<l)
		from = b.hints[in.hint]
		words, lo = from.words, from.lo-uint64(in.offset)
	}
}

// storeGlobal is st.global.b32.
func storeGlobal(w *warp, in *inst, m uint32) {
	b := w.block
	if b.globalRace {
		store(w, in, m)
		return
	}
	d, a := reg[uint32](w, in.v[0]), reg[uint64](w, in.a)
	to := b.hints[in.hint]
	words, lo := to.writable, to.lo-uint64(in.offset)
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := a[l] - lo
		if i := o >> 2; o&3 == 0 && i < uint64(len(words)) {
			words[i] = d[l]
			continue
		}
		store(w, in, 1<<l)
		to = b.hints[in.hint]
		words, lo = to.writable, to.lo-uint64(in.offset)
	}
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		if i := (a[l] - lo) >> 2; i < uint64(len(words)) && words[i] != d[l] {
			w.conflict(in, l, a[l]+uint64(in.offset))
		}
	}
}

// loadGlobal4 is ld.global.v4.b32.
func loadGlobal4(w *warp, in *inst, m uint32) {
	b := w.block
	if b.globalRace {
		load(w, in, m)
		return
	}
	d0, d1, d2, d3 := reg[uint32](w, in.v[0]), reg[uint32](w, in.v[1]), reg[uint32](w, in.v[2]), reg[uint32](w, in.v[3])
	a := reg[uint64](w, in.a)
	from := b.hints[in.hint]
	words, lo := from.words, from.lo-uint64(in.offset)
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := a[l] - lo
		if i := o >> 2; o&15 == 0 && i+3 < uint64(len(words)) && i < uint64(len(words)) {
			d0[l], d1[l], d2[l], d3[l] = words[i], words[i+1], words[i+2], words[i+3]
			continue
		}
		load(w, in, 1<<l)
		from = b.hints[in.hint]
		words, lo = from.words, from.lo-uint64(in.offset)
	}
}

// storeGlobal4 is st.global.v4.b32.
func storeGlobal4(w *warp, in *inst, m uint32) {
	b := w.block
	if b.globalRace {
		store(w, in, m)
		return
	}
	d0, d1, d2, d3 := reg[uint32](w, in.v[0]), reg[uint32](w, in.v[1]), reg[uint32](w, in.v[2]), reg[uint32](w, in.v[3])
	a := reg[uint64](w, in.a)
	to := b.hints[in.hint]
	words, lo := to.writable, to.lo-uint64(in.offset)
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := a[l] - lo
		if i := o >> 2; o&15 == 0 && i+3 < uint64(len(words)) && i < uint64(len(words)) {
			words[i], words[i+1], words[i+2], words[i+3] = d0[l], d1[l], d2[l], d3[l]
			continue
		}
		store(w, in, 1<<l)
		to = b.hints[in.hint]
		words, lo = to.writable, to.lo-uint64(in.offset)
	}
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		i := (a[l] - lo) >> 2
		if i+3 >= uint64(len(words)) || i >= uint64(len(words)) {
			continue
		}
		if words[i] != d0[l] || words[i+1] != d1[l] || words[i+2] != d2[l] || words[i+3] != d3[l] {
			w.conflict(in, l, a[l]+uint64(in.offset))
		}
	}
}

// loadShared is ld.shared.b32. The shadow is looked at here as long as there is nothing new to note.
func loadShared[A uint32 | uint64](w *warp, in *inst, m uint32) {
	b := w.block
	d, a, offset := reg[uint32](w, in.v[0]), reg[A](w, in.a), A(in.offset)
	words, cells := b.words, b.cells
	if cells == nil {
		for l := range a {
			if m>>(l&31)&1 == 0 {
				continue
			}
			o := uint64(a[l] + offset)
			if i := o >> 2; o&3 == 0 && i < uint64(len(words)) {
				d[l] = words[i]
			} else {
				load(w, in, 1<<l)
			}
		}
		return
	}
	if b.launch.kernel.grain != 2 {
		load(w, in, m)
		return
	}
	floor, ordered, now, several := b.floor, w.base-b.floor, w.now, w.severalNow()
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := uint64(a[l] + offset)
		i := o >> 2
		if o&3 != 0 || i >= uint64(len(words)) || i >= uint64(len(cells)) {
			load(w, in, 1<<l) // faults, or reads the last odd bytes
			continue
		}
		if c := &cells[i]; c.written-floor >= ordered || c.read != now && c.read != several {
			w.noteRead(in, l, i)
		}
		d[l] = words[i]
	}
}

// storeShared is st.shared.b32.
func storeShared[A uint32 | uint64](w *warp, in *inst, m uint32) {
	b := w.block
	if b.launch.kernel.grain != 2 || b.launch.kernel.wgmma != nil {
		store(w, in, m)
		return
	}
	d, a, offset := reg[uint32](w, in.v[0]), reg[A](w, in.a), A(in.offset)
	words, cells := b.words, b.cells
	base, now := w.base, w.now
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := uint64(a[l] + offset)
		i := o >> 2
		if o&3 != 0 || i >= uint64(len(words)) {
			store(w, in, 1<<l)
			continue
		}
		if i < uint64(len(cells)) {
			if c := &cells[i]; c.written < base && c.read < base {
				c.written = now
			} else {
				w.noteWrite(in, l, i)
			}
		}
		words[i] = d[l]
	}
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		if i := uint64(a[l]+offset) >> 2; i < uint64(len(words)) && words[i] != d[l] {
			w.conflict(in, l, uint64(a[l]+offset))
		}
	}
}

// loadShared4 is ld.shared.v4.b32.
func loadShared4[A uint32 | uint64](w *warp, in *inst, m uint32) {
	b := w.block
	if b.launch.kernel.grain != 2 {
		load(w, in, m)
		return
	}
	d0, d1, d2, d3 := reg[uint32](w, in.v[0]), reg[uint32](w, in.v[1]), reg[uint32](w, in.v[2]), reg[uint32](w, in.v[3])
	a, offset := reg[A](w, in.a), A(in.offset)
	words, cells := b.words, b.cells
	floor, ordered, now, several := b.floor, w.base-b.floor, w.now, w.severalNow()
	seen := ^uint64(0) // neighbours often read the same place
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := uint64(a[l] + offset)
		i := o >> 2
		if o&15 != 0 || i >= uint64(len(words)) || i+3 >= uint64(len(words)) {
			load(w, in, 1<<l)
			continue
		}
		if cells != nil && i != seen {
			seen = i
			four := (*[4]cell)(cells[i:])
			for k := range four {
				if c := &four[k]; c.written-floor >= ordered || c.read != now && c.read != several {
					w.noteRead(in, l, i+uint64(k))
				}
			}
		}
		d0[l], d1[l], d2[l], d3[l] = words[i], words[i+1], words[i+2], words[i+3]
	}
}

// storeShared4 is st.shared.v4.b32.
func storeShared4[A uint32 | uint64](w *warp, in *inst, m uint32) {
	b := w.block
	if b.launch.kernel.grain != 2 {
		store(w, in, m)
		return
	}
	d0, d1, d2, d3 := reg[uint32](w, in.v[0]), reg[uint32](w, in.v[1]), reg[uint32](w, in.v[2]), reg[uint32](w, in.v[3])
	a, offset := reg[A](w, in.a), A(in.offset)
	words, cells := b.words, b.cells
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := uint64(a[l] + offset)
		i := o >> 2
		if o&15 != 0 || i >= uint64(len(words)) || i+3 >= uint64(len(words)) {
			store(w, in, 1<<l)
			continue
		}
		if cells != nil {
			for k := i; k < i+4; k++ {
				w.noteWrite(in, l, k)
			}
		}
		words[i], words[i+1], words[i+2], words[i+3] = d0[l], d1[l], d2[l], d3[l]
	}
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		i := uint64(a[l]+offset) >> 2
		if i+3 < uint64(len(words)) && (words[i] != d0[l] || words[i+1] != d1[l] || words[i+2] != d2[l] || words[i+3] != d3[l]) {
			w.conflict(in, l, uint64(a[l]+offset))
		}
	}
}
