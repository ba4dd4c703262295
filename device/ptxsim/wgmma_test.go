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

// groupKernel makes a module for one warpgroup, or more. %t is the thread, %w its warp, %s its 128 bytes of the shared
// array room, %a and %b are descriptors of K-major operands there, and WGMMA stands for a product into %f0 to %f3.
func groupKernel(body string) string {
	const product = "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f0, %f1, %f2, %f3}, %a, %b, %add, 1, 1, 0, 0;"
	return fmt.Sprintf(`.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 buffer)
{
	.reg .pred %%p<8>, %%add; .reg .b32 %%r<8>, %%t, %%w, %%s; .reg .f32 %%f<16>; .reg .b64 %%rd<8>, %%a, %%b;
	.shared .align 1024 .b8 room[32768];
	ld.param.u64 %%rd0, [buffer]; mov.u32 %%t, %%tid.x; shr.u32 %%w, %%t, 5; mov.u32 %%r0, 0;
	mov.u32 %%s, room; mad.lo.u32 %%s, %%t, 128, %%s; setp.eq.u32 %%add, %%t, %%t;
	mov.b64 %%a, 0x4000004000000000; mov.b64 %%b, 0x4000004000000200;
	mov.f32 %%f0, 0f3F800000; mov.f32 %%f1, %%f0; mov.f32 %%f2, %%f0; mov.f32 %%f3, %%f0; mov.f32 %%f8, %%f0;
	%s
	ret;
}
`, strings.NewReplacer("WGMMA", product,
		"WRITE", "st.shared.v4.u32 [%s], {%r0, %r0, %r0, %r0}; st.shared.v4.u32 [%s+16], {%r0, %r0, %r0, %r0}; st.shared.v4.u32 [%s+32], {%r0, %r0, %r0, %r0}; st.shared.v4.u32 [%s+48], {%r0, %r0, %r0, %r0};"+
			"st.shared.v4.u32 [%s+64], {%r0, %r0, %r0, %r0}; st.shared.v4.u32 [%s+80], {%r0, %r0, %r0, %r0}; st.shared.v4.u32 [%s+96], {%r0, %r0, %r0, %r0}; st.shared.v4.u32 [%s+112], {%r0, %r0, %r0, %r0};",
		"READY", "fence.proxy.async; bar.sync 0; wgmma.fence.sync.aligned;",
		"COMMIT", "wgmma.commit_group.sync.aligned;", "WAIT", "wgmma.wait_group.sync.aligned 0;", "FENCE", "wgmma.fence.sync.aligned;",
	).Replace(body))
}

const oneGroup, twoGroups = 128, 256

