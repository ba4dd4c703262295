package plot

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"ganlib/report"
)

// Run is a training whose curves are drawn.
type Run struct {
	Name        string
	Rows        []report.Scalars
	Wasserstein bool // the critic's loss is a distance with a minus
}

// Options of a picture; the zero value is the usual one.
type Options struct {
	Quantities []Quantity // from top to bottom; none: what the runs have
	Smoothing  float64    // weight of the past in [0,1); the curve as it is lies faintly behind; 0: none
	Width      int        // pixels, 0: 900
	Height     int        // of each quantity, pixels, 0: 260
	From, To   int64      // steps to draw; To 0: all
}

// Format is how a picture is written.
type Format string

const (
	PNG Format = "png"
	SVG Format = "svg"
)

// ErrNoPoints reports runs without a finite value to draw.
var ErrNoPoints = errors.New("plot: nothing to draw: no run has a finite value at these steps")

// maxSide is the largest side of a picture, in pixels.
const maxSide = 16_384

// pixel is its size: CSS and SVG count 96 in an inch.
const pixel = vg.Inch / 96

// colours are those of Okabe and Ito, which people with colour blindness tell apart too.
var colours = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255}, {90, 90, 90, 255},
}

// Draw writes the curves of runs, each quantity in a part of its own, one above the other. Values that
// are not finite are left out.
func Draw(w io.Writer, f Format, runs []Run, o Options) (err error) {
	defer func() {
		if p := recover(); p != nil { // gonum/plot panics where it cannot draw
			err = fmt.Errorf("plot: %v", p)
		}
	}()
	if o, err = o.complete(runs); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	parts := make([][]*plot.Plot, len(o.Quantities))
	drawn := false
	for i, q := range o.Quantities {
		p, any, err := o.part(q, runs, i == len(o.Quantities)-1, i == 0)
		if err != nil {
			return fmt.Errorf("plot: %w", err)
		}
		parts[i], drawn = []*plot.Plot{p}, drawn || any
	}
	if !drawn {
		return ErrNoPoints
	}
	width, height := vg.Length(o.Width)*pixel, vg.Length(o.Height*len(parts))*pixel
	var canvas vg.CanvasSizer
	var written io.WriterTo
	switch f {
	case PNG:
		c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(96))
		canvas, written = c, vgimg.PngCanvas{Canvas: c}
	case SVG:
		c := vgsvg.New(width, height)
		canvas, written = c, c
	default:
		return fmt.Errorf("plot: format %q: want %s or %s", f, PNG, SVG)
	}
	tiles := draw.Tiles{Rows: len(parts), Cols: 1, PadTop: 6, PadBottom: 6, PadLeft: 6, PadRight: 12, PadY: 8}
	for i, c := range plot.Align(parts, tiles, draw.New(canvas)) {
		parts[i][0].Draw(c[0])
	}
	if _, err := written.WriteTo(w); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

// complete checks options, and replaces those that were left out.
func (o Options) complete(runs []Run) (Options, error) {
	if len(o.Quantities) == 0 {
		o.Quantities = usual(runs)
	}
	if o.Width == 0 {
		o.Width = 900
	}
	if o.Height == 0 {
		o.Height = 260
	}
	if o.To == 0 {
		o.To = math.MaxInt64
	}
	switch {
	case len(runs) == 0:
		return o, errors.New("no runs")
	case !(o.Smoothing >= 0 && o.Smoothing < 1):
		return o, fmt.Errorf("smoothing %v: want 0 to below 1", o.Smoothing)
	case o.Width < 100 || o.Width > maxSide || o.Height < 60 || o.Height > maxSide/len(o.Quantities):
		return o, fmt.Errorf("%d×%d pixels for each of %d quantities: want at least 100×60, and at most %d in all on a side", o.Width, o.Height, len(o.Quantities), maxSide)
	case o.From > o.To:
		return o, fmt.Errorf("steps %d to %d: want the first before the last", o.From, o.To)
	}
	return o, nil
}

// part draws one quantity, and reports whether there was anything to draw.
func (o Options) part(q Quantity, runs []Run, last, first bool) (*plot.Plot, bool, error) {
	at, err := find(q)
	if err != nil {
		return nil, false, err
	}
	p := plot.New()
	p.Y.Label.Text = quantities[at].label
	if last {
		p.X.Label.Text = "generator step"
	}
	p.Y.Tick.Marker, p.X.Tick.Marker = ticks{}, ticks{}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
	drawn := false
	var over []plot.Plotter // smoothed curves lie above all others
	for i, r := range runs {
		list := points(r.Rows, quantities[at].of, o.From, o.To)
		if len(list) == 0 {
			continue
		}
		drawn = true
		strong := colours[i%len(colours)]
		width := vg.Points(1.2)
		if o.Smoothing > 0 {
			faint, err := line(thin(list), pale(strong), vg.Points(0.7))
			if err != nil {
				return nil, false, err
			}
			p.Add(faint)
			list, width = smooth(list, o.Smoothing), vg.Points(1.6)
		}
		curve, err := line(thin(list), strong, width)
		if err != nil {
			return nil, false, err
		}
		if i >= len(colours) {
			curve.Dashes = []vg.Length{vg.Points(float64(2 * (i / len(colours)))), vg.Points(2)}
		}
		over = append(over, curve)
		if first && len(runs) > 1 {
			p.Legend.Add(r.Name, curve)
		}
	}
	p.Add(over...)
	p.Legend.Top, p.Legend.Padding = true, vg.Points(2)
	if first && len(runs) == 1 {
		p.Title.Text = runs[0].Name
	}
	for _, f := range []*font.Font{&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		f.Variant = "Sans"
	}
	return p, drawn, nil
}

// curve is a line that is drawn a piece at a time: the rasteriser looks through all pixels that a stroke
// has in a row, which takes long where it has many.
type curve struct{ *plotter.Line }

// pieceLength is how many points a piece has.
const pieceLength = 64

// Plot implements [plot.Plotter]. Pieces share a segment, so that their joint is as others.
func (c curve) Plot(canvas draw.Canvas, p *plot.Plot) {
	for at := 0; at == 0 || at+2 < len(c.XYs); at += pieceLength {
		piece := *c.Line
		piece.XYs = c.XYs[at:min(at+pieceLength+2, len(c.XYs))]
		piece.Plot(canvas, p)
	}
}

func line(list []point, c color.Color, width vg.Length) (curve, error) {
	xy := make(plotter.XYs, len(list))
	for i, p := range list {
		xy[i] = plotter.XY{X: p.x, Y: p.y}
	}
	l, err := plotter.NewLine(xy)
	if err != nil {
		return curve{}, err
	}
	l.Color, l.Width = c, width
	return curve{l}, nil
}

// pale is a colour at a third of its strength, on white.
func pale(c color.RGBA) color.RGBA {
	mix := func(v uint8) uint8 { return uint8((int(v) + 2*255) / 3) }
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255}
}
