package ptxsim_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ganlib/device/driver"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRefused has what must not load, in a kernel or as a module.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ body, detail string }{
		{"frobnicate.u32 %r1, %r2;", "line 11: unknown instruction frobnicate: frobnicate.u32 %r1, %r2;"},
		{"add.quickly.u32 %r1, %r2, %r3;", "modifier .quickly is not supported here"},
		{"add.u32 %r1, %r2;", "add with 2 operands"},
		{"add.u32 %r1, %r2, %r3, %r4;", "add with 4 operands"},
		{"add.u32 %r1, %rd2, %r3;", "%rd2 has 64 bits, .u32 has 32"},
		{"add.u32 %r1, %r99, %r3;", "unknown operand %r99"},
		{"add.u32 %r99, %r1, %r3;", "unknown register %r99"},
		{"add.u32 5, %r1, %r3;", "not a .u32 operand"},
		{"add.u32 %r1, {%r1, %r2}, %r3;", "an operand is not a register"},
		{"mov.b64 {%r1, %r2, %r3}, %rd1;", "3 elements in a register of 64 bits"},
		{"ld.global.v4.u32 {%r1, %r2}, [%rd0];", "2 registers for 4 values"},
		{"ld.global.u32 %r1, %rd0;", "operand 2 is not an address"},
		{"ld.global.u32 %r1, [nowhere];", "unknown address nowhere"},
		{"st.param.u32 [buffer], %r1;", "parameters cannot be written"},
		{"bra nowhere;", "there is no label nowhere"},
		{"call f, (%r1);", "calls are not supported"},
		{"cvt.f32.s32 %f0, %r1;", "a conversion to .f32 needs .rn"},
		{"cvt.s32.f32 %r1, %f0;", "a conversion to an integer needs .rni"},
		{"fma.f32 %f0, %f1, %f2, %f3;", "fma without a rounding"},
		{"setp.maybe.u32 %p0, %r1, %r2;", "comparison .maybe"},
		{"setp.ltu.u32 %p0, %r1, %r2;", "comparison .ltu of .u32"},
		{"@%r1 bra end; end:", "%r1 has 32 bits"},
		{"cp.async.cg.shared.global [%r1], [%rd0], 8;", "cp.async.cg of 8 bytes"},
		{"mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%r1}, {%r1}, {%r1}, {%r1};", "not supported"},
		{"wgmma.fence.sync.aligned;", "wgmma needs .target sm_90a"},
		{"tcgen05.wait::ld.sync.aligned;", "unknown instruction tcgen05"},
		{".reg .u32 %q; .reg .u32 %q;", "declared twice"},
		{".reg .u128 %q;", "unknown type .u128"},
		{".shared .b8 large[50000]; mov.u32 %r1, large;", "51024 bytes of static shared memory, 49152 are allowed"},
		{"{ add.u32 %r1, %r2, %r3;", "does not end"},
		{"add.u32 %r1, %r2 %r3;", `"," is missing`},
	} {
		for range 2 { // what was refused once is not taken for sound
			detail := refused(t, loadError(t, kernelOf(c.body)), driver.InvalidPTX)
			assert.Contains(t, detail, c.detail)
			assert.Regexp(t, `^line \d+: `, detail)
		}
	}
	const head = ".version 7.0\n.target sm_75\n.address_size 64\n"
	for _, c := range []struct{ ptx, detail string }{
		{"", "does not begin with .version"},
		{".version 7.0\n", `.target ""`},
		{"\x00", "unexpected character"},
		{head + "/* no end", "a comment does not end"},
		{head + ".func f() { ret; }", "line 4: .func is not supported: every function of a kernel must be inlined"},
		{head + ".extern .func f;", ".extern .func is not supported"},
		{head + ".address_size 32", "only 64-bit addresses"},
		{head + ".entry k() { ret; }\n.entry k() { ret; }", "kernel k stands twice"},
		{head + ".entry k(.u32 a) { ret; }", "a parameter must begin with .param"},
		{head + ".global .b8 a[99999999999];", "not a number from 0 to"},
		{head + ".global .u8 a[1] = {1, 2};", "more values than a has room for"},
		{head + ".shared .u32 a = 5;", "a .shared variable cannot have values"},
		{head + ".entry k() { cp.async.wait_all; ret; }", "cp.async needs .target sm_80"},
	} {
		assert.Contains(t, refused(t, loadError(t, c.ptx), driver.InvalidPTX), c.detail)
	}
	assert.ErrorIs(t, loadError(t, head+"nonsense"), driver.ErrBadImage)
}

