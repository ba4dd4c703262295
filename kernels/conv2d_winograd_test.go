package kernels

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/ptxsim"
)

// WinogradPTX returns Winograd's kernels.
func WinogradPTX() string { return conv2DWinogradProgram.Images()[0].PTX }

// WinogradMutants returns the mutants of Winograd's kernels, and UseWinograd puts others in their place until the test is
// over.
func WinogradMutants(t testing.TB) []ptxsim.Mutant {
	mutants := ptxsim.Mutants(WinogradPTX())
	assert.NotEmpty(t, mutants)
	return mutants
}

func UseWinograd(t testing.TB, ptx string) {
	was := conv2DWinogradProgram
	t.Cleanup(func() { conv2DWinogradProgram = was })
	conv2DWinogradProgram = &device.Program{Name: was.Name, Images: func() []device.Image { return []device.Image{{Major: 7, Minor: 5, PTX: ptx}} }}
}

// TestWinogradFits says which convolutions Winograd's algorithm can compute, and that no estimate chooses it.
func TestWinogradFits(t *testing.T) {
	plain := Square(4, 2, 1)
	for _, test := range []struct {
		name                string
		n, h, w, pixel      int
		rows, columns, most int
		g                   Window
		tiles               int
	}{
		{"k4 s2", 3, 8, 8, 64, 2, 2, 64, plain, 48},
		{"odd results", 3, 7, 5, 8, 2, 2, 64, plain, 36},
		{"k2 s1", 1, 2, 2, 8, 1, 1, 64, Square(2, 1, 0), 1},
		{"k3 s2", 3, 8, 8, 64, 2, 2, 64, Square(3, 2, 1), 0},
		{"k4 s1", 3, 8, 8, 64, 1, 1, 64, Square(4, 1, 1), 0},
		{"slabs of several pixels", 3, 8, 8, 12, 2, 2, 64, plain, 0},
		{"many phases", 3, 8, 8, 64, 2, 4, 64, Window{KernelH: 4, KernelW: 8, StrideH: 2, StrideW: 4}, 0},
		{"few phases of many", 3, 8, 8, 64, 1, 1, 64, Window{KernelH: 4, KernelW: 8, StrideH: 2, StrideW: 4}, 48},
		{"points in all memory", 1 << 14, 8, 8, 64, 2, 2, 1 << 10, plain, 1 << 18},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := contraction{
				m: test.n * test.h * test.w, n: test.most, k: 4 * test.rows * test.columns * test.pixel, count: 1, a: true, b: true, c: true,
				winograd: test.g.winograd(test.n, test.h, test.w, test.pixel, test.rows, test.columns),
			}
			assert.Equal(t, test.tiles, p.tiles)
			assert.Equal(t, test.tiles > 0 && test.most < 1<<10, p.winogradFits())
			ways := func(in device.Precision) (names []string) {
				p.cuts(conv2DTilings, in, func(c cut) { names = append(names, c.name) })
				return names
			}
			if p.winogradFits() {
				assert.Contains(t, ways(device.Float32), winogradTile)
				p.c = false
				assert.NotContains(t, ways(device.Float32), winogradTile)
				p.c = true
			} else {
				assert.NotContains(t, ways(device.Float32), winogradTile)
			}
			assert.NotContains(t, ways(device.TF32), winogradTile)
			assert.NotEqual(t, winogradTile, p.plan(conv2DTilings, device.Float32).name)
		})
	}
}

// TestWinogradWeightsFit says of which convolutions Winograd's algorithm can compute the gradient of the weights.
func TestWinogradWeightsFit(t *testing.T) {
	plain := Square(4, 2, 1)
	for _, test := range []struct {
		name              string
		n, h, w, pixel, o int
		g                 Window
		tiles             int
		fits              bool
	}{
		{"k4 s2", 3, 8, 8, 64, 64, plain, 48, true},
		{"odd results", 3, 7, 5, 4, 4, plain, 36, true},
		{"k8 s4", 3, 8, 8, 12, 20, Square(8, 4, 2), 48, true},
		{"k3 s2", 3, 8, 8, 64, 64, Square(3, 2, 1), 0, false},
		{"k4 s1", 3, 8, 8, 64, 64, Square(4, 1, 1), 0, false},
		{"pieces of several pixels", 3, 8, 8, 6, 64, plain, 0, false},
		{"points in all memory", 3, 8, 8, 1 << 11, 1 << 10, plain, 48, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := contraction{
				m: test.o, n: test.g.KernelH * test.g.KernelW * test.pixel, k: test.n * test.h * test.w, count: 1, a: true, b: true, c: true,
				winograd: test.g.winogradWeights(test.n, test.h, test.w, test.pixel),
			}
			assert.Equal(t, test.tiles, p.tiles)
			assert.Equal(t, test.fits, p.winogradFits())
			if !test.fits {
				return
			}
			assert.Equal(t, contraction{m: test.o, n: p.n / 4, k: test.tiles, count: 9}, p.products(tilingWinograd))
			q := p.product("conv2d_weight", device.Float32)
			back, tilings, in, err := q.contraction()
			require.NoError(t, err)
			assert.Equal(t, p.products(tilingWinograd), back.products(tilingWinograd))
			assert.NotEqual(t, winogradTile, p.plan(tilings, in).name)
			p.a = false
			assert.False(t, p.winogradFits())
		})
	}
}