// wgmmaFaults are mistakes with wgmma that the emulator must see.
var wgmmaFaults = []struct{ name, body, detail string }{
	{"no wgmma.fence", "WRITE fence.proxy.async; bar.sync 0; WGMMA", "no wgmma.fence comes before the first wgmma"},
	{"no wgmma.fence after a write", "WRITE READY mov.f32 %f2, %f8; WGMMA", "register %f2 was accessed, and no wgmma.fence has come since"},
	{"no wgmma.fence after a read", "WRITE READY WGMMA COMMIT WAIT add.f32 %f9, %f3, %f3; WGMMA", "register %f3 was accessed, and no wgmma.fence"},
	{"no wgmma.fence after a write of a", "WRITE READY mov.b32 %r2, 0; wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f0, %f1, %f2, %f3}, {%r1, %r2, %r3, %r4}, %b, %add, 1, 1, 0;", "register %r2 was accessed"},
	{"no wgmma.fence after a write of a in tf32", "WRITE READY mov.b32 %r2, 0; wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 {%f0, %f1, %f2, %f3}, {%r1, %r2, %r3, %r4}, %b, %add, 1, 1;", "register %r2 was accessed"},
	{"no commit", "WRITE READY WGMMA WAIT add.f32 %f9, %f0, %f0;", "register %f0 belongs to a wgmma"},
	{"no wait", "WRITE READY WGMMA COMMIT st.global.f32 [%rd0], %f0;", "register %f0 belongs to a wgmma that no wgmma.wait_group has waited for"},
	{"wait for the group before", "WRITE READY WGMMA COMMIT WGMMA COMMIT wgmma.wait_group.sync.aligned 1; st.global.f32 [%rd0], %f0;", "register %f0 belongs to a wgmma"},
	{"no wait before a write", "WRITE READY WGMMA COMMIT mov.f32 %f1, %f8;", "register %f1 belongs to a wgmma"},
	{"no wait before a write of a", "WRITE READY wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f0, %f1, %f2, %f3}, {%r1, %r2, %r3, %r4}, %b, %add, 1, 1, 0; COMMIT mov.b32 %r4, 0;", "register %r4 belongs to a wgmma"},
	{"no wait before a load to a in tf32", "WRITE READY wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 {%f0, %f1, %f2, %f3}, {%r1, %r2, %r3, %r4}, %b, %add, 1, 1; COMMIT ld.shared.u32 %r4, [%s];", "register %r4 belongs to a wgmma"},
	{"another shape", "WRITE READY WGMMA wgmma.mma_async.sync.aligned.m64n16k16.f32.bf16.bf16 {%f0, %f1, %f2, %f3, %f4, %f5, %f6, %f7}, %a, %b, %add, 1, 1, 0, 0;", "register %f0 still belongs to a wgmma of another shape"},
	{"no fence.proxy.async", "WRITE bar.sync 0; FENCE WGMMA", "which has executed no fence.proxy.async since"},
	{"fence.proxy.async too early", "WRITE fence.proxy.async; st.shared.u32 [%s], %r0; bar.sync 0; FENCE WGMMA", "which has executed no fence.proxy.async since"},
	{"fence.proxy.async of the reader", "WRITE bar.sync 0; setp.lt.u32 %p0, %t, 64; @%p0 fence.proxy.async; FENCE WGMMA", "was written by thread 64 of the block"},
	{"no fence.proxy.async after cp.async", "WRITE fence.proxy.async; bar.sync 0; cp.async.cg.shared.global [%s], [%rd0], 16; cp.async.commit_group; fence.proxy.async; cp.async.wait_group 0; bar.sync 0; FENCE WGMMA", "which has executed no fence.proxy.async since"},
	{"cp.async not there", "WRITE cp.async.cg.shared.global [%s], [%rd0], 16; cp.async.commit_group; READY WGMMA", "before cp.async has delivered it"},
	{"no barrier", "WRITE fence.proxy.async; FENCE WGMMA", "data race|was never written"},
	{"never written", "FENCE WGMMA", "was never written in this block"},
	{"written while it is read", "WRITE READY WGMMA COMMIT bar.sync 0; st.shared.u32 [%s], %r0;", "is written while a wgmma may read it"},
	{"copied to while it is read", "WRITE READY WGMMA COMMIT bar.sync 0; cp.async.cg.shared.global [%s], [%rd0], 16;", "is written while a wgmma may read it"},
	{"written after the wait without a barrier", "WRITE READY WGMMA COMMIT WAIT st.shared.u32 [%s], %r0;", "data race: warp 1 writes|data race: warp 1 reads"},
	{"some lanes", "WRITE READY setp.lt.u32 %p0, %t, 3; @%p0 exit; WGMMA", "which has exited"},
	{"some warps", "WRITE READY setp.lt.u32 %p0, %w, 2; @%p0 bra end; WGMMA end:", "not all warps of the warpgroup execute this wgmma"},
	{"other descriptors in a warp", "WRITE READY cvt.u64.u32 %rd1, %t; and.b64 %rd1, %rd1, 8; add.u64 %a, %a, %rd1; WGMMA", "that of lane 0"},
	{"other descriptors in another warp", "WRITE READY cvt.u64.u32 %rd1, %w; mul.lo.u64 %rd1, %rd1, 64; add.u64 %a, %a, %rd1; WGMMA", "another warp of the warpgroup executes"},
	{"past the end", "WRITE READY or.b64 %b, %b, 0x3fff; WGMMA", "the matrix at"},
	{"past the end of shared memory", "WRITE READY mov.b64 %b, 0x4000004000003000; WGMMA", "of 32768 bytes of shared memory"},
	{"not where a swizzle begins", "WRITE READY add.u64 %a, %a, 8; WGMMA", "does not begin with a pattern of its swizzle"},
	{"beyond a row", "WRITE READY add.u64 %a, %a, 7; WGMMA", "goes beyond the 128 bytes of its rows"},
	{"bits that mean nothing", "WRITE READY or.b64 %a, %a, 0x8000; WGMMA", "bits that mean nothing"},
	{"base offset", "WRITE READY mov.b64 %rd1, 0x2000000000000; or.b64 %a, %a, %rd1; WGMMA", "a base offset"},
}

