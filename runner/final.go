package runner

import (
	"fmt"
	"io"

	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/report"
	"ganlib/runs"
	"ganlib/variants"
)

// The samples at the end of a run.
const (
	finalPicture = "generated_img_final.png"
	finalScores  = "generated_img_final.csv"
	finalPoints  = 10_000 // of a toy set
)

// streamFinal is the noise of the final samples.
var streamFinal = device.Stream("runner: final samples")

// finalSamples returns how many samples a run of c shows at its end.
func finalSamples(c config.Config) int {
	if c.ImageSize == 0 {
		return finalPoints
	}
	return c.GridImages
}

// finalPictures writes GRID_IMAGES fresh samples, of keras-wgan with the critic's score of each, or of
// a toy set a picture of 10,000 points.
func (r *Runner) finalPictures(t *variants.Trainer) error {
	n := finalSamples(r.config)
	samples, err := r.fresh(t, n)
	if err != nil {
		return fmt.Errorf("runner: final samples: %w", err)
	}
	to := place{path: r.run.Join(runs.GridFolder, finalPicture)}
	switch r.info.Networks {
	case config.NetToy:
		r.modes(samples)
		return r.scatter(to, moment{}, samples)
	case config.NetKeras:
		return firstError(r.grid(to, samples, n), func() error { return r.score(t, samples, n, to.path) })
	}
	return r.grid(to, samples, n)
}

// fresh makes n samples in evaluation mode, a batch at a time.
func (r *Runner) fresh(t *variants.Trainer, n int) ([]float32, error) {
	generator := t.Variant().Networks().Generator
	r.ws.Reset()
	noise := r.ws.New(generator.Input().Batch(n))
	stream := device.Random{Seed: r.config.Seed, Stream: streamFinal}
	draw := kernels.Normal(noise, 0, 1, stream)
	if r.config.ZDist == "uniform" {
		draw = kernels.Uniform(noise, -1, 1, stream)
	}
	if draw != nil {
		return nil, draw
	}
	samples := make([]float32, 0, n*generator.Output().Len())
	for at := 0; at < n; at += r.config.BatchSize {
		part, err := r.generate(generator, r.ws.Rows(noise, at, min(at+r.config.BatchSize, n)), layers.Eval)
		if err != nil {
			return nil, err
		}
		samples = append(samples, part...)
	}
	return samples, nil
}

// score prints and writes the critic's score of every sample, computed on exactly the samples shown;
// under score-rescaled, on 0.5x+0.5.
func (r *Runner) score(t *variants.Trainer, samples []float32, n int, picture string) error {
	critic := t.Variant().Networks().Critic
	if r.config.Compat.Has(config.SwitchScoreRescaled) {
		rescaled := make([]float32, len(samples))
		for i, x := range samples {
			rescaled[i] = 0.5*x + 0.5
		}
		samples = rescaled
	}
	length := critic.Input().Len()
	var scores []float32
	for at := 0; at < n; at += r.config.BatchSize {
		end := min(at+r.config.BatchSize, n)
		r.ws.Reset()
		x := r.ws.New(critic.Input().Batch(end - at))
		if err := x.CopyFrom(samples[at*length : end*length]); err != nil {
			return err
		}
		part, err := r.generate(critic, x, layers.Eval)
		if err != nil {
			return err
		}
		scores = append(scores, part...)
	}
	r.console.print("Generated Images: " + picture)
	for i, s := range scores {
		r.console.print(fmt.Sprintf("Image %d - Discriminator Prediction: %s", i+1, number(s)))
	}
	return runs.WriteFileFS(r.options.fs, r.run.Join(runs.GridFolder, finalScores), func(w io.Writer) error {
		return report.WriteScores(w, scores)
	})
}
