package cli

import (
	"context"
	"fmt"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	memory "ganlib/internal/process"
	"ganlib/internal/words"
	"ganlib/presets"
	"ganlib/report"
	"ganlib/report/neighbours"
	"ganlib/runs"
	"ganlib/sampler"
)

// neighboursOptions are the flags of neighbours.
type neighboursOptions struct {
	path, data, out string
	device, engine  string
	n, k            int
	seed            uint64
	memory          maxMemory
	json            bool
}

func (a *app) neighboursCommand() *cobra.Command {
	o := neighboursOptions{out: "neighbours.png", n: 8, k: 6}
	cmd := &cobra.Command{
		Use: "neighbours --path RUN --data FOLDER", Short: "Show the training images nearest to samples, to see memorising",
		Long: "Neighbours draws a row for each sample: the sample, then the training images that are nearest to it. Images are\n" +
			"compared when reduced to 16 pixels on a side, also mirrored. The table says how far the nearest is, from 0\n" +
			"(the same) to 1, and how far the nearest other training image is from that one: a generator that has learned\n" +
			"its images by heart makes samples much nearer to them than they are to each other.",
		Args: atMost(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkEngine(cmd, o.engine); err != nil {
				return err
			}
			switch {
			case o.path == "":
				return usagef("--path: want a run's folder or a checkpoint file")
			case cmd.Flags().Changed("data") && o.data == "":
				return usagef("--data: want a path")
			case o.out == "":
				return usagef("--out: want the path of a file")
			case o.n < 1 || o.n > 1000 || o.k < 1 || o.k > 100:
				return usagef("--n %d, --k %d: want 1 to 1000 samples and 1 to 100 neighbours", o.n, o.k)
			}
			return a.neighbours(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.path, "path", "", "folder of a run, or checkpoint `FILE`")
	f.StringVar(&o.data, "data", "", "`PATH` of the training images: a folder or an archive; otherwise what the run's configuration names")
	f.IntVar(&o.n, "n", o.n, "draw `N` samples")
	f.IntVar(&o.k, "k", o.k, "and the `K` images nearest to each")
	f.Uint64Var(&o.seed, "seed", 0, "`I`, the seed of the noise, as in sample")
	f.StringVar(&o.out, "out", o.out, "picture `FILE` to write (PNG); an old one is replaced")
	jsonFlag(cmd, &o.json)
	f.StringVar(&o.device, "device", "cpu", "compute on `D`: auto, cpu, cuda, cuda:N or ptxsim")
	complete(cmd, "device", deviceWords)
	engineFlag(cmd, &o.engine)
	o.memory.register(cmd)
	f.SortFlags = false
	return cmd
}

// neighbour is what is printed of a sample.
type neighbour struct {
	Sample   int     `json:"sample"`
	Distance float64 `json:"distance"`
	Own      float64 `json:"own_distance"` // from the nearest image to the image nearest to it; -1 if it is the only one
	Mirrored bool    `json:"mirrored"`
	Source   string  `json:"source"`
}

func (a *app) neighbours(ctx context.Context, o neighboursOptions) error {
	defer o.memory.hold()()
	s, err := samplerAt(o.path, device.Options{Name: o.device, Engine: o.engine}, drawing{limit: o.memory, flag: "--n", n: o.n})
	if err != nil {
		return err
	}
	defer s.Close()
	if s.Shape().Rank() != 3 {
		return fmt.Errorf("neighbours: %w", sampler.ErrNoImages)
	}
	c := s.Config()
	if run, err := runs.Find(s.file); err == nil { // a checkpoint does not say where its data lie
		if of, err := runConfig(run); err == nil {
			c.DataRoot = of.DataRoot
		}
	}
	set, err := a.trainingImages(ctx, c, o)
	if err != nil {
		return err
	}
	index, err := neighbours.NewIndex(set.Pix, set.N, set.H, set.W, set.C)
	if err != nil {
		return err
	}
	o.k = min(o.k, set.N)
	if rows := (maxSide - 2) / (set.H + 2); o.n > rows || (o.k+1)*(set.W+2) > maxSide-2 || (o.k+1)*o.n*(set.W+2)*(set.H+2) > maxPixels {
		return fmt.Errorf("neighbours: --n %d, --k %d: the picture would be larger than %d pixels a side, or %s in all", o.n, o.k, maxSide, words.Grouped(maxPixels))
	}
	x, err := s.Sample(o.seed, 0, o.n)
	if err != nil {
		return err
	}
	found, pixels, err := compare(ctx, index, set, x, o)
	if err != nil {
		return err
	}
	img, err := report.Grid(pixels, o.n*(o.k+1), set.H, set.W, set.C, report.GridOptions{Columns: o.k + 1})
	if err != nil {
		return err
	}
	if err := writePNG(o.out, img); err != nil {
		return err
	}
	return a.printNeighbours(found, set, o)
}

// trainingImages reads the images that samples are compared with, if they and their neighbours' picture fit the
// memory.
func (a *app) trainingImages(ctx context.Context, c config.Config, o neighboursOptions) (*datasets.Set, error) {
	source, err := presets.FindData(c, presets.DataOptions{Path: o.data, MaxBytes: o.memory.maxBytes()})
	if err != nil {
		return nil, err
	}
	b := o.memory.budget(nil) // of the computer
	data, side := source.Bytes()-source.Held(), int64(c.ImageSize)
	index := int64(source.Len()) * 4 * 16 * 16 * int64(c.ChannelsImg)
	picture := int64(o.n) * int64(min(o.k, source.Len())+1) * (4*side*side*int64(c.ChannelsImg) + 4*(side+2)*(side+2))
	parts := []memory.Part{{Name: "the data", Bytes: data}, {Name: "the reduced images", Bytes: index}, {Name: "the picture", Bytes: picture}}
	if err := b.Check(words.Counted(source.Len(), "image"), memory.Accounted(data+index+picture), parts, func() string {
		return "give fewer images with --data, or smaller --n and --k"
	}); err != nil {
		return nil, err
	}
	load := presets.DataOptions{MaxBytes: source.Bytes(), MaxPixels: o.memory.maxPixels(data+index, runtime.GOMAXPROCS(0)), Progress: a.readingImages}
	d, err := source.Load(ctx, load)
	a.console.end()
	if err != nil {
		return nil, err
	}
	return d.Set, nil
}

// compare finds the neighbours of samples, and lays each sample and its neighbours side by side.
func compare(ctx context.Context, index *neighbours.Index, set *datasets.Set, x []float32, o neighboursOptions) (found []neighbour, pixels []float32, err error) {
	length := set.H * set.W * set.C
	for i := range o.n {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		sample := x[i*length : (i+1)*length]
		pixels = append(pixels, sample...)
		matches, err := index.Nearest(sample, o.k)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range matches {
			for _, v := range set.Image(m.Index) {
				pixels = append(pixels, float32(v)/127.5-1)
			}
		}
		n := neighbour{Sample: i, Distance: matches[0].Distance, Own: -1, Mirrored: matches[0].Mirrored, Source: datasets.Source(set, matches[0].Index)}
		if own, ok := index.Own(matches[0].Index); ok {
			n.Own = own.Distance
		}
		found = append(found, n)
	}
	return found, pixels, nil
}

func (a *app) printNeighbours(found []neighbour, set *datasets.Set, o neighboursOptions) error {
	if o.json {
		return a.printJSON(struct {
			Picture string      `json:"picture"`
			Images  int         `json:"images"`
			Samples []neighbour `json:"samples"`
		}{o.out, set.N, found})
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SAMPLE\tDISTANCE\tITS OWN\tNEAREST")
	for _, n := range found {
		own, mirrored := "-", ""
		if n.Own >= 0 {
			own = fmt.Sprintf("%.4f", n.Own)
		}
		if n.Mirrored {
			mirrored = " (mirrored)"
		}
		fmt.Fprintf(w, "%d\t%.4f\t%s\t%s%s\n", n.Sample, n.Distance, own, printable(n.Source), mirrored)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "%s: %s and the %s nearest to each, of %s\n", printable(o.out), words.Counted(o.n, "sample"), words.Grouped(o.k), words.Counted(set.N, "image"))
	return err
}