func loadError(t *testing.T, ptx string) error {
	_, err := open(t, ptxsim.Options{}).Load(ptx)
	return err
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		version, target string
		code            driver.Result // on a device of compute capability 8.0
	}{
		{"7.0", "sm_75", 0}, {"7.0", "sm_80", 0}, {"8.8", "sm_52, texmode_independent", 0},
		{"7.0", "sm_86", driver.NoBinaryForGPU}, {"8.0", "sm_90a", driver.NoBinaryForGPU}, {"8.0", "sm_80a", 0},
		{"9.0", "sm_75", driver.UnsupportedPTXVersion}, {"x", "sm_75", driver.InvalidPTX}, {"7.0", "gfx90", driver.InvalidPTX},
	} {
		err := loadError(t, ".version "+c.version+"\n.target "+c.target+"\n.entry k() { ret; }")
		if c.code == 0 {
			assert.NoError(t, err, c.target)
		} else {
			refused(t, err, c.code)
		}
	}
	turing := open(t, ptxsim.Options{Major: 7, Minor: 5})
	_, err := turing.Load(text(t, "tensor"))
	assert.Contains(t, refused(t, err, driver.NoBinaryForGPU), "sm_80 on a device of compute capability 7.5")
	_, err = turing.Load(strings.Replace(text(t, "tensor"), "sm_80", "sm_75", 1))
	assert.Contains(t, refused(t, err, driver.InvalidPTX), "needs .target sm_80")
	_, err = turing.Load(text(t, "basic"))
	assert.NoError(t, err)
	for body, need := range map[string]string{
		".reg .b16 %h<2>; add.bf16 %h0, %h1, %h1;": "add.bf16 needs .target sm_90", ".reg .b16 %h<2>; cvt.rn.bf16.f32 %h0, %f1;": "",
		"redux.sync.add.u32 %r1, %r2, -1;": "", ".reg .b16 %h<2>; min.f16 %h0, %h1, %h1;": "", "fma.rn.bf16x2 %r1, %r2, %r3, %r4;": "",
	} {
		if need == "" { // as kernelOf's target has it
			assert.NoError(t, loadError(t, kernelOf(body)), body)
			need = "needs .target sm_80"
			body = strings.Replace(kernelOf(body), "sm_80", "sm_75", 1)
		} else {
			body = kernelOf(body)
		}
		assert.Contains(t, refused(t, loadError(t, body), driver.InvalidPTX), need)
	}
}

// TestGenerated compiles the kernels of testdata again.
func TestGenerated(t *testing.T) {
	if _, err := exec.LookPath("clang++-19"); err != nil {
		t.Skip("no clang-19 to compile testdata with")
	}
	folder := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "testdata/build.sh", folder).CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, name := range []string{"basic", "tensor", "wgmma"} {
		fresh, err := os.ReadFile(filepath.Join(folder, name+".ptx"))
		require.NoError(t, err)
		assert.Equal(t, string(fresh), text(t, name), "testdata/%s.ptx is stale: run testdata/build.sh", name)
	}
}

func TestModule(t *testing.T) {
	ctx := open(t, ptxsim.Options{})
	m, err := ctx.Load(text(t, "basic"))
	require.NoError(t, err)
	_, err = m.Kernel("nothing")
	assert.Contains(t, refused(t, err, driver.NotFound), `"nothing"`)
	first, err := m.Kernel("leaky")
	require.NoError(t, err)
	second, err := m.Kernel("leaky")
	require.NoError(t, err)
	assert.Equal(t, first, second)
	assert.True(t, first == second)
	assert.Zero(t, ctx.Live())
}

var entry = regexp.MustCompile(`\.entry\s+([\w$]+)`)

// FuzzLoad wants an error or a module of every text, and an error or an end of every kernel in it, with no
// more memory than the text gives reason for.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ptx")
	require.NoError(f, err)
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(b))
	}
	f.Add(kernelOf("{ .reg .pred p; setp.eq.u32 p|%p1, %r1, 0x10U; } $t: .branchtargets $a, $b; brx.idx %r1, $t; $a: $b: mov.b64 {%r1, _}, %rd1;"))
	f.Add(".version 7.0 .target sm_80 .const .align 8 .f64 x[2] = {0d3FF0000000000000, -1.5}; .section .debug { .b8 1 } .entry k(.param .align 8 .b8 p[16]) .reqntid 1, 2 { .pragma \"nounroll\"; ld.param.u32 %r, [p+8]; }")
	f.Fuzz(func(t *testing.T, ptx string) {
		ctx, err := ptxsim.New(ptxsim.Options{Memory: 1 << 20, MaxSteps: 1000}).Open(0)
		require.NoError(t, err)
		m, err := ctx.Load(ptx)
		for _, name := range entry.FindAllStringSubmatch(ptx, -1) {
			if err != nil {
				break
			}
			k, err := m.Kernel(name[1])
			for n := 0; err == nil && n <= 8; n++ { // with the right number of arguments, and others
				err := ctx.Launch(&driver.Launch{Kernel: k, Grid: [3]int{2, 1, 1}, Block: [3]int{40, 1, 1}, Args: make([]uint64, n)})
				if e := (*driver.Error)(nil); errors.As(err, &e) {
					require.NotEqual(t, driver.Unknown, e.Result, "%v", err)
				}
			}
		}
		assert.NoError(t, ctx.Close())
	})
}
