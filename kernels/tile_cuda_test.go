package kernels

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/device/ptxsim"
)

// OnlyTiling has products and convolutions computed by one version of their kernels, or one for each precision,
// where it fits, until the test is over.
func OnlyTiling(t testing.TB, names ...string) {
	only := func(all []tiling) (list []tiling) {
		for _, v := range all {
			if slices.ContainsFunc(names, func(name string) bool {
				operands, ok := strings.CutSuffix(v.name, name)
				return ok && (operands == "" || len(operands) == len("nn_"))
			}) {
				v.speed = max(v.speed, 1) // some have none
				list = append(list, v)
				if v.precision == device.Float32 {
					rest := tilingAny
					rest.fits = func(p contraction) bool { return !v.fits(p) }
					list = append(list, rest)
				}
			}
		}
		if list != nil && list[0].precision != device.Float32 {
			for _, v := range all {
				if v.precision == device.Float32 {
					v.speed /= 1000 // for what does not fit, and for that precision
					list = append(list, v)
				}
			}
		}
		if list == nil {
			return all
		}
		return list
	}
	forward, weight, gemm := conv2DTilings, conv2DWeightTilings, gemmTilings
	t.Cleanup(func() { conv2DTilings, conv2DWeightTilings, gemmTilings = forward, weight, gemm })
	conv2DTilings, conv2DWeightTilings, gemmTilings = only(forward), only(weight), map[[2]Trans][]tiling{}
	for operands, list := range gemm {
		gemmTilings[operands] = only(list)
	}
}

// FewProcessors has sums cut into few slices, for a GPU of so many multiprocessors, until the test is over.
func FewProcessors(t testing.TB, n int) {
	was := processors
	t.Cleanup(func() { processors = was })
	processors = n
}

// Those whose operands are rounded already, among the precisions of the convolutions' kernels.
const (
	RoundedTF32     = roundedTF32
	RoundedBFloat16 = roundedBFloat16
)

// ConvolutionMutants returns the mutants of the convolutions' kernels for a tile in a precision of tensor cores, and
// UseConvolutions puts one in their place until the test is over.
func ConvolutionMutants(t testing.TB, p device.Precision, tile string) []ptxsim.Mutant {
	only := regexp.MustCompile(`(?s)\.visible \.entry \w+\(.*?\n}\n`).ReplaceAllStringFunc(conv2DPrograms[p].Images()[0].PTX, func(entry string) string {
		if name, _, _ := strings.Cut(entry, "("); !strings.HasSuffix(name, tile) {
			return ""
		}
		return entry
	})
	mutants := ptxsim.Mutants(only)
	assert.NotEmpty(t, mutants)
	return mutants
}

var wgmmaPrograms = map[device.Precision]device.Precision{device.TF32: wgmmaTF32, device.BFloat16: wgmmaBFloat16}

// WgmmaPTX returns the PTX of the kernels with wgmma of a tile, and UseWgmma is UseConvolutions for it.
func WgmmaPTX(p device.Precision, tile string) string {
	const begin = ".visible .entry"
	parts := strings.Split(conv2DPrograms[wgmmaPrograms[p]].Images()[0].PTX, begin)
	text := parts[0]
	for _, entry := range parts[1:] {
		if strings.HasSuffix(entry[:strings.Index(entry, "(")], "_"+tile) {
			text += begin + entry
		}
	}
	return text
}

func UseWgmma(t testing.TB, p device.Precision, ptx string) {
	was := conv2DPrograms[wgmmaPrograms[p]]
	t.Cleanup(func() { conv2DPrograms[wgmmaPrograms[p]] = was })
	conv2DPrograms[wgmmaPrograms[p]] = &device.Program{Name: was.Name, Images: func() []device.Image { return []device.Image{{Major: 9, PTX: ptx}} }}
}

func UseConvolutions(t testing.TB, p device.Precision, ptx string) {
	was := conv2DPrograms[p]
	t.Cleanup(func() { conv2DPrograms[p] = was })
	conv2DPrograms[p] = &device.Program{Name: was.Name, Images: func() []device.Image { return []device.Image{{Major: 8, PTX: ptx}} }}
}

