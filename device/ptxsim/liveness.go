package ptxsim

import (
	"math"
	"math/bits"
	"slices"
)

// lifetimes are the first and last instruction of each register's values, in the order of the text.
type lifetimes struct {
	first, last []int32
	order       []int32 // the registers by first instruction
}

// bitset is a set of registers.
type bitset []uint64

func (s bitset) add(i int32)      { s[i>>6] |= 1 << (i & 63) }
func (s bitset) has(i int32) bool { return s[i>>6]>>(i&63)&1 != 0 }

// basicBlock is a run of instructions that is entered at its beginning and left at its end.
type basicBlock struct {
	from, to int32 // to is behind the last
	next     []int32
	use, def bitset // read before they are written; written for certain
	in       bitset // needed at the beginning
}

// lifetimes follows the flow of control backwards until it is known which registers are needed where.
func (d *decoder) lifetimes() lifetimes {
	n := len(d.virtual)
	l := lifetimes{first: make([]int32, n), last: make([]int32, n)}
	for i := range n {
		l.first[i], l.last[i] = math.MaxInt32, -1
		if d.virtual[i].keepsPlace() {
			l.first[i], l.last[i] = 0, math.MaxInt32
		}
	}
	extend := func(id, at int32) { l.first[id], l.last[id] = min(l.first[id], at), max(l.last[id], at) }
	for _, r := range d.refs {
		extend(r.id, r.inst)
	}
	blocks, number := d.basicBlocks()
	d.solve(blocks, number)
	for i := range blocks {
		b := &blocks[i]
		b.in.each(func(id int32) { extend(id, b.from) })
		for _, s := range b.next {
			blocks[s].in.each(func(id int32) { extend(id, b.to-1) })
		}
	}
	for id := range int32(n) {
		if l.last[id] >= 0 {
			l.order = append(l.order, id)
		}
	}
	slices.SortStableFunc(l.order, func(a, b int32) int { return int(l.first[a]) - int(l.first[b]) })
	return l
}

func (s bitset) each(do func(i int32)) {
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			do(int32(w<<6 + bits.TrailingZeros64(word)))
		}
	}
}

// basicBlocks cuts the code at branches and their targets. number gives the block of each instruction.
func (d *decoder) basicBlocks() (blocks []basicBlock, number []int32) {
	code := d.kernel.code
	starts := make([]bool, len(code)+1)
	starts[0] = true
	for i := range code {
		if in := &code[i]; in.control == branch || in.control == table || in.control == leave {
			starts[i+1] = true
			for _, t := range successors(code, int32(i)) {
				starts[t] = true
			}
		}
	}
	number = make([]int32, len(code))
	for i := range code {
		if starts[i] {
			blocks = append(blocks, basicBlock{from: int32(i)})
		}
		number[i] = int32(len(blocks) - 1)
		blocks[len(blocks)-1].to = int32(i) + 1
	}
	for i := range blocks {
		b := &blocks[i]
		for _, t := range successors(code, b.to-1) {
			b.next = append(b.next, number[t])
		}
	}
	return blocks, number
}

// successors are the instructions that can follow one.
func successors(code []inst, i int32) []int32 {
	in := &code[i]
	var next []int32
	switch in.control {
	case branch:
		next = append(next, in.target)
	case table:
		next = append(next, in.targets...)
	}
	if goesOn := in.control != branch && in.control != table && in.control != leave || in.guard != noSlot; goesOn && int(i)+1 < len(code) {
		next = append(next, i+1)
	}
	return next
}

// solve finds what is needed at the beginning of each block.
func (d *decoder) solve(blocks []basicBlock, number []int32) {
	words := (len(d.virtual) + 63) / 64
	for i := range blocks {
		blocks[i].use, blocks[i].def, blocks[i].in = make(bitset, words), make(bitset, words), make(bitset, words)
	}
	// References come in the order of the text, but an instruction names its results first.
	for i := 0; i < len(d.refs); {
		at := d.refs[i].inst
		end := i
		for end < len(d.refs) && d.refs[end].inst == at {
			end++
		}
		b := &blocks[number[at]]
		for _, r := range d.refs[i:end] {
			if !r.write && !b.def.has(r.id) {
				b.use.add(r.id)
			}
		}
		for _, r := range d.refs[i:end] {
			if r.write && d.kernel.code[at].guard == noSlot {
				b.def.add(r.id)
			}
		}
		i = end
	}
	for changed := true; changed; {
		changed = false
		for i := len(blocks) - 1; i >= 0; i-- {
			b := &blocks[i]
			for w := range words {
				out := uint64(0)
				for _, s := range b.next {
					out |= blocks[s].in[w]
				}
				if in := b.use[w] | out&^b.def[w]; in != b.in[w] {
					b.in[w] = in
					changed = true
				}
			}
		}
	}
}
