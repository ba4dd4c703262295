package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/config"
	memory "ganlib/internal/process"
	"ganlib/internal/words"
	"ganlib/report"
	"ganlib/report/plot"
	"ganlib/runs"
	"ganlib/variants"
	_ "ganlib/variants/all" // the algorithms that a run's VARIANT may name
)

// plotOptions are the flags of plot.
type plotOptions struct {
	out           string
	what          []string
	smooth        float64
	width, height int
	from, to      int64
	memory        maxMemory
}

func (a *app) plotCommand() *cobra.Command {
	o := plotOptions{out: "plot.png", smooth: 0.9, width: 900, height: 260}
	cmd := &cobra.Command{
		Use: "plot RUN...", Short: "Draw the curves of runs: losses, penalty, distance",
		Long: "Plot draws what one or several runs wrote into logs/scalars.csv (or .jsonl), each quantity in a part of its\n" +
			"own, as a PNG or an SVG picture. RUN is a run's folder or such a table. The quantities are\n" +
			"\n" +
			"  distance        the critic's estimate of the Wasserstein distance, -critic_loss\n" +
			"  critic_loss     without the penalty\n" +
			"  critic_loss_gp  with it\n" +
			"  penalty         of the gradients\n" +
			"  generator_loss\n" +
			"  images_per_s    real images that the critic saw a second",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("0 arguments: want at least one, the folder of a run")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.plot(args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", o.out, "picture `FILE` to write, .png or .svg; an old one is replaced")
	f.StringSliceVar(&o.what, "what", nil, "`QUANTITIES` from top to bottom, separated by commas; otherwise what the runs have")
	complete(cmd, "what", plot.Quantities())
	f.Float64Var(&o.smooth, "smooth", o.smooth, "`W`, the weight of the past in the curves' moving average, 0 to below 1; the curve as it is lies faintly behind")
	f.IntVar(&o.width, "width", o.width, "`PX`, the picture's width")
	f.IntVar(&o.height, "height", o.height, "`PX`, the height of each quantity")
	f.Int64Var(&o.from, "from", 0, "leave out what comes before generator `STEP`")
	f.Int64Var(&o.to, "to", 0, "leave out what comes after generator `STEP`; 0: nothing")
	o.memory.register(cmd)
	f.SortFlags = false
	return cmd
}

func (a *app) plot(paths []string, o plotOptions) error {
	var format plot.Format
	switch strings.ToLower(filepath.Ext(o.out)) {
	case ".png":
		format = plot.PNG
	case ".svg":
		format = plot.SVG
	default:
		return usagef("--out %s: want a name that ends in .png or .svg", printable(o.out))
	}
	defer o.memory.hold()()
	list, rows, err := o.read(paths)
	if err != nil {
		return err
	}
	d := plot.Options{Smoothing: o.smooth, Width: o.width, Height: o.height, From: o.from, To: o.to}
	for _, name := range o.what {
		d.Quantities = append(d.Quantities, plot.Quantity(strings.TrimSpace(name)))
	}
	if err := runs.WriteFile(o.out, func(w io.Writer) error { return plot.Draw(w, format, list, d) }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: %s of %s\n", printable(o.out), words.Counted(rows, "step"), words.Counted(len(list), "run"))
	return err
}

// read reads the steps of all runs, if there is the memory for them.
func (o plotOptions) read(paths []string) (list []plot.Run, rows int, err error) {
	var tables []string
	var counts []int
	for _, path := range paths {
		r, table, err := findCurves(path)
		if err != nil {
			return nil, 0, err
		}
		n := 0
		if err := o.each(table, func(report.Scalars) { n++ }); err != nil {
			return nil, 0, err
		}
		list, tables, counts, rows = append(list, r), append(tables, table), append(counts, n), rows+n
	}
	if err := o.fits(rows, len(list)); err != nil {
		return nil, 0, err
	}
	for i := range list {
		r := &list[i]
		r.Rows = make([]report.Scalars, 0, counts[i])
		if err := o.each(tables[i], func(s report.Scalars) {
			if len(r.Rows) < cap(r.Rows) { // a training may have written more
				r.Rows = append(r.Rows, s)
			}
		}); err != nil {
			return nil, 0, err
		}
	}
	return list, rows, nil
}

// fits refuses steps that there is not the memory for, and a picture that there is not.
func (o plotOptions) fits(rows, n int) error {
	const (
		row    = 48        // of report.Scalars
		curve  = 64        // of a quantity's points, as they are and smoothed
		drawn  = 400 << 10 // of a run's lines
		fonts  = 12 << 20  // and the code that draws
		most   = 6         // quantities
		pixels = 8         // bytes of one, while it is drawn and written
	)
	parts := func(rows int) []memory.Part {
		return []memory.Part{
			{Name: "the steps", Bytes: int64(rows) * (row + curve)},
			{Name: "the picture", Bytes: pixels*int64(o.width)*int64(o.height)*int64(max(len(o.what), most)) + int64(n)*drawn + fonts},
		}
	}
	return o.memory.check("drawing "+words.Counted(rows, "step"), parts(rows), func(free int64) string {
		fits := memory.Largest(rows, func(rows int) bool { return added(parts(rows)) <= free })
		return fmt.Sprintf("%s fit: give --from and --to, or smaller --width and --height", words.Counted(fits, "step"))
	})
}

// each reads a table's rows of the steps that are drawn.
func (o plotOptions) each(table string, do func(report.Scalars)) error {
	f, err := os.Open(table)
	if err != nil {
		return err
	}
	defer f.Close()
	err = report.ReadScalars(f, func(s report.Scalars) error {
		if s.Step >= o.from && (o.to == 0 || s.Step <= o.to) {
			do(s)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	return nil
}

// findCurves finds the table of a run, or a table by itself.
func findCurves(path string) (r plot.Run, table string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return r, "", err
	}
	r.Name = printable(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	table = path
	if info.IsDir() {
		run, err := runs.Open(path)
		if err != nil {
			return r, "", err
		}
		defer run.Close()
		c, err := runConfig(run)
		if err != nil {
			return r, "", err
		}
		r.Name = printable(run.Name())
		r.Wasserstein = (c.Variant == config.VariantGP || c.Variant == config.VariantClip) && !c.Compat.Has(config.SwitchMSELoss)
		table = run.Join(runs.LogFolder, "scalars.csv")
		if _, err := os.Stat(table); errors.Is(err, fs.ErrNotExist) {
			table = run.Join(runs.LogFolder, "scalars.jsonl")
		}
	}
	return r, table, nil
}

// runConfig reads the configuration of a run.
func runConfig(run *runs.Run) (config.Config, error) {
	path := run.Join(runs.ConfigFile)
	f, err := os.Open(path)
	if err != nil {
		return config.Config{}, err
	}
	defer f.Close()
	base, err := config.Preset(config.DefaultPreset)
	if err != nil {
		return config.Config{}, err
	}
	return config.Load(f, path, base, variants.Names()...)
}
