package main

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report"
)

func TestCheck(t *testing.T) {
	good := options{out: "x", only: "tests,long", precisions: "float32,bf16", steps: 1}
	require.NoError(t, good.check())
	for want, change := range map[string]func(o *options){
		"-only cat: want some of tests,timings,cats,long,race": func(o *options) { o.only = "race,cat" },
		"-precisions fp8: want some of":                        func(o *options) { o.precisions = "fp8" },
		"-out: want a folder":                                  func(o *options) { o.out = "" },
		"-data: want a folder":                                 func(o *options) { o.only = "cats" },
		"-steps 0":                                             func(o *options) { o.steps = 0 },
	} {
		o := good
		change(&o)
		assert.ErrorContains(t, o.check(), want)
	}
}

func TestLong(t *testing.T) {
	rows := make([]report.Scalars, 300)
	for i := range rows {
		rows[i] = report.Scalars{Step: int64(i), CriticLoss: 100}
		if i >= 100 { // the last ones
			rows[i] = report.Scalars{Step: int64(i), CriticLoss: -2 - float32(i%2*2), CriticLossGP: -1, Penalty: 1, GeneratorLoss: 5}
		}
	}
	var r longRun
	r.take(rows)
	assert.Equal(t, longRun{Steps: 300, Distance: spread{3, 1}, Penalty: spread{1, 0}, Generator: spread{5, 0}}, rounded(r))
	assert.True(t, r.ok())
	rows[7].CriticLossGP, rows[9].GeneratorLoss = float32(math.NaN()), float32(math.Inf(1))
	r = longRun{Precision: "tf32"}
	r.take(rows)
	assert.Equal(t, 2, r.NotFinite)
	assert.False(t, r.ok())
	assert.Contains(t, longTable([]longRun{r}), "| tf32 | 300 | 2 |")
}

func rounded(r longRun) longRun {
	for _, s := range []*spread{&r.Distance, &r.Penalty, &r.Generator} {
		s.Mean, s.SD = math.Round(s.Mean*1e9)/1e9, math.Round(s.SD*1e6)/1e6
	}
	return r
}

func TestStepTime(t *testing.T) {
	at := func(seconds ...float64) (rows []report.Scalars) {
		for i, s := range seconds {
			rows = append(rows, report.Scalars{Step: int64(i), Seconds: s})
		}
		return rows
	}
	assert.InDelta(t, 500, stepTime(at(3, 4, 4, 5, 5)), 1e-9, "from the end of the first batch of rows")
	assert.InDelta(t, 2000, stepTime(at(3, 4)), 1e-9)
	assert.InDelta(t, 2000, stepTime(at(3, 4, 6)), 1e-9)
	assert.Zero(t, stepTime(at(3)))
	assert.InDelta(t, 4000/3.0, stepTime(at(3, 4, 4)), 1e-9, "there is no second batch")
}

// TestGrids makes the grids of a run, a second apart, each of its own grey.
func TestGrids(t *testing.T) {
	folder := t.TempDir()
	grids := filepath.Join(folder, "generated_grid_images_fixed")
	require.NoError(t, os.Mkdir(grids, 0o777))
	_, err := gridsOf(folder, make([]report.Scalars, 1))
	assert.ErrorContains(t, err, "no grid of the first step")
	began := time.Now().Add(-time.Hour)
	for i, name := range []string{"0_0", "0_90", "1_20", "1_110", "2_40"} {
		path := filepath.Join(grids, "generated_img"+name+".png")
		img := image.NewGray(image.Rect(0, 0, 5, 4))
		for p := range img.Pix {
			img.Pix[p] = uint8(40 * i)
		}
		f, err := os.Create(path)
		require.NoError(t, err)
		require.NoError(t, png.Encode(f, img))
		require.NoError(t, f.Close())
		at := began.Add(time.Duration(i)*time.Second + 500*time.Millisecond)
		require.NoError(t, os.Chtimes(path, at, at))
	}
	list, err := gridsOf(folder, []report.Scalars{{Seconds: 0.5}})
	require.NoError(t, err)
	require.Len(t, list, 5)
	shown := chosen(list, []float64{1, 3, 10})
	to := filepath.Join(folder, "all.png")
	seconds, err := sideBySide(shown, to)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{0.5, 2.5, 4.5}, seconds, 1e-3)

	f, err := os.Open(to)
	require.NoError(t, err)
	defer f.Close()
	all, err := png.Decode(f)
	require.NoError(t, err)
	assert.Equal(t, image.Pt(3*5+2*gap, 4), all.Bounds().Size())
	for i, want := range []uint8{0, 80, 160} {
		assert.Equal(t, want, color.GrayModel.Convert(all.At(i*(5+gap), 3)).(color.Gray).Y)
	}
	assert.Equal(t, uint8(255), color.GrayModel.Convert(all.At(5, 0)).(color.Gray).Y)
}

func TestMarkdown(t *testing.T) {
	r := results{
		Date:  "2026-01-02",
		Timed: []timing{{Name: "cats", Graph: 10, Rest: 0.5, Kernels: []kernelTime{{Name: "gemm", Calls: 4, Milliseconds: 9.5, GBs: 100, TFLOPS: 20, Bound: "tf32", Share: 0.1}}}},
		Cats:  []catsRun{{Precision: "tf32", Steps: 3900, Training: 25.5, Wall: 27, Step: 6.5, Bare: 6.25, Shown: []float64{1, 3.04}, Picture: "cats-tf32.png"}, {Precision: "bf16", Error: "it broke"}},
		Long:  []longRun{{Precision: "tf32", Steps: 1000}},
	}
	text := r.markdown()
	for _, want := range []string{
		"| gemm | 4 | 9.5000 | 100 | 20.0 | 0.10 tf32 |", "| rest | | 0.5000 |",
		"| tf32 | 3900 | 25.50 | 27.00 | 6.500 | 6.250 | cats-tf32.png: after 1.0, 3.0 s |", "Failed: bf16: it broke", "| tf32 | 1000 | 0 |",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "## Tests")
}
