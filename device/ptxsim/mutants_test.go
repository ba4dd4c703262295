package ptxsim_test

import (
	"math"
	"slices"
	"testing"

	"ganlib/device/driver"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mutated are kernels with sizes among which every mutant shows. run returns the result and what is wanted.
var mutated = []struct {
	module, kernel string
	sizes          []int
	harmless       []string // mutants that only do more work: what they reach checks its bounds itself
	run            func(t testing.TB, ctx driver.Context, k driver.Kernel, size int) (got, want []float32, err error)
}{
	{"basic", "matmul", []int{45, 0}, []string{"no @%p1 bra $L__BB4_8"}, func(t testing.TB, ctx driver.Context, k driver.Kernel, depth int) (got, want []float32, err error) {
		m, n := 20, 37
		a, b := whole(m*depth), whole(depth*n)
		pa, pb, pc := up(t, ctx, append(a, 0)), up(t, ctx, append(b, 0)), up(t, ctx, filled(m*n))
		err = ctx.Launch(&driver.Launch{
			Kernel: k, Grid: [3]int{3, 2, 1}, Block: [3]int{16, 16, 1}, Shared: 2048, Args: []uint64{pc, pa, pb, uint64(m), uint64(n), uint64(depth)},
		})
		for _, v := range product(a, b, m, n, depth) {
			want = append(want, float32(v))
		}
		return result(t, ctx, pc, m*n, err), want, err
	}},
	{"basic", "row_sum", []int{600, 100}, nil, func(t testing.TB, ctx driver.Context, k driver.Kernel, n int) (got, want []float32, err error) {
		rows := 3
		x := whole(rows * n)
		px, py := up(t, ctx, x), up(t, ctx, filled(rows))
		err = ctx.Launch(line(k, rows, 256, py, px, uint64(n)))
		want = make([]float32, rows)
		for i, v := range x {
			want[i/n] += v
		}
		return result(t, ctx, py, rows, err), want, err
	}},
	{"tensor", "pipeline", []int{512*9 - 20, 512*4 + 200, 512 + 32, 300}, []string{"no @%p1 bra $L__BB0_14", "no @%p3 bra $L__BB0_4"}, func(t testing.TB, ctx driver.Context, k driver.Kernel, n int) (got, want []float32, err error) {
		x := whole(n)
		px, py := up(t, ctx, x), up(t, ctx, filled(n))
		err = ctx.Launch(line(k, 2, 128, py, px, uint64(n)))
		want = slices.Clone(x)
		for i := range want {
			if other := i/512*512 + 511 - i%512; other < n {
				want[i] += x[other]
			}
		}
		return result(t, ctx, py, n, err), want, err
	}},
	{"wgmma", "gemm_k", []int{128, 0}, nil, func(t testing.TB, ctx driver.Context, k driver.Kernel, depth int) (got, want []float32, err error) {
		return groupGemm(t, ctx, k, "gemm_k", 64, 128, depth)
	}},
	{"wgmma", "gemm_mn", []int{128, 0}, nil, func(t testing.TB, ctx driver.Context, k driver.Kernel, depth int) (got, want []float32, err error) {
		return groupGemm(t, ctx, k, "gemm_mn", 64, 128, depth)
	}},
	{"tensor", "gemm_tf32", []int{64}, nil, func(t testing.TB, ctx driver.Context, k driver.Kernel, depth int) (got, want []float32, err error) {
		m, n := 64, 64
		a, b := whole(m*depth), whole(depth*n)
		pa, pb, pc := up(t, ctx, a), up(t, ctx, b), up(t, ctx, filled(m*n))
		err = ctx.Launch(line(k, 1, 128, pc, pa, pb, uint64(m), uint64(n), uint64(depth)))
		for _, v := range product(a, b, m, n, depth) {
			want = append(want, float32(v))
		}
		return result(t, ctx, pc, m*n, err), want, err
	}},
}

// whole are small integers, of which sums are exact in any order.
func whole(n int) []float32 {
	x := normals(n, 9)
	for i := range x {
		x[i] = float32(math.Round(float64(3 * x[i])))
	}
	return x
}

// filled is what a result must overwrite.
func filled(n int) []float32 { return slices.Repeat([]float32{-12345}, n) }

func result(t testing.TB, ctx driver.Context, at uint64, n int, err error) []float32 {
	if err != nil {
		return nil
	}
	return down[float32](t, ctx, at, n)
}

// TestMutants leaves out every barrier, every wait for asynchronous copies and every conditional branch of
// some kernels in turn. Each must end in a fault or in a wrong result.
func TestMutants(t *testing.T) {
	total := 0
	for _, m := range mutated {
		source := text(t, m.module)
		verdict := func(ptx string) string {
			for _, size := range m.sizes {
				ctx := open(t, ptxsim.Options{Major: 9, MaxSteps: 1 << 18, Threads: 1})
				got, want, err := m.run(t, ctx, load(t, ctx, ptx)(m.kernel), size)
				switch {
				case err != nil:
					return "fault: " + err.Error()
				case !slices.Equal(want, got):
					return "wrong result"
				}
			}
			return ""
		}
		require.Empty(t, verdict(source), m.kernel)
		for _, mutant := range ptxsim.Mutants(source) {
			if mutant.Kernel != m.kernel {
				continue
			}
			v := verdict(mutant.PTX)
			if slices.Contains(m.harmless, mutant.Name) {
				assert.Empty(t, v, "%s", mutant)
				continue
			}
			total++
			assert.NotEmpty(t, v, "%s: not noticed", mutant)
			t.Logf("%s: %s", mutant, v)
		}
	}
	t.Logf("%d mutants", total)
	assert.Greater(t, total, 20)
}

func TestMutantsOfText(t *testing.T) {
	const source = `.visible .entry first() {
	// bar.sync 0;
	@!%p1 bra $L1;
	{ .reg .u32 t; cp.async.wait_group 1; }
	bra.uni $L1;
}
.visible .entry second() { @%p bar.sync
	0; membar.gl; }`
	var all []string
	for _, m := range ptxsim.Mutants(source) {
		all = append(all, m.String())
		assert.Equal(t, len(source), len(m.PTX)+len(m.Name)-len("no "), "%s leaves out nothing else", m)
	}
	assert.Equal(t, []string{
		"first line 3: no @!%p1 bra $L1", "first line 4: no cp.async.wait_group 1", "second line 7: no @%p bar.sync 0", "second line 8: no membar.gl",
	}, all)
}
