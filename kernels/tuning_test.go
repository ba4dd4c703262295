package kernels_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/kernels"
)

// choiceOf is a choice for a product of gemm that can be used.
func choiceOf(kernel string, m, n, k int, tile string, slices int) kernels.Choice {
	return kernels.Choice{
		Product: kernels.Product{Kernel: kernel, Count: 1, M: m, N: n, K: k, Aligned: "abc", Precision: "float32"},
		Way:     kernels.Way{Tile: tile, Slices: slices},
	}
}

func TestTuningRefusesChoices(t *testing.T) {
	good := choiceOf("gemm_nn", 64, 128, 4096, "nn_64x64", 32)
	require.NoError(t, new(kernels.Tuning).Add(good))
	for name, change := range map[string]func(c *kernels.Choice){
		`kernel "gemm": want`:    func(c *kernels.Choice) { c.Kernel = "gemm" },
		`kernel ""`:              func(c *kernels.Choice) { c.Kernel = "" },
		`aligned "ba"`:           func(c *kernels.Choice) { c.Aligned = "ba" },
		`precision "": want`:     func(c *kernels.Choice) { c.Precision = "" },
		`precision "half": want`: func(c *kernels.Choice) { c.Precision = "half" },
		"want sizes from 1 on":   func(c *kernels.Choice) { c.Count = 0 },
		"(-1,4096)":              func(c *kernels.Choice) { c.M = -1 },
		"(4096,0)":               func(c *kernels.Choice) { c.N = 0 },
		"(64,0)":                 func(c *kernels.Choice) { c.K = 0 },
		"no more than":           func(c *kernels.Choice) { c.M, c.N = 1<<20, 1<<20 },
		"(64,1073741825) and (1073741825,128): want":         func(c *kernels.Choice) { c.K = 1<<30 + 1 },
		"want sizes from 1 on, and no more":                  func(c *kernels.Choice) { c.Count, c.M, c.N = math.MaxInt, math.MaxInt, math.MaxInt },
		"no way to do it with nn_64x64 in 0 slices":          func(c *kernels.Choice) { c.Slices = 0 },
		"no way to do it with nn_64x64 in -1 slices":         func(c *kernels.Choice) { c.Slices = -1 },
		"no way to do it with nn_64x64 in 1000000000 slic":   func(c *kernels.Choice) { c.Slices = 1e9 },
		"no way to do it with nn_64x64 in 33 slices":         func(c *kernels.Choice) { c.Slices = 33 },
		"no way to do it with nt_64x64 in 32 slices":         func(c *kernels.Choice) { c.Tile = "nt_64x64" },
		"no way to do it with nn_tf32_64x64 in 32 slices":    func(c *kernels.Choice) { c.Tile = "nn_tf32_64x64" },
		"no way to do it with  in 32 slices":                 func(c *kernels.Choice) { c.Tile = "" },
		"gemm_nn of 1×(64,128,4096) in float32: there is no": func(c *kernels.Choice) { c.Aligned = "ab" },
		"-1 seconds":   func(c *kernels.Choice) { c.Seconds = -1 },
		"NaN seconds":  func(c *kernels.Choice) { c.Default.Seconds = math.NaN() },
		"+Inf seconds": func(c *kernels.Choice) { c.Seconds = math.Inf(1) },
	} {
		c := good
		change(&c)
		var tuning kernels.Tuning
		assert.ErrorContains(t, tuning.Add(c, good), name)
		assert.ErrorContains(t, tuning.Add(c), "1 of 1 choices cannot be used")
		assert.Equal(t, []kernels.Choice{good}, tuning.Choices(), "%s: the other one is added", name)
	}
}

func TestTuningSets(t *testing.T) {
	a, b := choiceOf("gemm_nn", 64, 128, 4096, "nn_64x64", 32), choiceOf("gemm_nt", 64, 128, 4096, "nt_64x64", 32)
	var tuning kernels.Tuning
	assert.Empty(t, tuning.Choices())
	assert.Empty(t, tuning.Deviations())
	require.NoError(t, tuning.Add(b, a))
	assert.Equal(t, []kernels.Choice{a, b}, tuning.Choices(), "in order")
	other := choiceOf("gemm_tt", 1, 1, 1, "any", 1).Product
	assert.Equal(t, []kernels.Product{other}, tuning.Missing([]kernels.Product{a.Product, other}))
	assert.Equal(t, []kernels.Choice{b}, tuning.Only([]kernels.Product{b.Product, other}).Choices())
	again := a
	again.Slices = 1
	require.NoError(t, tuning.Add(again))
	assert.Equal(t, []kernels.Choice{again, b}, tuning.Choices(), "the later one counts")
}

// TestDeviations has what differs from the estimate told, and told apart by its sum.
func TestDeviations(t *testing.T) {
	c := choiceOf("gemm_nn", 64, 64, 64, "nn_64x64", 1) // the estimate
	c.Seconds, c.Ways = 1, []kernels.Way{{Tile: "any", Slices: 1, Seconds: 2}}
	var tuning kernels.Tuning
	require.NoError(t, tuning.Add(c))
	assert.Empty(t, tuning.Deviations())
	assert.Empty(t, kernels.SumOf(tuning.Deviations()))
	c.Tile = "any"
	require.NoError(t, tuning.Add(c))
	sum := kernels.SumOf(tuning.Deviations())
	assert.Len(t, sum, 64)
	assert.Equal(t, []kernels.Choice{choiceOf("gemm_nn", 64, 64, 64, "any", 1)}, tuning.Deviations())
	c.Seconds = 5
	require.NoError(t, tuning.Add(c))
	assert.Equal(t, sum, kernels.SumOf(tuning.Deviations()), "times do not matter")
	c.Tile = "nn_128x128"
	require.NoError(t, tuning.Add(c))
	assert.NotEqual(t, sum, kernels.SumOf(tuning.Deviations()))
}

