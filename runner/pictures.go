package runner

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"sync"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/report"
	"ganlib/runs"
	"ganlib/variants"
)

// scatterPoints is how many points of a toy set a picture shows.
const scatterPoints = 2000

// gridSize returns how many samples a picture of c shows during training.
func gridSize(c config.Config) int {
	if c.ImageSize == 0 {
		return scatterPoints
	}
	return min(c.GridImages, c.BatchSize)
}

// pictureStep writes samples after the first step, so that there soon is something to see, and when
// SAMPLE_EVERY says so; at the end the final ones.
func (r *Runner) pictureStep(t *variants.Trainer) error {
	if r.picturesDue(t) {
		if err := r.pictures(t); err != nil {
			return err
		}
	}
	if t.Done() {
		return r.finalPictures(t)
	}
	return nil
}

func (r *Runner) picturesDue(t *variants.Trainer) bool {
	due := r.sample.due(t)
	return due || t.Progress().GeneratorSteps == 1 && r.config.SampleEvery != (config.Every{})
}

// pictures writes the samples of the step made last: a grid of the fixed noise, a grid of the last
// critic step's noise, and a single sample, that of the first fixed noise. A GRID_IMAGES of 1 means
// the single one alone.
//
// The generator is in evaluation mode. The switch grid-train-mode runs it on both batches as in
// training, which moves its running averages, and takes the single sample from the second; the switch
// log-last-batch also takes it from there.
func (r *Runner) pictures(t *variants.Trainer) error {
	epoch, batch := t.LastBatch()
	paths := r.run.Pictures(epoch, batch)
	r.ws.Reset()
	fixed, last, err := r.draw(t)
	if err != nil {
		return fmt.Errorf("runner: samples: %w", err)
	}
	if r.info.Networks == config.NetToy {
		r.modes(fixed)
		for _, p := range []struct {
			points []float32
			place  place
		}{
			{fixed, place{paths.FixedGrid, runs.FakeFixedLogs, tagFixed}}, {last, place{paths.Grid, runs.FakeDifferentLogs, tagDifferent}},
		} {
			if err := r.scatter(p.place, p.points); err != nil {
				return err
			}
		}
		return r.eventPictures(t)
	}
	single := fixed
	if c := r.config.Compat; c.Has(config.SwitchGridTrainMode) || c.Has(config.SwitchLogLastBatch) {
		single = last
	}
	var list []picture
	for _, g := range []struct {
		place   place
		samples []float32
		n       int
	}{
		{place{paths.FixedGrid, runs.FakeFixedLogs, tagFixed}, fixed, gridSize(r.config)},
		{place{paths.Grid, runs.FakeDifferentLogs, tagDifferent}, last, gridSize(r.config)},
		{place{paths.Single, runs.FakeSingularLogs, tagSingular}, single, 1},
	} {
		if r.config.GridImages == 1 && g.place.tag != tagSingular {
			continue
		}
		p, err := r.gridOf(g.place, g.samples, g.n)
		if err != nil {
			return err
		}
		list = append(list, p)
	}
	if err := r.show(list...); err != nil {
		return err
	}
	return r.eventPictures(t)
}

// draw makes samples of the fixed noise and of the last critic step's, (N,H,W,C) or (N,2).
func (r *Runner) draw(t *variants.Trainer) (fixed, last []float32, err error) {
	generator := t.Variant().Networks().Generator
	mode, nFixed, nLast := layers.Eval, gridSize(r.config), gridSize(r.config)
	if r.config.Compat.Has(config.SwitchGridTrainMode) {
		mode, nFixed, nLast = layers.Train, r.config.BatchSize, r.lastBatch(t)
	}
	z := r.fixed
	if nFixed > r.config.BatchSize { // points: more rows of the same noise
		z = r.ws.New(generator.Input().Batch(nFixed))
		if err := t.FixedNoise(z); err != nil {
			return nil, nil, err
		}
	}
	if fixed, err = r.generate(generator, r.ws.Rows(z, 0, nFixed), mode); err != nil {
		return nil, nil, err
	}
	z = r.ws.New(generator.Input().Batch(nLast))
	if err := t.LastNoise(z); err != nil {
		return nil, nil, err
	}
	last, err = r.generate(generator, z, mode)
	return fixed, last, err
}

// generate runs the generator on noise and returns what it makes.
func (r *Runner) generate(generator *layers.Network, z *device.Tensor, mode layers.Mode) ([]float32, error) {
	mark := r.ws.Mark()
	defer r.ws.Release(mark)
	var tr layers.Trace
	samples, err := generator.Forward(&tr, r.ws, z, mode)
	if err != nil {
		return nil, err
	}
	return samples.Float32s()
}

// lastBatch returns the number of samples of the batch that the last critic step saw.
func (r *Runner) lastBatch(t *variants.Trainer) int {
	c := order(r.config, t.Data().Len())
	next := t.Progress().Data
	if next.Position > 0 || c.DropLast || c.N%c.Batch == 0 {
		return min(c.Batch, c.N)
	}
	return c.N % c.Batch
}

// place is where a picture goes: into a file and, unless it has no tag, into the event files of a folder.
type place struct{ path, logs, tag string }

// picture is an image and where it goes.
type picture struct {
	to  place
	img image.Image
}

// grid writes the first n samples as a picture, or as many as there are.
func (r *Runner) grid(to place, samples []float32, n int) error {
	p, err := r.gridOf(to, samples, n)
	if err != nil {
		return err
	}
	return r.show(p)
}

// gridOf makes the picture.
func (r *Runner) gridOf(to place, samples []float32, n int) (picture, error) {
	size := r.config.ImageSize
	length := size * size * r.config.ChannelsImg
	n = min(n, len(samples)/length)
	o := report.GridOptions{Columns: r.config.GridColumns}
	if r.config.GridRange == config.GridMinMax {
		o.Range = report.MinMax
	}
	img, err := report.Grid(samples[:n*length], n, size, size, r.config.ChannelsImg, o)
	return picture{to, img}, err
}

// scatter writes points over points of the data.
func (r *Runner) scatter(to place, points []float32) error {
	real := r.data.Points.XY
	img, err := report.Scatter(real[:min(len(real), 2*scatterPoints)], points)
	if err != nil {
		return err
	}
	return r.show(picture{to, img})
}

// modes prints how well points cover a toy set's modes, if it has any.
func (r *Runner) modes(points []float32) {
	set := *r.data.Points
	if len(set.Centres) == 0 {
		return
	}
	covered, share := datasets.Modes(points, set)
	r.console.print(fmt.Sprintf("Modes: %d of %d covered, %.1f %% of %d samples within 3 sigma of one", covered, len(set.Centres), 100*share, len(points)/2))
}

// show writes pictures to their places, in their order. They are encoded at the same time, since a GPU waits
// meanwhile.
func (r *Runner) show(list ...picture) error {
	encoded, errs := make([]bytes.Buffer, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	for i, p := range list {
		all.Go(func() { errs[i] = png.Encode(&encoded[i], p.img) })
	}
	all.Wait()
	for i, p := range list {
		if errs[i] != nil {
			return errs[i]
		}
		if p.to.tag != "" {
			r.events.picture(p.to.logs, p.to.tag, p.img, encoded[i].Bytes())
		}
		if err := r.write(p.to.path, encoded[i].Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// firstError calls next unless err is one already.
func firstError(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}