func TestDivisor(t *testing.T) {
	divide := func(n uint32, by uint64) uint32 { // as in tile.cuh
		return uint32(uint64(2*n)*uint64(uint32(by))>>32) >> (by >> 32)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []uint32{1, 2, 3, 4, 5, 7, 12, 17, 48, 1000, 1024, 1025, 1 << 16, 1<<16 + 1, 1 << 30, 1<<30 + 1, 1<<31 - 1} {
		for _, n := range []uint32{0, 1, d - 1, d, d + 1, 2*d - 1, 1<<31 - 1, 1<<31 - d, r.Uint32() >> 1, r.Uint32() >> 1, r.Uint32() >> 9} {
			if n < 1<<31 {
				assert.Equal(t, n/d, divide(n, divisor(int(d))), "%d/%d", n, d)
			}
		}
	}
}

// TestPlan fixes what is chosen for typical shapes; other choices change results, by rounding.
func TestPlan(t *testing.T) {
	gemm := func(m, n, k int) contraction {
		return contraction{m: m, n: n, k: k, count: 1, a: true, b: true, c: true, slabs: true}
	}
	for _, test := range []struct {
		p             contraction
		name          string
		slices, depth int
	}{
		{gemm(1, 1, 1), "tall", 1, 32},
		{gemm(64, 64, 64), "64x64", 1, 64},
		{gemm(64, 64, 50000), "64x64", 261, 192},
		{contraction{m: 96, n: 100, k: 33, count: 1, b: true, c: true, slabs: true}, "any", 1, 64},
	} {
		c := test.p.plan(conv2DTilings, device.Float32)
		assert.Equal(t, test.name, c.name, "%+v", test.p)
		assert.Equal(t, [2]int{test.slices, test.depth}, [2]int{c.slices, c.depth}, "%+v", test.p)
	}
	phases := func(m, n, k int) contraction {
		p := gemm(m, n, k)
		p.count = 4
		return p
	}
	// The layers of CatFaces: half of the multiprocessors at least have something to do, in all passes.
	for _, p := range []contraction{
		gemm(96*256, 128, 1024), gemm(96*64, 256, 2048), gemm(96*16, 512, 4096),
		phases(96*256, 64, 512), phases(96*64, 128, 1024), phases(96*16, 256, 2048),
		gemm(128, 1024, 96*256), gemm(256, 2048, 96*64), gemm(512, 4096, 96*16),
	} {
		v := p.plan(conv2DTilings, device.Float32)
		s, depth := v.slices, v.depth
		blocks := p.count * blocksFor(p.m, v.rows) * blocksFor(p.n, v.columns) * s
		used := float64(blocks) / float64(blocksFor(blocks, processors)*processors)
		t.Logf("%+v: %s in %d slices of %d, %d blocks, %.0f %%", p, v.name, s, depth, blocks, 100*used)
		assert.Greater(t, used, 0.7)
		assert.True(t, strings.HasPrefix(v.name, "128x"), v.name)
		assert.GreaterOrEqual(t, s*depth, p.k)
		assert.Zero(t, depth%slabDepth)
		assert.True(t, slices.ContainsFunc(conv2DTilings, func(o tiling) bool { return o.name == v.name }))
		for _, in := range []device.Precision{device.TF32, device.BFloat16} {
			v := p.plan(conv2DTilings, in)
			t.Logf("	%v: %s in %d slices of %d", in, v.name, v.slices, v.depth)
			assert.Equal(t, in, v.precision, v.name)
			assert.False(t, v.rounded, v.name)

			p := p
			p.rounded = true
			v = p.plan(conv2DTilings, in)
			t.Logf("	rounded: %s in %d slices of %d", v.name, v.slices, v.depth)
			assert.Equal(t, in, v.precision, v.name)
			assert.True(t, v.rounded, v.name)
			assert.Zero(t, v.depth%depthOf(in))
		}
	}
}

// TestWgmmaTilings has the passes that tune may compute with wgmma. The estimate does not know them.
func TestWgmmaTilings(t *testing.T) {
	for kernel, tiles := range map[string]map[device.Precision]int{
		"conv2d_forward": {device.Float32: 0, device.TF32: 5, device.BFloat16: 5},
		"conv2d_input":   {device.Float32: 0, device.TF32: 5, device.BFloat16: 5},
		"conv2d_weight":  {device.Float32: 0, device.TF32: 0, device.BFloat16: 5},
	} {
		tilings, ok := tilingsOf(kernel)
		assert.True(t, ok, kernel)
		for in, want := range tiles {
			offered := map[string]bool{}
			p := contraction{m: 64, n: 128, k: 256, count: 1, a: true, b: true, c: true, slabs: true, rounded: true}
			p.cuts(tilings, in, func(c cut) {
				if c.wgmma() {
					offered[c.name] = true
					assert.True(t, strings.HasPrefix(c.name, in.String()+"_"), "%s in %v", c.name, in)
					assert.Zero(t, c.speed)
				}
			})
			assert.Len(t, offered, want, "%s in %v", kernel, in)
		}
	}
}

// TestProductsAndBack has contractions in every precision as products and back. Nothing is rounded in float32.
func TestProductsAndBack(t *testing.T) {
	for in := device.Float32; in <= device.BFloat16; in++ {
		for _, kernel := range []string{"conv2d_forward", "conv2d_input", "conv2d_weight"} {
			p := contraction{m: 64, n: 128, k: 256, count: 4, a: true, c: true, slabs: true, rounded: true}
			back, _, precision, err := p.product(kernel, in).contraction()
			assert.NoError(t, err)
			assert.Equal(t, in, precision)
			p.rounded = in != device.Float32
			assert.Equal(t, p, back, "%s in %v", kernel, in)
		}
	}
}
