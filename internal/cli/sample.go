package cli

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/words"
	"ganlib/presets"
	"ganlib/report"
	"ganlib/runs"
)

// Limits and defaults of pictures, in pixels.
const (
	maxSide    = 16_384      // of a picture's side, as in package report
	maxPixels  = 100_000_000 // of a grid
	singleSize = 220         // width of one sample, as in the CatFaces tutorial
)

// sampleOptions are the flags of sample.
type sampleOptions struct {
	path, out, scores string
	device, engine    string
	precision         string
	n, size           int
	tuned             bool
	seed              uint64
	memory            maxMemory
}

func (a *app) sampleCommand() *cobra.Command {
	o := sampleOptions{n: 64, out: "grid.png"}
	cmd := &cobra.Command{
		Use: "sample --path RUN", Aliases: []string{"run"}, Short: "Draw samples from a trained generator into a picture",
		Long: "Sample loads the generator of a run's newest checkpoint, or of a checkpoint file, and writes samples in\n" +
			"evaluation mode into a PNG picture: images as a grid, points as a scatter plot over the real ones.\n" +
			"A seed always gives the same samples. Called as run, it draws a single one. A file of PyTorch, NumPy,\n" +
			"safetensors or Keras with a preset's generator will do too: the preset is told by its tensors.",
		Args: atMost(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkEngine(cmd, o.engine); err != nil {
				return err
			}
			if err := checkPrecision(o.precision); err != nil {
				return err
			}
			given := cmd.Flags().Changed
			if cmd.CalledAs() == "run" && !given("n") {
				o.n = 1
			}
			switch {
			case o.path == "":
				return usagef("--path: want a run's folder or a checkpoint file")
			case o.n < 1:
				return usagef("--n %d: want at least 1", o.n)
			case given("size") && (o.size < 1 || o.size > maxSide):
				return usagef("--size %d: want a width of 1 to %d pixels", o.size, maxSide)
			case o.out == "" || given("scores") && o.scores == "":
				return usagef("--out and --scores: want the path of a file")
			case o.out == o.scores:
				return usagef("--out and --scores: want two different files, got %s for both", printable(o.out))
			}
			return a.sample(cmd.Context(), o, given("n"))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.path, "path", "", "folder of a run, or checkpoint `FILE`")
	f.IntVar(&o.n, "n", o.n, "draw `N` samples; called as run: 1")
	f.Uint64Var(&o.seed, "seed", 0, "`I`, the seed of the noise")
	f.StringVar(&o.out, "out", o.out, "picture `FILE` to write; an old one is replaced")
	f.IntVar(&o.size, "size", 0, "scale the picture to `PX` pixels wide, also spelled --figsize; otherwise samples keep their own size, and a single one is 220 wide")
	f.StringVar(&o.scores, "scores", "", "`FILE` for a table of the critic's score of each sample (CSV); it and the picture then have the samples in the order of their scores, the highest first")
	f.StringVar(&o.device, "device", "cpu", "compute on `D`: auto, cpu, cuda, cuda:N or ptxsim")
	complete(cmd, "device", deviceWords)
	engineFlag(cmd, &o.engine)
	precisionFlag(cmd, &o.precision)
	tunedFlag(cmd, &o.tuned)
	o.memory.register(cmd)
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "figsize" {
			name = "size"
		}
		return pflag.NormalizedName(name)
	})
	f.SortFlags = false
	return cmd
}

// pointsDrawn is the number of samples in a scatter plot if none is given.
const pointsDrawn = 1000

