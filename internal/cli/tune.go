package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/device"
	"ganlib/internal/bench"
)

// tuneOptions are the flags of tune.
type tuneOptions struct {
	setup
	device, precision string
	json              bool
}

func (a *app) tuneCommand() *cobra.Command {
	o := tuneOptions{}
	cmd := &cobra.Command{
		Use: "tune", Short: "Measure which of a GPU's kernels are the fastest for a configuration", Args: atMost(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.tune(cmd, &o) },
	}
	o.register(cmd)
	f := cmd.Flags()
	f.StringVar(&o.device, "device", "cuda", "compute on `D`: auto, cpu, cuda, cuda:N or ptxsim")
	precisionFlag(cmd, &o.precision)
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
	t, err := bench.Tune(cmd.Context(), bench.Options{Config: c.config, Device: o.device, Precision: o.precision, Rounds: 1})
	if err != nil {
		return err
	}
	if o.json {
		return a.printJSON(t)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KERNEL\tPRODUCTS\tM\tN\tK\tDEFAULT\tµS\tTUNED\tµS\tTFLOP/S")
	for _, c := range t.Choices() {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s in %d\t%.1f\t%s in %d\t%.1f\t%.1f\n", c.Kernel, c.Count, c.M, c.N, c.K,
			c.Default.Tile, c.Default.Slices, 1e6*c.Default.Seconds, c.Tile, c.Slices, 1e6*c.Seconds, c.TFLOPS())
	}
	return w.Flush()
}
