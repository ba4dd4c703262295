package ptxsim_test

import (
	"fmt"
	"strings"
	"testing"

	"ganlib/device/driver"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kernelOf makes a module of a body with registers of every kind. %rd0 is a buffer of 4096 bytes with
// zeros, %t the thread, %w the warp.
func kernelOf(body string) string {
	return fmt.Sprintf(`.version 7.0
.target sm_80
.address_size 64
.extern .shared .align 16 .b8 dynamic[];
.visible .entry k(.param .u64 buffer)
{
	.reg .pred %%p<8>; .reg .b32 %%r<16>; .reg .f32 %%f<8>; .reg .b64 %%rd<16>; .reg .b32 %%t, %%w, %%b;
	.shared .align 16 .b8 s[1024];
	ld.param.u64 %%rd0, [buffer]; mov.u32 %%t, %%tid.x; shr.u32 %%w, %%t, 5; mov.u32 %%b, %%ctaid.x;
	mov.u32 %%r0, s; mad.lo.u32 %%r1, %%t, 4, %%r0; mul.wide.u32 %%rd1, %%t, 4; add.u64 %%rd2, %%rd0, %%rd1;
	%s
	ret;
}
`, body)
}

// faults are mistakes that the emulator must see, each in a kernel of 64 threads in 2 blocks.
var faults = []struct {
	name, body string
	code       driver.Result
	detail     string // what the message must have
}{
	{"read past the end", "ld.global.u32 %r2, [%rd2+4092];", driver.IllegalAddress, "block (0,0,0), thread (1,0,0): reads 4 bytes"},
	{"write past the end", "st.global.v4.u32 [%rd0+4096], {%t, %t, %t, %t};", driver.IllegalAddress, "at byte 4096 of an allocation of 4096 bytes"},
	{"read in front", "ld.global.u8 %r2, [%rd2+-1];", driver.IllegalAddress, "reads 1 bytes"},
	{"null", "mov.u64 %rd3, 0; ld.global.u32 %r2, [%rd3];", driver.IllegalAddress, "in no allocation"},
	{"misaligned global", "ld.global.u32 %r2, [%rd2+2];", driver.MisalignedAddress, "which is not a multiple"},
	{"misaligned vector", "ld.global.v4.u32 {%r2, %r3, %r4, %r5}, [%rd2];", driver.MisalignedAddress, "thread (1,0,0)"},
	{"misaligned shared", "st.shared.u32 [%r1+1], %t;", driver.MisalignedAddress, "shared"},
	{"shared past the end", "st.shared.u32 [%r1+960], %t;", driver.IllegalAddress, "of 1024 bytes of shared memory"},
	{"generic shared past the end", "cvt.u64.u32 %rd3, %r1; cvta.shared.u64 %rd3, %rd3; st.u32 [%rd3+960], %t;", driver.IllegalAddress, "of shared memory"},
	{"local past the end", ".local .align 4 .b8 l[8]; mov.u64 %rd3, l; st.local.u32 [%rd3+8], %t;", driver.IllegalAddress, "of 8 bytes of local memory"},
	{"uninitialised shared", "ld.shared.u32 %r2, [%r1];", driver.LaunchFailed, "was never written"},
	{"uninitialised part", "st.shared.u16 [%r1], %t; ld.shared.u32 %r2, [%r1];", driver.LaunchFailed, "was never written"},
	{"uninitialised vector", "mad.lo.u32 %r1, %t, 16, %r0; st.shared.u32 [%r1], %t; st.shared.u32 [%r1+8], %t; st.shared.u32 [%r1+12], %t; ld.shared.v4.u32 {%r2, %r3, %r4, %r5}, [%r1];", driver.LaunchFailed, "was never written"},
	{"write and read", "st.shared.u32 [%r1], %t; xor.b32 %r2, %t, 32; mad.lo.u32 %r2, %r2, 4, %r0; ld.shared.u32 %r3, [%r2];", driver.LaunchFailed, "data race: warp 1 reads shared memory|was never written"},
	{"read and write", "st.shared.u32 [%r1], %t; bar.sync 0; ld.shared.u32 %r3, [%r0]; setp.eq.u32 %p0, %t, 32; @%p0 st.shared.u32 [%r0], %t;", driver.LaunchFailed, "data race: warp 1 writes shared memory at 0x0, which several warps have read"},
	{"write after a barrier, and read", "st.shared.u32 [%r1], %t; bar.sync 0; st.shared.u32 [%r1], %t; ld.shared.u32 %r3, [%r0];", driver.LaunchFailed, "data race: warp 1 reads shared memory at 0x0, which warp 0 has written"},
	{"write and write", "st.shared.u32 [%r0], %w;", driver.LaunchFailed, "data race: warp 1 writes"},
	{"write twice in a warp", "and.b32 %r2, %t, 15; mad.lo.u32 %r2, %r2, 4, %r1; shl.b32 %r3, %t, 2; sub.u32 %r2, %r2, %r3; st.shared.u32 [%r2], %t;", driver.LaunchFailed, "another lane writes a different value"},
	{"write twice in global memory", "st.global.u32 [%rd0], %t;", driver.LaunchFailed, "another lane writes a different value"},
	{"plain and atomic", "setp.eq.u32 %p0, %w, 0; mov.u32 %r2, 0; @%p0 st.shared.u32 [%r0], %r2; red.shared.add.u32 [%r0], 1;", driver.LaunchFailed, "data race: warp 1 atomically changes"},
	{"barrier of some threads", "setp.lt.u32 %p0, %t, 40; @!%p0 bra skip; bar.sync 0; skip:", driver.LaunchFailed, "barrier 0 waits for 64 threads, 40 came and no more can: 24 have exited"},
	{"barrier in a branch", "setp.lt.u32 %p0, %t, 40; @!%p0 bra other; bar.sync 0; bra end; other: bar.sync 0; end:", driver.LaunchFailed, "only the lanes 0xff"},
	{"barrier of some warps", "setp.lt.u32 %p0, %t, 32; @!%p0 bra skip; bar.sync 0; skip:", driver.LaunchFailed, "barrier 0 waits for 64 threads, 32 came"},
	{"exit before a barrier", "setp.lt.u32 %p0, %t, 8; @%p0 exit; bar.sync 0;", driver.LaunchFailed, "8 have exited"},
	{"barriers that differ", "setp.lt.u32 %p0, %t, 32; @%p0 bra one; bar.sync 1; bra end; one: bar.sync 2; end:", driver.LaunchFailed, "came and no more can"},
	{"shuffle with exited lanes", "setp.gt.u32 %p0, %t, 60; @%p0 exit; shfl.sync.bfly.b32 %r2, %t, 1, 31, -1;", driver.LaunchFailed, "names lane 29, which has exited"},
	{"shuffle with lanes elsewhere", "and.b32 %r2, %t, 1; setp.eq.u32 %p0, %r2, 0; @%p0 bra skip; shfl.sync.bfly.b32 %r2, %t, 1, 31, -1; bra end; skip: shfl.sync.bfly.b32 %r2, %t, 2, 31, -1; end:", driver.LaunchFailed, "waits for lanes that never come"},
	{"shuffle from outside the mask", "setp.lt.u32 %p0, %t, 4; @%p0 shfl.sync.idx.b32 %r2, %t, 9, 31, 15;", driver.LaunchFailed, "reads from lane 9, which its mask"},
	{"vote with a mask without oneself", "vote.sync.ballot.b32 %r2, %p0, 0xfffe;", driver.LaunchFailed, "leaves out the lane itself"},
	{"endless loop", "again: bra again;", driver.LaunchTimeout, "instructions without an end"},
	{"read before cp.async", "cp.async.ca.shared.global [%r1], [%rd2], 4; cp.async.commit_group; ld.shared.u32 %r2, [%r1]; cp.async.wait_group 0;", driver.LaunchFailed, "before cp.async has delivered it"},
	{"read of the last group", "cp.async.ca.shared.global [%r1], [%rd2], 4; cp.async.commit_group; cp.async.wait_group 1; ld.shared.u32 %r2, [%r1];", driver.LaunchFailed, "before cp.async has delivered it"},
	{"read of a neighbour's cp.async", "cp.async.ca.shared.global [%r1], [%rd2], 4; cp.async.commit_group; cp.async.wait_group 0; xor.b32 %r2, %t, 32; mad.lo.u32 %r2, %r2, 4, %r0; ld.shared.u32 %r3, [%r2];", driver.LaunchFailed, "data race|was never written"},
	{"cp.async past the end", "cp.async.ca.shared.global [%r1], [%rd2+4000], 4;", driver.IllegalAddress, "thread (24,0,0)"},
	{"trap", "setp.eq.u32 %p0, %t, 33; @%p0 trap;", driver.LaunchFailed, "thread (33,0,0): the kernel stopped itself"},
	{"constant written", "mov.u64 %rd3, c; st.global.u32 [%rd3], %t;", driver.IllegalAddress, "constant memory"},
	{"mma with exited lanes", "setp.eq.u32 %p0, %t, 3; @%p0 exit; mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%f0,%f1,%f2,%f3}, {%r2,%r3}, {%r4}, {%f0,%f1,%f2,%f3};", driver.LaunchFailed, "lane 3, which has exited"},
}

func TestFaults(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			ctx := open(t, ptxsim.Options{MaxSteps: 5000, Threads: 1})
			buffer := up(t, ctx, make([]uint32, 1024))
			ptx := strings.Replace(kernelOf(f.body), ".extern", ".const .align 4 .u32 c[1] = {1};\n.extern", 1)
			err := ctx.Launch(line(load(t, ctx, ptx)("k"), 2, 64, buffer))
			detail := refused(t, err, f.code)
			assert.Regexp(t, `^kernel k, PTX line \d+, \S+: block \(0,0,0\), thread \(\d+,0,0\): `, detail)
			assert.Condition(t, func() bool {
				for part := range strings.SplitSeq(f.detail, "|") {
					if strings.Contains(detail, part) {
						return true
					}
				}
				return false
			}, "%s", detail)
			assert.ErrorIs(t, err, driver.ErrLost)
		})
	}
}