func TestWgmmaFaults(t *testing.T) {
	for _, f := range wgmmaFaults {
		t.Run(f.name, func(t *testing.T) {
			err := runGroup(t, f.body, oneGroup)
			detail := refused(t, err, faultOf(f.detail))
			assert.Condition(t, func() bool {
				for part := range strings.SplitSeq(f.detail, "|") {
					if strings.Contains(detail, part) {
						return true
					}
				}
				return false
			}, "%s", detail)
		})
	}
	t.Run("half a warpgroup", func(t *testing.T) {
		assert.Contains(t, refused(t, runGroup(t, "WRITE READY WGMMA", 64), driver.LaunchFailed), "not of a whole warpgroup: the block has 2 warps")
	})
}

func faultOf(detail string) driver.Result {
	if strings.HasSuffix(detail, "bytes of shared memory") {
		return driver.IllegalAddress
	}
	return driver.LaunchFailed
}

func runGroup(t *testing.T, body string, threads int) error {
	ctx := open(t, ptxsim.Options{Major: 9, MaxSteps: 5000, Threads: 1})
	buffer := up(t, ctx, make([]uint32, 1024))
	return ctx.Launch(line(load(t, ctx, groupKernel(body))("k"), 1, threads, buffer))
}

// TestWgmmaNoFault has what must be allowed.
func TestWgmmaNoFault(t *testing.T) {
	for name, body := range map[string]string{
		"one":                      "WRITE READY WGMMA COMMIT WAIT add.f32 %f9, %f0, %f1;",
		"several on the same sums": "WRITE READY WGMMA WGMMA COMMIT WGMMA COMMIT WAIT add.f32 %f9, %f0, %f1;",
		"again after a fence":      "WRITE READY WGMMA COMMIT WAIT add.f32 %f0, %f0, %f1; FENCE WGMMA COMMIT WAIT",
		"two a in tf32, by turns": "WRITE READY wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 {%f0, %f1, %f2, %f3}, {%r1, %r2, %r3, %r4}, %b, %add, 1, 1; COMMIT FENCE wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 " +
			"{%f0, %f1, %f2, %f3}, {%r5, %r6, %r7, %r5}, %b, %add, 1, 1; COMMIT wgmma.wait_group.sync.aligned 1; ld.shared.u32 %r1, [%s]; FENCE WAIT",
		"other registers meanwhile": "WRITE READY WGMMA COMMIT add.f32 %f9, %f8, %f8; wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f4, %f5, %f6, %f7}, %a, %b, %add, 1, 1, 0, 0; COMMIT " +
			"wgmma.wait_group.sync.aligned 1; add.f32 %f9, %f0, %f1; WAIT add.f32 %f9, %f4, %f5;",
		"written after wait and barrier":   "WRITE READY WGMMA COMMIT WAIT bar.sync 0; WRITE READY WGMMA COMMIT WAIT",
		"other memory written meanwhile":   "WRITE READY WGMMA COMMIT setp.ge.u32 %p0, %t, 128; @%p0 st.shared.u32 [%s], %r0; WAIT",
		"never waited for":                 "WRITE READY WGMMA",
		"two warpgroups, a product each":   "WRITE READY setp.lt.u32 %p0, %t, 128; @%p0 bra first; WGMMA COMMIT WAIT bra end; first: WGMMA WGMMA COMMIT WAIT end:",
		"no sums before, with a constant":  "WRITE READY wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f10, %f11, %f12, %f13}, %a, %b, 0, 1, -1, 0, 0; COMMIT WAIT",
		"cp.async with fence and barrier":  "WRITE cp.async.cg.shared.global [%s], [%rd0], 16; cp.async.commit_group; cp.async.wait_group 0; fence.proxy.async.shared::cta; bar.sync 0; FENCE WGMMA COMMIT WAIT",
		"fence.proxy.async without a need": "fence.proxy.async;",
	} {
		t.Run(name, func(t *testing.T) { assert.NoError(t, runGroup(t, body, twoGroups)) })
	}
}

