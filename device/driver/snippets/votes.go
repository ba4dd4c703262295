package snippets

// votes are vote, match, redux and activemask.
func votes() []Snippet {
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l*7) % 5, uint32(l) * 0x9e3779b9} })
	ballot := func(mask uint32, holds func(l int) bool) uint32 {
		r := uint32(0)
		for l := range lanes {
			r |= truth(holds(l)) << l
		}
		return r & mask
	}
	least := func(l int) bool { return words[l][0] < 2 }
	all := []Snippet{
		warp("vote.sync.ballot", 75, "", "setp.lt.u32 %p0, %x0, 2; vote.sync.ballot.b32 %y0, %p0, -1; vote.sync.ballot.b32 %y1, !%p0, -1;", Bits, words, perLane(func(int) []uint32 {
			return []uint32{ballot(^uint32(0), least), ^ballot(^uint32(0), least)}
		})),
		warp("vote.sync.all", 75, "", `setp.lt.u32 %p0, %x0, 5; vote.sync.all.pred %p1, %p0, -1; selp.u32 %y0, 1, 0, %p1; setp.lt.u32 %p0, %x0, 4; vote.sync.all.pred %p1, %p0, -1; selp.u32 %y1, 1, 0, %p1;
			vote.sync.any.pred %p1, %p0, -1; selp.u32 %y2, 1, 0, %p1; vote.sync.any.pred %p1, !%p0, -1; selp.u32 %y3, 1, 0, %p1; vote.sync.uni.pred %p1, %p0, -1; selp.u32 %y4, 1, 0, %p1;`, Bits, words,
			perLane(func(int) []uint32 { return []uint32{1, 0, 1, 1, 0} })),
		// The halves of the warp vote by themselves, with a mask each.
		warp("vote.sync halves", 75, "", `setp.lt.u32 %p0, %lane, 16; selp.u32 %x2, 0xffff, 0xffff0000, %p0; setp.lt.u32 %p1, %x0, 2; vote.sync.ballot.b32 %y0, %p1, %x2;`, Bits, words, perLane(func(l int) []uint32 {
			return one32(ballot(0xffff<<(l&16), least))
		})),
		// Only some lanes take part.
		warp("vote.sync part", 75, "", `mov.u32 %y0, 99; mov.u32 %y1, 0; setp.lt.u32 %p0, %lane, 12; setp.lt.u32 %p1, %x0, 2; @%p0 vote.sync.ballot.b32 %y0, %p1, 0xfff; @%p0 activemask.b32 %y1;`, Bits, words, perLane(func(l int) []uint32 {
			if l < 12 {
				return []uint32{ballot(0xfff, least), 0xfff}
			}
			return []uint32{99, 0}
		})),
		warp("match.any.sync.b32", 75, "", "match.any.sync.b32 %y0, %x0, -1; mov.b64 %l0, {%x0, %x0}; match.any.sync.b64 %y1, %l0, -1;", Bits, words, perLane(func(l int) []uint32 {
			same := ballot(^uint32(0), func(other int) bool { return words[other][0] == words[l][0] })
			return []uint32{same, same}
		})),
		warp("match.all.sync.b32", 75, "", "match.all.sync.b32 %y0|%p0, %x0, -1; selp.u32 %y1, 1, 0, %p0; mov.u32 %x5, 17; match.all.sync.b32 %y2|%p0, %x5, -1; selp.u32 %y3, 1, 0, %p0;", Bits, words, perLane(func(int) []uint32 {
			return []uint32{0, 0, ^uint32(0), 1}
		})),
	}
	for _, op := range []struct {
		name    string
		operate func(a, b uint32) uint32
	}{
		{"add.u32", func(a, b uint32) uint32 { return a + b }}, {"add.s32", func(a, b uint32) uint32 { return a + b }},
		{"min.u32", func(a, b uint32) uint32 { return min(a, b) }}, {"max.u32", func(a, b uint32) uint32 { return max(a, b) }},
		{"min.s32", func(a, b uint32) uint32 { return uint32(min(int32(a), int32(b))) }}, {"max.s32", func(a, b uint32) uint32 { return uint32(max(int32(a), int32(b))) }},
		{"and.b32", func(a, b uint32) uint32 { return a & b }}, {"or.b32", func(a, b uint32) uint32 { return a | b }}, {"xor.b32", func(a, b uint32) uint32 { return a ^ b }},
	} {
		code := "redux.sync." + op.name + " %y0, %x1, -1; mov.u32 %y1, 0; setp.ge.u32 %p0, %lane, 20; @%p0 redux.sync." + op.name + " %y1, %x1, 0xfff00000;"
		all = append(all, warp("redux.sync."+op.name, 80, "", code, Bits, words, perLane(func(l int) []uint32 {
			whole, part := words[0][1], words[20][1]
			for k := 1; k < lanes; k++ {
				whole = op.operate(whole, words[k][1])
				if k > 20 {
					part = op.operate(part, words[k][1])
				}
			}
			if l < 20 {
				part = 0
			}
			return []uint32{whole, part}
		})))
	}
	return all
}
