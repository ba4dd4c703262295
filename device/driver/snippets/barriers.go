package snippets

// barriers are the forms of bar, with one warp: that they exist and bring their results.
func barriers() []Snippet {
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l * 3)} })
	count := uint32(0)
	for l := range words {
		count += truth(words[l][0] > 40)
	}
	return []Snippet{
		warp("bar.red", 75, "", `setp.gt.u32 %p0, %x0, 40; bar.red.popc.u32 %y0, 0, %p0; bar.red.and.pred %p1, 0, %p0; selp.u32 %y1, 1, 0, %p1; bar.red.or.pred %p1, 0, !%p0; selp.u32 %y2, 1, 0, %p1;
			bar.red.popc.u32 %y3, 1, 32, !%p0;`, Bits, words, perLane(func(int) []uint32 { return []uint32{count, 0, 1, lanes - count} })),
		warp("bar.sync", 75, shared, `mov.u64 %l0, room; mad.wide.u32 %l1, %lane, 4, %l0; st.shared.u32 [%l1], %x0; bar.sync 3; bar.sync 1, 32; barrier.sync 2; barrier.sync.aligned 4, 32; bar.warp.sync -1; membar.cta; membar.gl; fence.acq_rel.gpu; fence.sc.cta;
			xor.b32 %x1, %lane, 31; mad.wide.u32 %l1, %x1, 4, %l0; ld.shared.u32 %y0, [%l1];`, Bits, words, perLane(func(l int) []uint32 { return one32(words[31-l][0]) })),
		warp("nanosleep", 75, "", "nanosleep.u32 20; prefetch.global.L2 [%in]; mov.u32 %y0, %x0;", Bits, words, words),
		warp("exit", 75, "", "st.global.u32 [%out], %x0; setp.gt.u32 %p0, %lane, 7; @%p0 exit; mov.u32 %y0, 1;", Bits, words, perLane(func(l int) []uint32 {
			if l > 7 {
				return words[l]
			}
			return one32(1)
		})),
	}
}

// asyncs are cp.async in all sizes, also with zeros in place of what lies behind the source.
func asyncs() []Snippet {
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l) + 1, uint32(l) << 8, ^uint32(l), uint32(l) * 77} })
	const declare = ".shared .align 16 .b8 room[1024];"
	address := "mov.u32 %x8, room; mad.lo.u32 %x9, %lane, 16, %x8;"
	show := " bar.sync 0; xor.b32 %x10, %lane, 1; mad.lo.u32 %x10, %x10, 16, %x8; ld.shared.v4.u32 {%y0, %y1, %y2, %y3}, [%x10];"
	neighbour := perLane(func(l int) []uint32 { return words[l^1] })
	cut := func(bytes int) [lanes][]uint32 {
		return perLane(func(l int) []uint32 {
			w := append([]uint32{}, words[l^1]...)
			for i := range w {
				switch keep := bytes - 4*i; {
				case keep <= 0:
					w[i] = 0
				case keep < 4:
					w[i] &= 1<<(8*keep) - 1
				}
			}
			return w
		})
	}
	return []Snippet{
		warp("cp.async.cg 16", 80, declare, address+"cp.async.cg.shared.global [%x9], [%in], 16; cp.async.commit_group; cp.async.wait_group 0;"+show, Bits, words, neighbour),
		warp("cp.async.ca 16", 80, declare, address+"cp.async.ca.shared.global [%x9], [%in], 16; cp.async.wait_all;"+show, Bits, words, neighbour),
		warp("cp.async.ca 8", 80, declare, address+"cp.async.ca.shared.global [%x9], [%in], 8; cp.async.ca.shared.global [%x9+8], [%in+8], 8; cp.async.commit_group; cp.async.wait_group 0;"+show, Bits, words, neighbour),
		warp("cp.async.ca 4", 80, declare, address+`cp.async.ca.shared.global [%x9], [%in], 4; cp.async.ca.shared.global [%x9+4], [%in+4], 4; cp.async.ca.shared.global [%x9+8], [%in+8], 4; cp.async.ca.shared.global [%x9+12], [%in+12], 4;
			cp.async.commit_group; cp.async.wait_group 0;`+show, Bits, words, neighbour),
		warp("cp.async.cg 16 of 12", 80, declare, address+"cp.async.cg.shared.global [%x9], [%in], 16, 12; cp.async.wait_all;"+show, Bits, words, cut(12)),
		warp("cp.async.cg 16 of 0", 80, declare, address+"mov.u32 %x11, 0; cp.async.cg.shared.global [%x9], [%in], 16, %x11; cp.async.wait_all;"+show, Bits, words, cut(0)),
		warp("cp.async.ca 16 of 7", 80, declare, address+"mov.u32 %x11, 7; cp.async.ca.shared.global [%x9], [%in], 16, %x11; cp.async.commit_group; cp.async.wait_all;"+show, Bits, words, cut(7)),
		// Two groups, of which the wait leaves one.
		warp("cp.async.wait_group 1", 80, declare, address+`cp.async.cg.shared.global [%x9], [%in], 16; cp.async.commit_group; cp.async.cg.shared.global [%x9+512], [%in], 16; cp.async.commit_group; cp.async.wait_group 1;`+show+
			" cp.async.wait_group 0; ld.shared.u32 %y4, [%x9+516];", Bits, words, perLane(func(l int) []uint32 { return append(append([]uint32{}, words[l^1]...), words[l][1]) })),
	}
}