// TestNoFault has what must be allowed.
func TestNoFault(t *testing.T) {
	for name, body := range map[string]string{
		"a warp reads its own":        "st.shared.u32 [%r1], %t; bar.warp.sync -1; xor.b32 %r2, %t, 1; mad.lo.u32 %r2, %r2, 4, %r0; ld.shared.u32 %r3, [%r2];",
		"halves of a word":            "mad.lo.u32 %r2, %t, 2, %r0; st.shared.u16 [%r2], %t; bar.sync 0; ld.shared.u16 %r3, [%r2];",
		"bytes of different warps":    "and.b32 %r2, %t, 31; mad.lo.u32 %r2, %r2, 2, %w; add.u32 %r2, %r2, %r0; st.shared.u8 [%r2], %t;",
		"all write the same":          "setp.lt.u32 %p0, %t, 32; mov.u32 %r2, 5; @%p0 st.shared.u32 [%r0], %r2; st.global.u32 [%rd0], %r2;",
		"atomics of all":              "setp.eq.u32 %p0, %t, 0; mov.u32 %r2, 0; @%p0 st.shared.u32 [%r0], %r2; bar.sync 0; red.shared.add.u32 [%r0], 1; bar.sync 0; ld.shared.u32 %r3, [%r0];",
		"named barriers":              "setp.lt.u32 %p0, %t, 32; @%p0 bra one; bar.sync 1, 32; bra end; one: bar.sync 2, 32; end: bar.sync 0;",
		"producer and consumer":       "setp.lt.u32 %p0, %t, 32; @%p0 bra produce; bar.sync 1, 64; and.b32 %r2, %t, 31; mad.lo.u32 %r2, %r2, 4, %r0; ld.shared.u32 %r3, [%r2]; bra end; produce: st.shared.u32 [%r1], %t; bar.arrive 1, 64; end:",
		"cp.async of two groups":      "cp.async.ca.shared.global [%r1], [%rd2], 4; cp.async.commit_group; cp.async.ca.shared.global [%r1+256], [%rd2], 4; cp.async.commit_group; cp.async.wait_group 1; ld.shared.u32 %r2, [%r1]; cp.async.wait_group 0; ld.shared.u32 %r2, [%r1+256];",
		"cp.async from nowhere":       "mov.u64 %rd3, 0; mov.u32 %r3, 0; cp.async.ca.shared.global [%r1], [%rd3], 4, %r3; cp.async.wait_all; ld.shared.u32 %r2, [%r1];",
		"cp.async never waited for":   "cp.async.ca.shared.global [%r1], [%rd2], 4;",
		"barrier in uniform branches": "setp.lt.u32 %p0, %b, 1; @%p0 bra one; bar.sync 0; bra end; one: bar.sync 0; end:",
		"some lanes end early":        "setp.gt.u32 %p0, %t, 50; @%p0 exit; setp.ge.u32 %p1, %t, 32; @%p1 vote.sync.ballot.b32 %r2, %p0, 0x7ffff;",
	} {
		t.Run(name, func(t *testing.T) {
			ctx := open(t, ptxsim.Options{MaxSteps: 5000, Threads: 1, GlobalRace: name != "all write the same"})
			buffer := up(t, ctx, make([]uint32, 1024))
			assert.NoError(t, ctx.Launch(line(load(t, ctx, kernelOf(body))("k"), 2, 64, buffer)))
		})
	}
}

