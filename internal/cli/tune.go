package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/device"
	"ganlib/internal/bench"
	"ganlib/kernels"
)

// tuneOptions are the flags of tune.
type tuneOptions struct {
	setup
	device, precision string
	again, all, json  bool
}

func (a *app) tuneCommand() *cobra.Command {
	o := tuneOptions{}
	cmd := &cobra.Command{
		Use: "tune", Short: "Measure how a GPU computes a configuration's products the fastest", Args: atMost(0, "flags only"),
		Long: "Tune measures, on a GPU, each product of matrices in an iteration of training and in the drawing of samples:\n" +
			"with every version of its kernels that fits, and with its sum cut into several numbers of slices. What clearly\n" +
			"beats the estimate is written into a table of the card's, which --tuned of train, sample and bench uses. Only\n" +
			"what the table lacks is measured. A version whose result is not the estimate's is left out, with a warning. An\n" +
			"interrupt (Ctrl-C) saves what has been measured.\n\n" +
			"The table is a file in the folder that the variable GANLIB_TUNING names, else in ganlib/tuning of the user's\n" +
			"cache. It is for one kind of GPU, one version of CUDA in the driver, and one version of ganlib's kernels.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.tune(cmd, &o) },
	}
	o.register(cmd)
	f := cmd.Flags()
	f.StringVar(&o.device, "device", "cuda", "measure on `D`: auto, cuda, cuda:N or ptxsim, an emulated GPU, whose times mean nothing")
	precisionFlag(cmd, &o.precision)
	f.BoolVar(&o.again, "again", false, "measure also what the table has")
	f.BoolVar(&o.all, "all", false, "measure everything again, and list all ways that were tried")
	jsonFlag(cmd, &o.json)
	f.SortFlags = false
	complete(cmd, "device", deviceWords)
	return cmd
}

func (a *app) tune(cmd *cobra.Command, o *tuneOptions) error {
	if err := checkPrecision(o.precision); err != nil {
		return err
	}
	c, err := o.resolve(cmd, nil, device.Options{Name: o.device})
	if err != nil {
		return err
	}
	for _, note := range c.notes {
		a.console.printf("%s", note)
	}
	t, err := a.measure(cmd.Context(), bench.Options{Config: c.config, Device: o.device, Precision: o.precision}, o.again || o.all)
	switch {
	case errors.Is(err, bench.ErrNoGPU):
		return errors.New("tune: the CPU computes a product in one way, so that there is nothing to measure; --device cuda takes a GPU")
	case len(t.Choices) == 0:
		return err
	}
	list := t.Choices
	if !o.all {
		for i := range list {
			list[i].Ways = slices.DeleteFunc(list[i].Ways, func(w kernels.Way) bool { return w.Wrong == "" })
		}
	}
	if o.json {
		return errors.Join(a.printJSON(list), err)
	}
	return errors.Join(writeTuning(a.out, list), err)
}

// writeTuning writes choices for people, and the ways that they have.
func writeTuning(out io.Writer, list []kernels.Choice) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KERNEL\tCOUNT\tM\tN\tK\tDEFAULT\tµS\tTUNED\tµS\tTFLOP/S\tGAIN")
	for _, c := range list {
		gain := ""
		if c.Tile != c.Default.Tile || c.Slices != c.Default.Slices {
			gain = fmt.Sprintf("%.0f %%", 100*(c.Default.Seconds/c.Seconds-1))
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s in %d\t%.1f\t%s in %d\t%.1f\t%.1f\t%s\n", c.Kernel, c.Count, c.M, c.N, c.K,
			c.Default.Tile, c.Default.Slices, 1e6*c.Default.Seconds, c.Tile, c.Slices, 1e6*c.Seconds, c.Flops()/c.Seconds/1e12, gain)
		for _, way := range c.Ways {
			if way.Wrong != "" {
				continue
			}
			fmt.Fprintf(w, "\t\t\t\t\t\t\t%s in %d\t%.1f\t%.1f\t\n", way.Tile, way.Slices, 1e6*way.Seconds, c.Flops()/way.Seconds/1e12)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, c := range list {
		for _, way := range c.Ways {
			if way.Wrong == "" {
				continue
			}
			if _, err := fmt.Fprintf(out, "Warning: %v: %s in %d is left out: %s\n", c.Product, way.Tile, way.Slices, way.Wrong); err != nil {
				return err
			}
		}
	}
	return nil
}
