package cli

import (
	"context"
	"fmt"
	"image"
	"time"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/words"
	"ganlib/report"
	"ganlib/sampler"
)

// walkOptions are the flags of walk.
type walkOptions struct {
	movie
	sampler.Path
	path, how      string
	device, engine string
	n              int
	memory         maxMemory
}

func (a *app) walkCommand() *cobra.Command {
	o := walkOptions{
		movie: movie{out: "walk.gif", fps: 15}, how: "slerp", n: 1,
		Path: sampler.Path{Keys: 6, Between: 20, Loop: true},
	}
	cmd := &cobra.Command{
		Use: "walk --path RUN", Short: "Walk through a generator's latent space, as a picture that moves",
		Long: "Walk goes from sample to sample of a seed, and writes what the generator makes on the way: as a GIF, or as an\n" +
			"animated PNG in full colour. Between two samples it takes a great circle (slerp), on which points are as\n" +
			"long as noise is, or a straight line (lerp). Several walks are shown side by side.",
		Args: atMost(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			o.Linear = o.how == "lerp"
			return a.walk(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.path, "path", "", "folder of a run, or checkpoint `FILE`")
	f.IntVar(&o.Keys, "keys", o.Keys, "go through `K` samples")
	f.IntVar(&o.Between, "frames", o.Between, "`N` frames from one to the next")
	f.StringVar(&o.how, "interpolate", o.how, "`HOW` to go from one to the next: slerp or lerp")
	complete(cmd, "interpolate", []string{"slerp", "lerp"})
	f.BoolVar(&o.Loop, "loop", o.Loop, "return to the first; --loop=false ends at the last")
	f.IntVar(&o.n, "n", o.n, "show `N` walks side by side")
	f.Uint64Var(&o.Seed, "seed", 0, "`I`, the seed of the noise, as in sample")
	f.IntVar(&o.First, "first", 0, "begin at sample `I` of the seed")
	f.Float64Var(&o.Truncate, "truncate", 0, "pull noise beyond `T` back: samples are more alike, and better; 0: none")
	o.register(f)
	f.StringVar(&o.device, "device", "cpu", "compute on `D`: auto, cpu, cuda, cuda:N or ptxsim")
	complete(cmd, "device", deviceWords)
	engineFlag(cmd, &o.engine)
	o.memory.register(cmd)
	f.SortFlags = false
	return cmd
}

func (o *walkOptions) check(cmd *cobra.Command) error {
	if err := checkEngine(cmd, o.engine); err != nil {
		return err
	}
	const most = 10_000
	switch {
	case o.path == "":
		return usagef("--path: want a run's folder or a checkpoint file")
	case o.Keys < 2 || o.Keys > most:
		return usagef("--keys %d: want 2 to %d", o.Keys, most)
	case o.Between < 1 || o.Between > most/o.Keys:
		return usagef("--frames %d: want at least 1, and at most %d in all", o.Between, most)
	case o.how != "slerp" && o.how != "lerp":
		return usagef("--interpolate %s: want slerp or lerp", printable(o.how))
	case o.n < 1 || o.n > 1024:
		return usagef("--n %d: want 1 to 1024", o.n)
	case o.First < 0:
		return usagef("--first %d: want 0 or more", o.First)
	case !(o.Truncate >= 0 && o.Truncate < 1e6):
		return usagef("--truncate %v: want 0 or more", o.Truncate)
	}
	return o.movie.check()
}

// width is that of the picture, 0 being its own. In that of a single walk pixels stay what they are, each a square.
func (o walkOptions) width(sample device.Shape) int {
	if o.size == 0 && o.n == 1 && sample.Rank() == 3 {
		return (singleSize + sample[1] - 1) / sample[1] * sample[1]
	}
	return o.size
}

// drawing is what walks take: noise, a frame as numbers and pixels, and of a GIF all frames.
func (o walkOptions) drawing() drawing {
	return drawing{limit: o.memory, flag: "--n", n: o.n, bytes: func(c config.Config, sample device.Shape, n int) (all, piece int64) {
		frame, numbers := scaled(c, sample, n, o.width(sample)), 4*int64(n)*int64(sample.Len())
		noise := 4 * int64(n) * int64(o.Points()) * int64(c.ZDim)
		scaling := sums(c, sample, n, o.size)
		return noise + numbers + 4*pixels(c, sample, n) + scaling + o.movie.bytes(o.Points(), frame), max(numbers, 4*frame, scaling)
	}}
}

func (a *app) walk(ctx context.Context, o walkOptions) error {
	defer o.memory.hold()()
	s, err := samplerAt(o.path, device.Options{Name: o.device, Engine: o.engine}, o.drawing())
	if err != nil {
		return err
	}
	defer s.Close()
	shape := s.Shape()
	if shape.Rank() != 3 {
		return fmt.Errorf("walk: %w", sampler.ErrNoImages)
	}
	o.size = o.width(shape)
	walks := make([][]float32, o.n)
	for i := range walks {
		p := o.Path
		p.First += i * o.Keys
		if walks[i], err = s.Walk(p); err != nil {
			return err
		}
	}
	points := o.Points()
	width := len(walks[0]) / points
	z := make([]float32, 0, o.n*width)
	frame := func(i int) (image.Image, error) {
		z = z[:0]
		for _, w := range walks {
			z = append(z, w[i*width:(i+1)*width]...)
		}
		x, err := s.Generate(z)
		if err != nil {
			return nil, err
		}
		return report.Grid(x, o.n, shape[0], shape[1], shape[2], report.GridOptions{Columns: columns(s.Config())})
	}
	of := fmt.Sprintf("%s through %s of seed %d from %s; %v", words.Counted(o.n, "walk"), words.Counted(o.Keys, "sample"), o.Seed, printable(s.file),
		(time.Duration(float64(points)/o.fps*float64(time.Second)) + o.hold).Round(100*time.Millisecond))
	return a.write(ctx, o.movie, points, of, frame)
}