// tilesUsed returns the entries that work launches.
func tilesUsed(t *testing.T, launched *[]string, work func() error) []string {
	t.Helper()
	*launched = nil
	require.NoError(t, work())
	return *launched
}

// TestTuningIsUsed has a product computed as its choice says, and one that is transposed and of the same size by the
// estimate.
func TestTuningIsUsed(t *testing.T) {
	var launched []string
	dev := fakeGPU(t, func(kernel string, l *driver.Launch) { launched = append(launched, kernel) })
	a, b, c := newTensor(t, dev, 64, 64), newTensor(t, dev, 64, 64), newTensor(t, dev, 64, 64)
	product := func(tb kernels.Trans) func() error {
		return func() error { return kernels.Gemm(c, a, b, kernels.NoTrans, tb, false) }
	}
	assert.Equal(t, []string{"gemm_nn_64x64"}, tilesUsed(t, &launched, product(kernels.NoTrans)))
	tuning := new(kernels.Tuning)
	dev.SetTuning(tuning)
	assert.Equal(t, []string{"gemm_nn_64x64"}, tilesUsed(t, &launched, product(kernels.NoTrans)))
	require.NoError(t, tuning.Add(choiceOf("gemm_nn", 64, 64, 64, "any", 1)))
	assert.Equal(t, []string{"gemm_any"}, tilesUsed(t, &launched, product(kernels.NoTrans)))
	assert.Equal(t, []string{"gemm_nt_64x64"}, tilesUsed(t, &launched, product(kernels.Transp)))
	dev.SetTuning(nil)
	assert.Equal(t, []string{"gemm_nn_64x64"}, tilesUsed(t, &launched, product(kernels.NoTrans)))
}

// TestPlansAreTuned plans the scratch memory of the slices that a choice asks for, and lists products.
func TestPlansAreTuned(t *testing.T) {
	dev := fakeGPU(t, nil)
	planned := func() (int64, []kernels.Product) {
		meta := device.NewMetaFor(dev)
		x, y, z := newTensor(t, meta, 512, 4096), newTensor(t, meta, 4096, 512), newTensor(t, meta, 512, 512)
		require.NoError(t, kernels.Gemm(z, x, y, kernels.NoTrans, kernels.NoTrans, false))
		require.NoError(t, kernels.Gemm(z, x, y, kernels.NoTrans, kernels.NoTrans, false))
		return kernels.Planned(meta), kernels.Products(meta)
	}
	untuned, products := planned()
	require.Len(t, products, 1)
	c := choiceOf("gemm_nn", 512, 512, 4096, "nn_64x64", 4)
	assert.Equal(t, c.Product, products[0])
	tuning := new(kernels.Tuning)
	require.NoError(t, tuning.Add(c))
	dev.SetTuning(tuning)
	tuned, _ := planned()
	assert.EqualValues(t, 4*4*512*512, tuned)
	assert.NotEqual(t, untuned, tuned)
	assert.Empty(t, kernels.Products(device.NewMeta()), "of no GPU")
}

// TestTuningAllocatesNothing compares a product with and without a choice.
func TestTuningAllocatesNothing(t *testing.T) {
	dev := fakeGPU(t, nil)
	a, b, c := newTensor(t, dev, 64, 64), newTensor(t, dev, 64, 64), newTensor(t, dev, 64, 64)
	allocations := func() float64 {
		return testing.AllocsPerRun(100, func() {
			if err := kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false); err != nil {
				panic(err)
			}
		})
	}
	before := allocations()
	tuning := new(kernels.Tuning)
	dev.SetTuning(tuning)
	assert.LessOrEqual(t, allocations(), before, "not known")
	require.NoError(t, tuning.Add(choiceOf("gemm_nn", 64, 64, 64, "nn_128x128", 1)))
	assert.LessOrEqual(t, allocations(), before, "known")
}

// TestTuningInUse changes a tuning while products look choices up in it.
func TestTuningInUse(t *testing.T) {
	tuning := new(kernels.Tuning)
	var readers, writer sync.WaitGroup
	var over atomic.Bool
	for range 2 {
		dev := fakeGPU(t, nil)
		dev.SetTuning(tuning)
		a, b, c := newTensor(t, dev, 64, 64), newTensor(t, dev, 64, 64), newTensor(t, dev, 64, 64)
		readers.Go(func() {
			for range 200 {
				assert.NoError(t, kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false))
			}
		})
	}
	writer.Go(func() {
		for i := 0; !over.Load(); i++ {
			assert.NoError(t, tuning.Add(choiceOf("gemm_nn", 64, 64, 64, []string{"any", "nn_64x64"}[i%2], 1)))
			assert.Len(t, tuning.Choices(), 1)
		}
	})
	readers.Wait()
	over.Store(true)
	writer.Wait()
}

func TestProductString(t *testing.T) {
	p := choiceOf("gemm_nn", 64, 128, 4096, "", 0).Product
	assert.Equal(t, "gemm_nn of 1×(64,128,4096) in float32", p.String())
	assert.EqualValues(t, 2*64*128*4096, p.Flops())
}
