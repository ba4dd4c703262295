package ptxsim

// Loads and stores of 64 bits, which reductions in float64 use, as those of 32 bits in memory_fast.go.

// loadGlobal64 is ld.global.b64.
func loadGlobal64(w *warp, in *inst, m uint32) {
	b := w.block
	if b.globalRace {
		load(w, in, m)
		return
	}
	d, a := reg[uint64](w, in.v[0]), reg[uint64](w, in.a)
	from := b.hints[in.hint]
	words, lo := from.words, from.lo-uint64(in.offset)
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := a[l] - lo
		if i := o >> 2; o&7 == 0 && i < uint64(len(words)) && i+1 < uint64(len(words)) {
			d[l] = uint64(words[i]) | uint64(words[i+1])<<32
			continue
		}
		load(w, in, 1<<l)
		from = b.hints[in.hint]
		words, lo = from.words, from.lo-uint64(in.offset)
	}
}

// loadShared64 is ld.shared.b64.
func loadShared64[A uint32 | uint64](w *warp, in *inst, m uint32) {
	b := w.block
	if b.launch.kernel.grain != 2 {
		load(w, in, m)
		return
	}
	d, a, offset := reg[uint64](w, in.v[0]), reg[A](w, in.a), A(in.offset)
	words, cells := b.words, b.cells
	floor, ordered, now, several := b.floor, w.base-b.floor, w.now, w.severalNow()
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := uint64(a[l] + offset)
		i := o >> 2
		if o&7 != 0 || i >= uint64(len(words)) || i+1 >= uint64(len(words)) {
			load(w, in, 1<<l)
			continue
		}
		if cells != nil {
			two := (*[2]cell)(cells[i:])
			for k := range two {
				if c := &two[k]; c.written-floor >= ordered || c.read != now && c.read != several {
					w.noteRead(in, l, i+uint64(k))
				}
			}
		}
		d[l] = uint64(words[i]) | uint64(words[i+1])<<32
	}
}

// storeShared64 is st.shared.b64.
func storeShared64[A uint32 | uint64](w *warp, in *inst, m uint32) {
	b := w.block
	if b.launch.kernel.grain != 2 {
		store(w, in, m)
		return
	}
	d, a, offset := reg[uint64](w, in.v[0]), reg[A](w, in.a), A(in.offset)
	words, cells := b.words, b.cells
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		o := uint64(a[l] + offset)
		i := o >> 2
		if o&7 != 0 || i >= uint64(len(words)) || i+1 >= uint64(len(words)) {
			store(w, in, 1<<l)
			continue
		}
		if cells != nil {
			w.noteWrite(in, l, i)
			w.noteWrite(in, l, i+1)
		}
		words[i], words[i+1] = uint32(d[l]), uint32(d[l]>>32)
	}
	for l := range a {
		if m>>(l&31)&1 == 0 {
			continue
		}
		if i := uint64(a[l]+offset) >> 2; i+1 < uint64(len(words)) && (words[i] != uint32(d[l]) || words[i+1] != uint32(d[l]>>32)) {
			w.conflict(in, l, uint64(a[l]+offset))
		}
	}
}