// TestWinogradEstimate has the estimate count the points, once there is a speed: for the layers of CatFaces, by
// features 64 and batch 32, two thirds to nineteen twentieths of the time of the other ways.
func TestWinogradEstimate(t *testing.T) {
	known := tilingWinograd
	known.speed = tiling128x64.speed
	weights := winograd{weights: true}
	for _, p := range []contraction{
		{m: 96 * 256, n: 128, k: 1024, count: 1}, {m: 96 * 64, n: 256, k: 2048, count: 1}, {m: 96 * 16, n: 512, k: 4096, count: 1},
		{m: 96 * 256, n: 64, k: 512, count: 4}, {m: 96 * 64, n: 128, k: 1024, count: 4}, {m: 96 * 16, n: 256, k: 2048, count: 4},
		{m: 32 * 256, n: 128, k: 1024, count: 1}, {m: 32 * 16, n: 512, k: 4096, count: 1},
		{m: 32 * 16, n: 256, k: 2048, count: 4},
		{m: 128, n: 1024, k: 64 * 256, count: 1, winograd: weights}, {m: 256, n: 2048, k: 64 * 64, count: 1, winograd: weights}, {m: 512, n: 4096, k: 64 * 16, count: 1, winograd: weights},
		{m: 128, n: 1024, k: 32 * 256, count: 1, winograd: weights}, {m: 256, n: 2048, k: 32 * 64, count: 1, winograd: weights}, {m: 512, n: 4096, k: 32 * 16, count: 1, winograd: weights},
		{m: 1024, n: 8192, k: 32 * 16, count: 1, winograd: weights}, {m: 512, n: 4096, k: 32 * 64, count: 1, winograd: weights}, {m: 256, n: 2048, k: 32 * 256, count: 1, winograd: weights},
	} {
		p.a, p.b, p.c, p.tiles = true, true, true, p.m/4
		if p.weights {
			p.tiles = p.k / 4
		}
		cost := func(tilings ...tiling) float64 {
			c := p.plan(tilings, device.Float32)
			q := p.products(c.tiling)
			return q.cycles(c.tiling, q.count*blocksFor(q.m, c.rows)*blocksFor(q.n, c.columns)*c.slices, c.slices, c.depth)
		}
		ratio := cost(known) / cost(conv2DTilings...)
		t.Logf("%+v: %.2f", p, ratio)
		assert.InDelta(t, 0.8, ratio, 0.16)
		assert.Equal(t, winogradTile, p.plan(append(conv2DTilings, known), device.Float32).name)
	}
}

// TestWinogradProduct has a product's tiles checked.
func TestWinogradProduct(t *testing.T) {
	good := Product{Kernel: "conv2d_forward", Count: 1, M: 64, N: 8, K: 256, Aligned: "abc", Tiles: 16, Precision: "float32"}
	p, _, _, err := good.contraction()
	require.NoError(t, err)
	assert.True(t, p.winogradFits())
	assert.Equal(t, good, p.product("conv2d_forward", device.Float32))
	for name, change := range map[string]func(p *Product){
		"negative": func(p *Product) { p.Tiles = -1 },
		"many":     func(p *Product) { p.Tiles = 65 },
		"gemm":     func(p *Product) { p.Kernel = "gemm_nn" },
		"weight":   func(p *Product) { p.Kernel = "conv2d_weight" },
		"odd k":    func(p *Product) { p.K = 200 },
	} {
		bad := good
		change(&bad)
		_, _, _, err := bad.contraction()
		assert.ErrorContains(t, err, "tiles of 2×2: want none, or a convolution's", name)
	}
	weights := Product{Kernel: "conv2d_weight", Count: 1, M: 8, N: 256, K: 64, Aligned: "abc", Tiles: 16, Precision: "float32"}
	p, _, _, err = weights.contraction()
	require.NoError(t, err)
	assert.True(t, p.winogradFits() && p.weights)
	for name, change := range map[string]func(p *Product){
		"many":         func(p *Product) { p.Tiles = 65 },
		"odd channels": func(p *Product) { p.N = 36 },
	} {
		bad := weights
		change(&bad)
		_, _, _, err := bad.contraction()
		assert.ErrorContains(t, err, "tiles of 2×2: want none, or a convolution's", name)
	}
	other := good
	other.Tiles = 20
	assert.Negative(t, good.Compare(other))
	assert.NotEqual(t, SumOf([]Choice{{Product: good}}), SumOf([]Choice{{Product: other}}))
}