func TestGlobalRace(t *testing.T) {
	const lastBlock = `setp.ne.u32 %p0, %t, 0; mul.wide.u32 %rd3, %b, 4; add.u64 %rd3, %rd3, %rd0; @!%p0 st.global.u32 [%rd3+64], %b; FENCE
		@%p0 bra end; atom.global.add.u32 %r2, [%rd0], 1; setp.ne.u32 %p1, %r2, 1; @%p1 bra end; FENCE ld.global.u32 %r3, [%rd0+64]; ld.global.u32 %r4, [%rd0+68]; end:`
	for _, c := range []struct{ name, body, detail string }{
		{"blocks write", "setp.eq.u32 %p0, %t, 0; @%p0 st.global.u32 [%rd0], %b;", "which another block has written"},
		{"block reads what another writes", "mul.wide.u32 %rd3, %b, 4; add.u64 %rd3, %rd3, %rd0; setp.eq.u32 %p0, %t, 0; @%p0 st.global.u32 [%rd3], %b; @%p0 ld.global.u32 %r2, [%rd0];", "which another block has written"},
		{"block writes what another reads", "setp.eq.u32 %p0, %t, 0; setp.eq.u32 %p1, %b, 1; @%p0 ld.global.u32 %r2, [%rd0]; and.pred %p0, %p0, %p1; @%p0 st.global.u32 [%rd0], %b;", "which another block has read"},
		{"warps write", "setp.eq.u32 %p1, %b, 0; shl.b32 %r2, %w, 7; cvt.u64.u32 %rd3, %r2; sub.u64 %rd3, %rd2, %rd3; @%p1 st.global.u32 [%rd3], %t;", "which another warp of its block has written"},
		{"warps with a barrier", "setp.eq.u32 %p1, %b, 0; @%p1 st.global.u32 [%rd2], %t; bar.sync 0; xor.b32 %r2, %t, 32; mul.wide.u32 %rd3, %r2, 4; add.u64 %rd3, %rd3, %rd0; @%p1 ld.global.u32 %r3, [%rd3];", ""},
		{"atomics", "atom.global.add.u32 %r2, [%rd0], 1; red.global.max.u32 [%rd0], %r2;", ""},
		{"atomic and plain", "setp.eq.u32 %p0, %t, 0; @%p0 red.global.add.u32 [%rd0], 1; @%p0 ld.global.u32 %r2, [%rd0];", "which another block has read"},
		{"all read", "ld.global.u32 %r2, [%rd0];", ""},
		{"last block with fences", strings.ReplaceAll(lastBlock, "FENCE", "membar.gl;"), ""},
		{"last block without", strings.ReplaceAll(lastBlock, "FENCE", ""), "which another block has written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := open(t, ptxsim.Options{GlobalRace: true})
			buffer := up(t, ctx, make([]uint32, 1024))
			kernel := load(t, ctx, kernelOf(c.body))("k")
			for range 3 { // launches are ordered
				err := ctx.Launch(line(kernel, 2, 64, buffer))
				if c.detail == "" {
					require.NoError(t, err)
					continue
				}
				assert.Contains(t, refused(t, err, driver.LaunchFailed), c.detail)
			}
		})
	}
}
