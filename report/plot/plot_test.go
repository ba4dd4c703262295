package plot

import (
	"bytes"
	"encoding/xml"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report"
)

// rows returns n rows whose critic loss rises to 0.
func rows(n int, penalty float32) []report.Scalars {
	list := make([]report.Scalars, n)
	for i := range list {
		loss := float32(-40 * math.Exp(-float64(i)/float64(n)))
		list[i] = report.Scalars{Step: int64(i), CriticLoss: loss, CriticLossGP: loss + penalty, Penalty: penalty, GeneratorLoss: float32(math.Sin(float64(i) / 9))}
	}
	return list
}

func drawPNG(t *testing.T, runs []Run, o Options) map[color.Color]int {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Draw(&b, PNG, runs, o))
	img, err := png.Decode(&b)
	require.NoError(t, err)
	size := img.Bounds().Size()
	assert.Equal(t, o.Width, size.X)
	count := map[color.Color]int{}
	for y := range size.Y {
		for x := range size.X {
			r, g, b, _ := img.At(x, y).RGBA()
			count[color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}]++
		}
	}
	return count
}

func TestPNG(t *testing.T) {
	runs := []Run{{"a", rows(500, 1), true}, {"b", rows(300, 2), true}}
	count := drawPNG(t, runs, Options{Width: 600, Smoothing: 0.9})
	assert.Greater(t, count[colours[0]], 300, "the first run's curve")
	assert.Greater(t, count[colours[1]], 200, "the second's")
	assert.Zero(t, count[colours[2]])
	assert.Greater(t, count[color.RGBA{255, 255, 255, 255}], 200_000)
}

// Texts of an SVG picture are texts: names and labels are in it, and special characters escaped.
func TestSVG(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Draw(&b, SVG, []Run{{"a<b>&c", rows(50, 1), true}, {"d", rows(50, 0), true}}, Options{}))
	text := b.String()
	for _, want := range []string{"Wasserstein estimate", "penalty", "critic loss + penalty", "generator loss", "generator step", "a&lt;b&gt;&amp;c"} {
		assert.Contains(t, text, want)
	}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		_, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
	}
	var again bytes.Buffer
	require.NoError(t, Draw(&again, SVG, []Run{{"a<b>&c", rows(50, 1), true}, {"d", rows(50, 0), true}}, Options{}))
	assert.Equal(t, text, again.String())
}

// What is drawn if nobody says.
func TestUsual(t *testing.T) {
	for _, c := range []struct {
		runs []Run
		want []Quantity
	}{
		{[]Run{{"a", rows(3, 1), true}}, []Quantity{Distance, Penalty, CriticLossGP, GeneratorLoss}},
		{[]Run{{"a", rows(3, 0), true}}, []Quantity{Distance, GeneratorLoss}},
		{[]Run{{"a", rows(3, 0), false}, {"b", rows(3, 0), true}}, []Quantity{CriticLoss, GeneratorLoss}},
	} {
		assert.Equal(t, c.want, usual(c.runs))
	}
	s := report.Scalars{CriticLoss: -2, CriticLossGP: 3, Penalty: 5, GeneratorLoss: 7, ImagesPerSecond: 9}
	for name, want := range map[Quantity]float64{Distance: 2, CriticLoss: -2, CriticLossGP: 3, Penalty: 5, GeneratorLoss: 7, Speed: 9} {
		at, err := find(name)
		require.NoError(t, err)
		assert.Equal(t, want, quantities[at].of(s), name)
	}
}

// Values that are not finite are gaps; a constant curve, a single point and hundreds of thousands are drawn.
func TestOddCurves(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	odd := rows(10, 0)
	odd[3].CriticLoss, odd[4].CriticLoss = nan, inf
	many := rows(300_000, 0)
	flat := make([]report.Scalars, 7)
	huge := []report.Scalars{{Step: 0, CriticLoss: -math.MaxFloat32}, {Step: math.MaxInt32, CriticLoss: math.MaxFloat32}}
	for name, list := range map[string][]report.Scalars{"odd": odd, "one": odd[:1], "many": many, "flat": flat, "huge": huge} {
		for _, f := range []Format{PNG, SVG} {
			assert.NoError(t, Draw(io.Discard, f, []Run{{name, list, false}}, Options{Smoothing: 0.5}), name)
		}
	}
	for _, list := range [][]report.Scalars{nil, odd[3:5]} {
		assert.ErrorIs(t, Draw(io.Discard, PNG, []Run{{"x", list, false}}, Options{Quantities: []Quantity{CriticLoss}}), ErrNoPoints)
	}
	nine := make([]Run, 9)
	for i := range nine {
		nine[i] = Run{strings.Repeat("i", i+1), odd, false}
	}
	assert.NoError(t, Draw(io.Discard, SVG, nine, Options{}))
}

func TestErrors(t *testing.T) {
	runs := []Run{{"a", rows(3, 0), false}}
	for want, err := range map[string]error{
		"no runs":               Draw(io.Discard, PNG, nil, Options{}),
		"smoothing 1":           Draw(io.Discard, PNG, runs, Options{Smoothing: 1}),
		"smoothing NaN":         Draw(io.Discard, PNG, runs, Options{Smoothing: math.NaN()}),
		"99×260 pixels":         Draw(io.Discard, PNG, runs, Options{Width: 99}),
		"900×16384 pixels":      Draw(io.Discard, PNG, runs, Options{Height: 16384}),
		"steps 5 to 3":          Draw(io.Discard, PNG, runs, Options{From: 5, To: 3}),
		`format "gif"`:          Draw(io.Discard, "gif", runs, Options{}),
		`quantity "loss": want`: Draw(io.Discard, PNG, runs, Options{Quantities: []Quantity{"loss"}}),
		"short write":           Draw(full{}, PNG, runs, Options{}),
	} {
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "plot: ")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestSmooth(t *testing.T) {
	list := []point{{0, 3}, {1, 3}, {2, 3}, {5, 7}}
	got := smooth(list, 0.5)
	assert.Equal(t, []point{{0, 3}, {1, 3}, {2, 3}}, got[:3], "a constant stays what it is")
	assert.InDelta(t, (0.5*7+0.25*3+0.125*3+0.0625*3)/(1-0.0625), got[3].y, 1e-12)
	assert.Equal(t, 5.0, got[3].x)
}

func TestThin(t *testing.T) {
	list := make([]point, 100_000)
	for i := range list {
		list[i] = point{float64(i), math.Sin(float64(i) / 1e4)}
	}
	list[31_415].y, list[31_416].y = 9, -9
	got := thin(list)
	assert.Len(t, got, 2*most)
	assert.Contains(t, got, point{31_415, 9})
	assert.Contains(t, got, point{31_416, -9})
	for i := range got[1:] {
		require.LessOrEqual(t, got[i].x, got[i+1].x)
	}
	assert.Equal(t, list[:2*most], thin(list[:2*most]))
}

func TestTicks(t *testing.T) {
	labels := func(lo, hi float64) (all []string) {
		for _, k := range (ticks{}).Ticks(lo, hi) {
			all = append(all, k.Label)
		}
		return all
	}
	assert.Equal(t, []string{"-40", "-30", "-20", "-10", "0"}, labels(-40, 5))
	assert.Equal(t, []string{"0.00", "0.02", "0.04", "0.06", "0.08", "0.10"}, labels(0, 0.101))
	assert.Equal(t, []string{"0", "5000", "10000"}, labels(0, 14_000))
	assert.Equal(t, []string{"3"}, labels(3, 3))
	assert.LessOrEqual(t, len(labels(-math.MaxFloat64/4, math.MaxFloat64/4)), 20)
}