func (a *app) sample(ctx context.Context, o sampleOptions, numbered bool) error {
	defer o.memory.hold()()
	d := o.drawing()
	if o.tuned {
		d.opened = a.tunedSampling
	}
	s, err := samplerAt(o.path, device.Options{Name: o.device, Engine: o.engine, Precision: o.precision}, d)
	if err != nil {
		return err
	}
	defer s.Close()
	points := s.Shape().Rank() == 1
	if points && !numbered {
		o.n = pointsDrawn
	}
	x, err := a.draw(ctx, s, o)
	if err != nil {
		return err
	}
	var scores []float32
	var order []int
	if o.scores != "" {
		if scores, err = s.Scores(x, o.n); err != nil {
			return err
		}
		order = report.Rank(scores)
		x = inOrder(x, order)
	}
	img, err := picture(ctx, s, x, o, points)
	if err != nil {
		return err
	}
	if err := writePNG(o.out, img); err != nil {
		return err
	}
	size := img.Bounds().Size()
	if _, err := fmt.Fprintf(a.out, "%s: %d×%d pixels, %s of seed %d from %s\n",
		printable(o.out), size.X, size.Y, words.Counted(o.n, "sample"), o.seed, printable(s.file)); err != nil {
		return err
	}
	if o.scores == "" {
		return nil
	}
	if err := runs.WriteFile(o.scores, func(w io.Writer) error { return report.WriteRanking(w, order, scores) }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: %s\n", printable(o.scores), words.Counted(o.n, "score"))
	return err
}

// drawing is what the samples and their picture take: numbers, ranked ones again, and pixels, scaled ones
// again.
func (o sampleOptions) drawing() drawing {
	return drawing{limit: o.memory, flag: "--n", n: o.n, scores: o.scores != "", fits: o.fits, bytes: func(c config.Config, sample device.Shape, n int) (bytes, piece int64) {
		numbers := 4 * int64(n) * int64(sample.Len())
		if o.scores != "" {
			numbers *= 2
		}
		all := pixels(c, sample, n)
		if o.size > 0 {
			all += scaled(c, sample, n, o.size)
		}
		scaling := sums(c, sample, n, o.size)
		return numbers + 4*all + scaling, scaling
	}}
}

// inOrder returns samples in another order.
func inOrder(x []float32, order []int) []float32 {
	length := len(x) / len(order)
	out := make([]float32, 0, len(x))
	for _, i := range order {
		out = append(out, x[i*length:(i+1)*length]...)
	}
	return out
}

// fits checks that the picture will not be too large.
func (o sampleOptions) fits(c config.Config, sample device.Shape) error {
	most := 1_000_000
	if sample.Rank() == 3 {
		h, w := sample[0]+2, sample[1]+2
		most = min((maxSide-2)/h*columns(c), maxPixels/(h*w))
	}
	if o.n > most {
		return fmt.Errorf("sample: --n %d: want at most %d of this generator's samples in one picture", o.n, most)
	}
	return nil
}

// draw makes the samples a few at a time, so that an interrupt is seen.
func (a *app) draw(ctx context.Context, s *openSampler, o sampleOptions) ([]float32, error) {
	const few = 64
	x := make([]float32, 0, o.n*s.Shape().Len())
	for at := 0; at < o.n; at += few {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := s.Sample(o.seed, at, min(few, o.n-at))
		if err != nil {
			return nil, err
		}
		x = append(x, part...)
		done := min(at+few, o.n)
		a.console.progress("samples", int64(done), int64(o.n), func() string { return fmt.Sprintf("sample %d/%d", done, o.n) })
	}
	a.console.end()
	return x, nil
}

// picture shows the samples at the width that was asked for.
func picture(ctx context.Context, s *openSampler, x []float32, o sampleOptions, points bool) (image.Image, error) {
	var img image.Image
	if points {
		real, err := realPoints(ctx, s.Config())
		if err != nil {
			return nil, err
		}
		if img, err = report.Scatter(real, x); err != nil {
			return nil, err
		}
	} else {
		shape, err := s.Shape(), error(nil)
		if img, err = report.Grid(x, o.n, shape[0], shape[1], shape[2], report.GridOptions{Columns: columns(s.Config())}); err != nil {
			return nil, err
		}
	}
	switch {
	case o.size > 0:
		return report.Scale(img, o.size)
	case o.n == 1 && !points:
		return report.Scale(img, singleSize)
	}
	return img, nil
}

// columns returns the number of samples in a row.
func columns(c config.Config) int {
	if c.GridColumns < 1 {
		return 8
	}
	return c.GridColumns
}

// realPoints returns some of the points that a toy system was trained on.
func realPoints(ctx context.Context, c config.Config) ([]float32, error) {
	c.DataSize = min(c.DataSize, 5*pointsDrawn)
	d, err := presets.OpenData(ctx, c, presets.DataOptions{})
	if err != nil {
		return nil, err
	}
	if d.Points == nil {
		return nil, fmt.Errorf("sample: preset %s: its samples are points, its data are not", c.Preset)
	}
	return d.Points.XY, nil
}

func writePNG(path string, img image.Image) error {
	return runs.WriteFile(path, func(w io.Writer) error { return png.Encode(w, img) })
}
