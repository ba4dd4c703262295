package runner

import (
	"bytes"
	"image"
	"image/png"
	"slices"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/report"
	"ganlib/report/events"
	"ganlib/runs"
	"ganlib/variants"
)

// picture adds a picture, given as a PNG file.
func (l *eventLog) picture(at moment, logs, tag string, img image.Image, encoded []byte) {
	if l == nil {
		return
	}
	size := img.Bounds().Size()
	l.write(logs, at, tag, events.Image{Width: size.X, Height: size.Y, Channels: 3, Encoded: encoded})
}

// quickPNG encodes pictures that are real, and not needed small.
var quickPNG = png.Encoder{CompressionLevel: png.BestSpeed}

// writeReal adds what only the event files have: the real samples of the last critic step, as they are in the
// data set: none is mirrored. Points are the same at all times, and shown once.
func (s *pictureSet) writeReal() error {
	r := s.r
	if r.events.ended() {
		return nil
	}
	var img image.Image
	var err error
	switch set := r.data.Set; {
	case set != nil:
		n := min(s.real.N, gridSize(r.config))
		x := make([]float32, 0, n*set.H*set.W*set.C)
		for i := range n {
			for _, v := range set.Image(s.real.Index(i)) {
				x = append(x, float32(v)/127.5-1)
			}
		}
		img, err = report.Grid(x, n, set.H, set.W, set.C, report.GridOptions{Columns: r.config.GridColumns})
	case s.first:
		xy := r.data.Points.XY
		img, err = report.Scatter(xy[:min(len(xy), 2*scatterPoints)], nil)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := quickPNG.Encode(&b, img); err != nil {
		return err
	}
	r.events.picture(s.at, runs.RealLogs, tagReal, img, b.Bytes())
	return nil
}

// lastBatch returns the batch before the place next in the data.
func lastBatch(c datasets.OrderConfig, next datasets.Cursor) datasets.Batch {
	place := datasets.Cursor{Pass: next.Pass, Position: next.Position - c.Batch}
	if next.Position == 0 {
		place = datasets.Cursor{Pass: next.Pass - 1, Position: (c.Batches() - 1) * c.Batch}
	}
	o, err := datasets.NewOrder(c)
	if err == nil {
		err = o.Seek(place)
	}
	if err != nil { // no step was made
		return datasets.Batch{}
	}
	return o.Next()
}

// histograms adds where the weights and the last gradients of both networks lie, if that has not been
// done for so long that it takes next to no time.
func (l *eventLog) histograms(t *variants.Trainer) error {
	if l.ended() {
		return nil
	}
	start := l.r.now()
	if !l.rested.IsZero() && start.Sub(l.rested).Seconds()*histogramShare < l.took.Seconds() {
		return nil
	}
	nets := t.Variant().Networks()
	x := l.r.lastMoment()
	for _, net := range []struct {
		logs string
		net  *layers.Network
	}{{generatorLogs, nets.Generator}, {criticLogs, nets.Critic}} {
		for _, p := range net.net.Params() {
			if err := l.histogram(net.logs, x, "weights/"+p.Name, p.Value); err != nil {
				return err
			}
			if err := l.histogram(net.logs, x, "gradients/"+p.Name, p.Grad); err != nil {
				return err
			}
		}
	}
	l.flush()
	l.rested = l.r.now()
	l.took = min(l.rested.Sub(start), longestWork)
	return nil
}

func (l *eventLog) histogram(logs string, x moment, tag string, t *device.Tensor) error {
	values := device.Data[float32](t)
	if values == nil { // they lie elsewhere
		l.values = slices.Grow(l.values[:0], t.Len())[:t.Len()]
		if err := t.CopyTo(l.values); err != nil {
			return err
		}
		values = l.values
	}
	if h, ok := events.NewHistogram(values); ok {
		l.write(logs, x, tag, h)
	}
	return nil
}
