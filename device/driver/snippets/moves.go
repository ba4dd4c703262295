package snippets

import "fmt"

// moves are mov with vectors and special registers, cvta, isspacep, jumps and their tables.
func moves() []Snippet {
	all := []Snippet{
		each("mov.b32 pack", "cvt.u16.u32 %h0, $0; cvt.u16.u32 %h1, $1; mov.b32 @0, {%h0, %h1};", Bits, pairs(integers32, one32), func(x []uint32) []uint32 {
			return one32(x[0]&0xffff | x[1]<<16)
		}),
		each("mov.b32 unpack", "mov.b32 {%h0, %h1}, $0; cvt.u32.u16 @0, %h1; cvt.u32.u16 @1, %h0;", Bits, pairs(integers32, one32), func(x []uint32) []uint32 {
			return []uint32{x[0] >> 16, x[0] & 0xffff}
		}),
		each("mov.b64 pack", "mov.b32 {%h0, %h1}, $0; mov.b32 {%h2, %h3}, $1; mov.b64 %l0, {%h3, %h0, %h2, %h1}; mov.b64 {@0, @1}, %l0;", Bits, pairs(integers32, one32), func(x []uint32) []uint32 {
			return []uint32{x[1]>>16 | x[0]<<16, x[1]&0xffff | x[0]>>16<<16}
		}),
		each("mov.b64 unpack", "mov.b64 %l0, {$0, $1}; mov.b64 {%h0, %h1, %h2, %h3}, %l0; cvt.u32.u16 @0, %h1; cvt.u32.u16 @1, %h2;", Bits, pairs(integers32, one32), func(x []uint32) []uint32 {
			return []uint32{x[0] >> 16, x[1] & 0xffff}
		}),
		each("mov immediates", "mov.f32 @0, 0f3FC00000; mov.f64 %l0, 0dBFF8000000000000; mov.b64 {_, @1}, %l0; mov.u32 @2, -2; mov.s32 @3, 0x7fff;", Bits, firsts(pairs(integers32[:8], one32), 1), func([]uint32) []uint32 {
			return []uint32{0x3fc00000, 0xbff80000, 0xfffffffe, 0x7fff}
		}),
		each("jumps", jumps, Bits, firsts(pairs(integers32, one32), 1), jumped),
		each("cvta", "cvta.global.u64 %l0, %in; isspacep.global %p0, %l0; cvta.to.global.u64 %l1, %l0; sub.u64 %l2, %l1, %in; cvt.u32.u64 @0, %l2; selp.u32 @1, 1, 0, %p0; isspacep.shared %p1, %l0; selp.u32 @2, 1, 0, %p1;",
			Bits, firsts(pairs(integers32[:8], one32), 1), func([]uint32) []uint32 { return []uint32{0, 1, 0} }),
		warp("special registers", 75, "", `mov.u32 %y0, %tid.x; mov.u32 %y1, %laneid; mov.u32 %y2, %ntid.x; mov.u32 %y3, %ctaid.x; mov.u32 %y4, %nctaid.y;
			mov.u32 %y5, %lanemask_eq; mov.u32 %y6, %lanemask_lt; mov.u32 %y7, %lanemask_le; mov.u32 %y8, %lanemask_gt; mov.u32 %y9, %lanemask_ge;`, Bits, perLane(func(int) []uint32 { return nil }),
			perLane(func(l int) []uint32 {
				eq := uint32(1) << l
				return []uint32{uint32(l), uint32(l), lanes, 0, 1, eq, eq - 1, eq | (eq - 1), ^(eq | (eq - 1)), ^(eq - 1)}
			})),
	}
	for _, guard := range []string{"", "!"} {
		code := fmt.Sprintf("setp.gt.s32 %%p0, $0, 100; mov.u32 @0, 7; @%s%%p0 mov.u32 @0, 9; { @%s%%p0 bra end; add.u32 @0, @0, 20; end: }", guard, guard)
		all = append(all, each("guards"+guard, code, Bits, firsts(pairs(integers32, one32), 1), func(x []uint32) []uint32 {
			if (int32(x[0]) > 100) == (guard == "") {
				return one32(9)
			}
			return one32(27)
		}))
	}
	return append(all, switches())
}

// jumps counts the steps of a Collatz sequence, up to 20, so that lanes leave the loop at different times.
const jumps = `{ .reg .pred p, q; .reg .b32 n, v, half, odd;
	and.b32 v, $0, 63; add.u32 v, v, 1; mov.u32 n, 0;
loop: setp.eq.u32 p, v, 1; @p bra done;
	setp.ge.u32 q, n, 20; @q bra done;
	add.u32 n, n, 1; and.b32 odd, v, 1; setp.eq.u32 p, odd, 1; @p bra up;
	shr.u32 v, v, 1; bra.uni loop;
up: mad.lo.u32 v, v, 3, 1; bra loop;
done: mov.u32 @0, n; }`

func jumped(x []uint32) []uint32 {
	v, n := x[0]&63+1, uint32(0)
	for v != 1 && n < 20 {
		n++
		if v&1 == 1 {
			v = 3*v + 1
		} else {
			v >>= 1
		}
	}
	return one32(n)
}

// switches is a jump by a table.
func switches() Snippet {
	return warp("brx.idx", 75, "", `and.b32 %y1, %lane, 3;
		$table: .branchtargets $case0, $case1, $case2, $case1;
		brx.idx %y1, $table;
		$case0: mov.u32 %y0, 10; bra.uni $end;
		$case1: mov.u32 %y0, 11; bra.uni $end;
		$case2: mov.u32 %y0, 12;
		$end: add.u32 %y0, %y0, 100;`, Bits, perLane(func(int) []uint32 { return nil }), perLane(func(l int) []uint32 {
		return []uint32{[]uint32{110, 111, 112, 111}[l&3], uint32(l & 3)}
	}))
}
