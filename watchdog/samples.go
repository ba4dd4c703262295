package watchdog

import (
	"fmt"
	"math"

	"ganlib/device"
	"ganlib/variants"
)

const (
	collapsed      = 0.01 // share of the data's distance
	collapsedLooks = 3
	dataSamples    = 64
)

// samples is what is remembered of them.
type samples struct {
	distance float64 // of two images of the data, in the root mean square; 0 until it is known
	narrow   int     // looks in a row at which samples were close together
	values   []float32
}

// lookAtSamples compares how far apart samples are with how far apart the data are: a generator that has
// collapsed makes the same from every z (Goodfellow 2016, "NIPS 2016 tutorial", section 5.1.1).
func (w *Watchdog) lookAtSamples(t *variants.Trainer) error {
	seen := &w.samples
	step := t.Progress().GeneratorSteps - 1
	if w.options.Workspace == nil {
		w.options.Workspace = device.NewWorkspace(t.Variant().Networks().Generator.Device())
	}
	if seen.distance == 0 {
		d, err := w.dataDistance(t)
		if err != nil {
			return fmt.Errorf("watchdog: data: %w", err)
		}
		if d == 0 {
			return w.report(newEvent(step, ConstantData, "%d images of it are all the same", min(dataSamples, t.Data().Len())))
		}
		seen.distance = d
	}
	d, err := w.sampleDistance(t)
	if err != nil {
		return fmt.Errorf("watchdog: samples: %w", err)
	}
	seen.narrow++
	if !(d < collapsed*seen.distance) {
		seen.narrow = 0
	}
	if seen.narrow < collapsedLooks {
		return nil
	}
	e := newEvent(step, CollapsedSamples, "samples are %.3g apart in the mean, images of the data %.3g", d, seen.distance)
	e.Network = "generator"
	return w.report(e)
}

// dataDistance returns the distance of some images of the data.
func (w *Watchdog) dataDistance(t *variants.Trainer) (float64, error) {
	ws, data := w.options.Workspace, t.Data()
	n := min(dataSamples, data.Len())
	ws.Reset()
	x := ws.New(data.Shape().Batch(n))
	// In the data set's own order, which may be sorted by class, neighbours could be alike.
	order := device.Permutation{Random: device.Random{Seed: t.Config().Seed, Stream: device.Stream("watchdog: data")}, N: data.Len()}
	if err := data.Gather(x, order, 0, nil); err != nil {
		return 0, err
	}
	return w.distance(x)
}

// sampleDistance returns the distance of samples from the run's fixed noise.
func (w *Watchdog) sampleDistance(t *variants.Trainer) (float64, error) {
	ws, generator := w.options.Workspace, t.Variant().Networks().Generator
	ws.Reset()
	z := ws.New(generator.Input().Batch(w.options.Samples))
	if err := t.FixedNoise(z); err != nil {
		return 0, err
	}
	x, err := variants.Generate(generator, ws, z)
	if err != nil {
		return 0, err
	}
	return w.distance(x)
}

// distance returns the root mean square of the distances between the rows of x: the square root of
// 2·n/(n−1) times the sum of the variances of their elements.
func (w *Watchdog) distance(x *device.Tensor) (float64, error) {
	n := x.Shape()[0]
	if cap(w.samples.values) < x.Len() {
		w.samples.values = make([]float32, x.Len())
	}
	values := w.samples.values[:x.Len()]
	if err := x.CopyTo(values); err != nil || n < 2 {
		return 0, err
	}
	width := len(values) / n
	sum := 0.0
	for j := range width {
		mean := 0.0
		for i := j; i < len(values); i += width {
			mean += float64(values[i])
		}
		mean /= float64(n)
		for i := j; i < len(values); i += width {
			d := float64(values[i]) - mean
			sum += d * d
		}
	}
	return math.Sqrt(2 * sum / float64(n-1)), nil
}