// TestWgmmaRefused has what is no form of wgmma, or not of this target.
func TestWgmmaRefused(t *testing.T) {
	hopper := open(t, ptxsim.Options{Major: 9})
	for body, detail := range map[string]string{
		"wgmma.mma_async.sync.aligned.m64n12k16.f32.bf16.bf16 {%f0}, %a, %b, %add, 1, 1, 0, 0;":                             "wgmma.mma_async of shape m64n12k16",
		"wgmma.mma_async.sync.aligned.m64n8k8.f32.bf16.bf16 {%f0}, %a, %b, %add, 1, 1, 0, 0;":                               "of shape m64n8k8",
		"wgmma.mma_async.sync.aligned.m64n16k16.f32.bf16.bf16 {%f0, %f1, %f2, %f3}, %a, %b, %add, 1, 1, 0, 0;":              "a vector of 4 elements",
		"wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f0, %f1, %f2, %f3}, %a, %b, %add, 2, 1, 0, 0;":               "operand 5 is neither 1 nor -1",
		"wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f0, %f1, %f2, %f3}, %a, %b, %add, 1, 1, 0, 2;":               "operand 8 is not a number from 0 to 1",
		"wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 {%f0, %f1, %f2, %f3}, %a, %b, %add, 1, 1, 0, 0;":                "wgmma.mma_async of tf32 transposes no operand: both are K-major",
		"wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 {%f0, %f1, %f2, %f3}, {%r1, %r2, %r3, %r4}, %b, %add, 1, 1, 1;": "transposes no operand",
		"wgmma.mma_async.sync.aligned.m64n8k16.f32.tf32.tf32 {%f0, %f1, %f2, %f3}, %a, %b, %add, 1, 1;":                     "of shape m64n8k16",
		"wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 {%f0, %f1, %f2, %f3}, %a, %b, %add, 1;":                         "wgmma with 5 operands",
		"wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f0, %f1, %f2, %f3}, {1, 2, 3, 4}, %b, %add, 1, 1, 0;":        "can only lie in registers",
		"wgmma.mma_async.sync.aligned.m64n8k16.f16.bf16.bf16 {%f0, %f1, %f2, %f3}, %a, %b, %add, 1, 1, 0, 0;":               "not supported",
		"wgmma.wait_group.sync.aligned 8;": "operand 1 is not a number from 0 to 7",
		"wgmma.fence;":                     "this form of wgmma is not supported",
		"fence.proxy.tensormap;":           "this form of fence.proxy is not supported",
	} {
		_, err := hopper.Load(groupKernel(body))
		assert.Contains(t, refused(t, err, driver.InvalidPTX), detail)
	}
	plain := strings.Replace(groupKernel("FENCE"), "sm_90a", "sm_90", 1)
	_, err := hopper.Load(plain)
	assert.Contains(t, refused(t, err, driver.InvalidPTX), "wgmma needs .target sm_90a")
	_, err = open(t, ptxsim.Options{Major: 10}).Load(groupKernel("FENCE"))
	assert.Contains(t, refused(t, err, driver.NoBinaryForGPU), ".target sm_90a on a device of compute capability 10.0")
	_, err = hopper.Load(groupKernel("FENCE"))
	require.NoError(t, err)
}
