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

// pictureStep draws samples after the first step, so that there soon is something to see, and when
// SAMPLE_EVERY says so; at the end the final ones.
//
// But for those of the last step, pictures are made and written beside the training. While one step's are being
// written another's may wait; a third step waits with drawing, so that the memory is what was planned.
func (r *Runner) pictureStep(t *variants.Trainer) error {
	due := r.picturesDue(t)
	if err := r.makeRoom(t, due); err != nil {
		return err
	}
	if due {
		set, err := r.drawPictures(t)
		if err != nil {
			return err
		}
		if !t.Done() {
			r.beside.add(set.write, func(err error) error { return r.samples.check(r.console, "the samples", err) })
			return nil
		}
		if err := set.write(); err != nil {
			return err
		}
	}
	if t.Done() {
		return r.finalPictures(t)
	}
	return nil
}

// makeRoom learns how writing beside the training ended, if it did, and waits until there is room for more, if
// something is due. In the last step nothing is left.
func (r *Runner) makeRoom(t *variants.Trainer, due bool) error {
	most := backlogMost
	switch {
	case t.Done():
		most = 0
	case due:
		most--
	}
	return r.beside.settle(most)
}

func (r *Runner) picturesDue(t *variants.Trainer) bool {
	due := r.sample.due(t)
	return due || t.Progress().GeneratorSteps == 1 && r.config.SampleEvery != (config.Every{})
}

// pictureSet is what the pictures of a step show, on the host. It needs nothing of the training, which goes on.
type pictureSet struct {
	r           *Runner
	at          moment
	paths       runs.Pictures
	fixed, last []float32      // samples of the fixed noise and of the last critic step's, (N,H,W,C) or (N,2)
	real        datasets.Batch // that the last critic step saw
	first       bool           // it is the run's first step
}

// drawPictures takes from the device what the step made last has to show: samples of the fixed noise and of the
// last critic step's. Histograms, which only the event files have, are added at once.
//
// The generator is in evaluation mode. The switch grid-train-mode runs it on both batches as in
// training, which moves its running averages.
func (r *Runner) drawPictures(t *variants.Trainer) (*pictureSet, error) {
	epoch, batch := t.LastBatch()
	s := &pictureSet{r: r, at: r.lastMoment(), paths: r.run.Pictures(epoch, batch), first: t.Progress().GeneratorSteps == 1}
	r.ws.Reset()
	var err error
	if s.fixed, s.last, err = r.draw(t); err != nil {
		return nil, fmt.Errorf("runner: samples: %w", err)
	}
	if r.info.Networks == config.NetToy {
		r.modes(s.fixed)
	}
	s.real = lastBatch(order(r.config, t.Data().Len()), t.Progress().Data)
	return s, r.events.histograms(t)
}

// write makes the pictures and writes them: a grid of the fixed noise, a grid of the last critic step's noise,
// and a single sample, that of the first fixed noise. A GRID_IMAGES of 1 means the single one alone. The
// switches grid-train-mode and log-last-batch take the single one from the second. Any goroutine may call it.
func (s *pictureSet) write() error {
	r := s.r
	defer r.events.push()
	if r.info.Networks == config.NetToy {
		for _, p := range []struct {
			points []float32
			place  place
		}{
			{s.fixed, place{s.paths.FixedGrid, runs.FakeFixedLogs, tagFixed}}, {s.last, place{s.paths.Grid, runs.FakeDifferentLogs, tagDifferent}},
		} {
			if err := r.scatter(p.place, s.at, p.points); err != nil {
				return err
			}
		}
		return s.writeReal()
	}
	single := s.fixed
	if c := r.config.Compat; c.Has(config.SwitchGridTrainMode) || c.Has(config.SwitchLogLastBatch) {
		single = s.last
	}
	var list []picture
	for _, g := range []struct {
		place   place
		samples []float32
		n       int
	}{
		{place{s.paths.FixedGrid, runs.FakeFixedLogs, tagFixed}, s.fixed, gridSize(r.config)},
		{place{s.paths.Grid, runs.FakeDifferentLogs, tagDifferent}, s.last, gridSize(r.config)},
		{place{s.paths.Single, runs.FakeSingularLogs, tagSingular}, single, 1},
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
	if err := r.show(s.at, list...); err != nil {
		return err
	}
	return s.writeReal()
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

// grid writes the first n samples as a picture, or as many as there are, that no event file has.
func (r *Runner) grid(to place, samples []float32, n int) error {
	p, err := r.gridOf(to, samples, n)
	if err != nil {
		return err
	}
	return r.show(moment{}, p)
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
func (r *Runner) scatter(to place, at moment, points []float32) error {
	real := r.data.Points.XY
	img, err := report.Scatter(real[:min(len(real), 2*scatterPoints)], points)
	if err != nil {
		return err
	}
	return r.show(at, picture{to, img})
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

// show writes pictures to their places, in their order. They are encoded at the same time.
func (r *Runner) show(at moment, list ...picture) error {
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
			r.events.picture(at, p.to.logs, p.to.tag, p.img, encoded[i].Bytes())
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
