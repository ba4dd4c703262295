package soak

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// curve is a quantity over the steps.
type curve struct {
	name string
	of   func(sample) float64
}

// draw writes memory above goroutines and files, over the steps, as SVG.
func draw(w io.Writer, samples []sample) error {
	memory, err := panel(samples, "MB", curve{"resident", func(s sample) float64 { return float64(s.Resident) / 1e6 }},
		curve{"heap", func(s sample) float64 { return float64(s.Heap) / 1e6 }})
	if err != nil {
		return err
	}
	counts, err := panel(samples, "number", curve{"goroutines", func(s sample) float64 { return float64(s.Goroutines) }},
		curve{"open files", func(s sample) float64 { return float64(s.Files) }})
	if err != nil {
		return err
	}
	counts.X.Label.Text = "generator steps"
	canvas := vgsvg.New(18*vg.Centimeter, 14*vg.Centimeter)
	parts := [][]*plot.Plot{{memory}, {counts}}
	tiles := vgdraw.Tiles{Rows: 2, Cols: 1, PadTop: 6, PadBottom: 6, PadLeft: 6, PadRight: 18, PadY: 8}
	for i, c := range plot.Align(parts, tiles, vgdraw.New(canvas)) {
		parts[i][0].Draw(c[0])
	}
	_, err = canvas.WriteTo(w)
	return err
}

// panel has curves over the steps, from 0 on.
func panel(samples []sample, label string, curves ...curve) (*plot.Plot, error) {
	p := plot.New()
	p.Y.Label.Text, p.Y.Min, p.BackgroundColor = label, 0, color.White
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	top := 0.0
	for i, c := range curves {
		points := make(plotter.XYs, len(samples))
		for j, s := range samples {
			points[j] = plotter.XY{X: float64(s.Step), Y: c.of(s)}
			top = max(top, points[j].Y)
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color = []color.RGBA{{0, 114, 178, 255}, {213, 94, 0, 255}}[i]
		p.Add(line)
		p.Legend.Add(c.name, line)
	}
	p.Y.Min, p.Y.Max = 0, 1.3*top
	return p, nil
}
