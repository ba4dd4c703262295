package page

import (
	"context"
	"fmt"
	"image"

	"ganlib/config"
	"ganlib/report"
	"ganlib/sampler"
)

// Bounds of a [Latent].
const (
	MaxPictures   = 16
	MinTruncation = 0.05
	MaxTruncation = 8

	pointsDrawn = 1000 // of a generator of points, whatever N is
)

// Latent is the noise of a picture: between samples of two seeds, and truncated.
type Latent struct {
	Seed       uint64  `json:"seed,string"`
	To         uint64  `json:"to,string"`
	At         float64 `json:"at"`         // place between Seed, 0, and To, 1
	Truncation float64 `json:"truncation"` // largest size of a latent number, as [sampler.Truncate] has it; 0: as drawn
	N          int     `json:"n"`          // samples, 1 to MaxPictures
}

// Validate reports a number that is out of range.
func (l Latent) Validate() error {
	switch {
	case !(l.At >= 0 && l.At <= 1):
		return fmt.Errorf("page: latent: at %v: want 0 to 1", l.At)
	case l.Truncation != 0 && !(l.Truncation >= MinTruncation && l.Truncation <= MaxTruncation):
		return fmt.Errorf("page: latent: truncation %v: want %v to %v, or 0 for none", l.Truncation, MinTruncation, MaxTruncation)
	case l.N < 1 || l.N > MaxPictures:
		return fmt.Errorf("page: latent: n %d: want 1 to %d", l.N, MaxPictures)
	}
	return nil
}

// samples makes the samples of l: number i lies on the way from sample i of one seed to sample i of the
// other, on a great circle if the noise is normal and on a line if it is uniform.
func (l Latent) samples(s *sampler.Sampler) ([]float32, error) {
	n := l.N
	if s.Shape().Rank() == 1 {
		n = pointsDrawn
	}
	z, err := s.Noise(l.Seed, 0, n)
	if err != nil {
		return nil, err
	}
	if l.At > 0 {
		to, err := s.Noise(l.To, 0, n)
		if err != nil {
			return nil, err
		}
		between := sampler.Slerp
		if s.Uniform() {
			between = sampler.Lerp
		}
		length := len(z) / n
		for i := range n {
			row := z[i*length : (i+1)*length]
			between(row, row, to[i*length:(i+1)*length], l.At)
		}
	}
	sampler.Truncate(z, l.Truncation, s.Uniform())
	return s.Generate(z)
}

// draw shows samples of the given shape as the command sample does: images as a grid, points as a plot.
func draw(s *sampler.Sampler, x []float32, c config.Config) (image.Image, error) {
	shape := s.Shape()
	if shape.Rank() == 1 {
		return report.Scatter(nil, x)
	}
	return report.Grid(x, len(x)/shape.Len(), shape[0], shape[1], shape[2], report.GridOptions{Columns: c.GridColumns})
}

// Painting is a picture, and the generator step after which it was made.
type Painting struct {
	Image image.Image
	Step  int64
}

// Painter makes pictures of noise. Several goroutines may use one.
type Painter interface {
	Paint(ctx context.Context, l Latent) (*Painting, error)
}
