package cli

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/datasets"
	"ganlib/internal/words"
	"ganlib/presets"
	"ganlib/report"
)

func (a *app) dataCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "data", Short: "Look at training data, pack or fetch it", Args: commandName,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.dataInfoCommand(), a.dataGridCommand(), a.dataPackCommand(), a.dataFetchCommand())
	return cmd
}

func (a *app) dataInfoCommand() *cobra.Command {
	var s setup
	var strict, asJSON bool
	var grid string
	var most maxMemory
	cmd := &cobra.Command{
		Use: "info [PATH]", Short: "Read the data as a training would, and describe them", Args: atMost(1, "a folder, an archive or a packed set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("grid") && grid == "" {
				return usagef("--grid: want the path of a file")
			}
			path, err := dataPath(args)
			if err != nil {
				return err
			}
			defer most.hold()()
			d, err := a.readData(cmd, &s, path, strict, grid != "", most)
			a.console.end()
			if err != nil {
				return err
			}
			p, err := a.checkPacked(cmd.Context(), path)
			if err != nil {
				return err
			}
			if asJSON {
				return a.dataJSON(cmd.Context(), d, p, grid)
			}
			return a.describeData(cmd.Context(), d, p, grid)
		},
	}
	s.register(cmd)
	cmd.Flags().BoolVar(&strict, "strict", false, "an image that cannot be read is an error")
	cmd.Flags().StringVar(&grid, "grid", "", "picture `FILE` to write with some of the data; an old one is replaced")
	jsonFlag(cmd, &asJSON)
	most.register(cmd)
	cmd.Flags().SortFlags = false
	return cmd
}

// readingImages shows how far the reading of images is.
func (a *app) readingImages(done, total int) {
	a.console.progress("data", int64(done), int64(total), func() string { return fmt.Sprintf("read %d/%d images", done, total) })
	if done == total {
		a.console.end()
	}
}

// describeData prints what the data are, and draws them if grid is not empty.
func (a *app) describeData(ctx context.Context, d *presets.Data, p *packedFile, grid string) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(w, "%s\t%v\n", name, value) }
	line("data", printable(d.Description))
	if d.Points != nil {
		line("points", words.Grouped(d.Points.N))
		line("modes", len(d.Points.Centres))
	} else {
		describeSet(line, d.Set)
	}
	if p != nil {
		p.describe(line)
	}
	if d.Advice != "" {
		line("advice", printable(d.Advice))
	}
	if err := w.Flush(); err != nil || grid == "" {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return a.drawData(d, grid)
}

func describeSet(line func(string, any), set *datasets.Set) {
	line("images", words.Grouped(set.N))
	line("size", fmt.Sprintf("%d×%d", set.W, set.H))
	line("channels", set.C)
	line("memory", megabytes(int64(len(set.Pix))))
	line("fingerprint", set.Fingerprint)
	line("skipped", words.Grouped(len(set.Skipped)))
	const most = 20
	for _, skip := range set.Skipped[:min(most, len(set.Skipped))] {
		line("", printable(fmt.Sprintf("%s: %v", skip.Source, skip.Err)))
	}
	if more := len(set.Skipped) - most; more > 0 {
		line("", fmt.Sprintf("and %s more", words.Grouped(more)))
	}
}

// mostDrawn is how many images are drawn of data.
const mostDrawn = 64

// drawData writes a picture of at most mostDrawn images, spread evenly over the set, or of the points.
func (a *app) drawData(d *presets.Data, path string) error {
	if d.Points != nil {
		img, err := report.Scatter(d.Points.XY, nil)
		if err != nil {
			return err
		}
		if err := writePNG(path, img); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.out, "%s: %s\n", printable(path), words.Counted(d.Points.N, "point"))
		return err
	}
	set := d.Set
	n := min(set.N, mostDrawn)
	x := make([]float32, 0, n*set.H*set.W*set.C)
	for i := range n {
		for _, b := range set.Image(i * set.N / n) {
			x = append(x, float32(b)/127.5-1)
		}
	}
	img, err := report.Grid(x, n, set.H, set.W, set.C, report.GridOptions{})
	if err != nil {
		return err
	}
	if err := writePNG(path, img); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: %s\n", printable(path), words.Counted(n, "image"))
	return err
}
