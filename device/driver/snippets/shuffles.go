package snippets

import "fmt"

// shuffles are shfl.sync in its four modes, over segments of every width, with their edges.
func shuffles() []Snippet {
	var all []Snippet
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l)*0x01010101 + 3, uint32(l*5+1) & 31} })
	for _, mode := range []string{"up", "down", "bfly", "idx"} {
		for _, width := range []int{32, 16, 8, 4} {
			for _, b := range []int{0, 1, 3, 16, 31} {
				// The C compiler's intrinsics write the segment and the clamp in this way.
				c := (32-width)<<8 | 31
				if mode == "up" {
					c = (32 - width) << 8
				}
				code := fmt.Sprintf("shfl.sync.%s.b32 %%y0|%%p0, %%x0, %d, %d, -1; selp.u32 %%y1, 1, 0, %%p0;", mode, b, c)
				all = append(all, warp(fmt.Sprintf("shfl.sync.%s width %d by %d", mode, width, b), 75, "", code, Bits, words, perLane(func(l int) []uint32 {
					from, inside := shuffled(mode, l, b, width)
					return []uint32{words[from][0], truth(inside)}
				})))
			}
		}
	}
	return append(all,
		// Every lane has its own index.
		warp("shfl.sync.idx gather", 75, "", "shfl.sync.idx.b32 %y0, %x0, %x1, 31, -1;", Bits, words, perLane(func(l int) []uint32 { return one32(words[words[l][1]][0]) })),
		// The result goes where the source was.
		warp("shfl.sync.bfly in place", 75, "", "mov.u32 %y0, %x0; shfl.sync.bfly.b32 %y0, %y0, 1, 31, -1; shfl.sync.bfly.b32 %y0, %y0, 2, 31, -1;", Bits, words, perLane(func(l int) []uint32 { return one32(words[l^3][0]) })),
		// A quarter of the warp shuffles alone, inside a branch.
		warp("shfl.sync part", 75, "", "mov.u32 %y0, 5; setp.ge.u32 %p0, %lane, 24; @!%p0 bra $past; shfl.sync.idx.b32 %y0, %x0, 25, 31, 0xff000000; $past: bar.warp.sync -1;", Bits, words, perLane(func(l int) []uint32 {
			if l >= 24 {
				return one32(words[25][0])
			}
			return one32(5)
		})))
}

// shuffled says from which lane a shuffle reads, and whether that lies in the segment; if not, a lane
// reads from itself.
func shuffled(mode string, l, b, width int) (from int, inside bool) {
	first := l / width * width
	switch mode {
	case "up":
		from = l - b
		inside = from >= first
	case "down":
		from = l + b
		inside = from < first+width
	case "bfly":
		from = l ^ b
		inside = from < first+width
	case "idx":
		from = first + b%width
		inside = true
	}
	if !inside {
		from = l
	}
	return from, inside
}
