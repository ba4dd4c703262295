package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/device"
	"ganlib/internal/bench"
	"ganlib/internal/words"
)

// benchOptions are the flags of bench.
type benchOptions struct {
	setup
	device, engine, precision string
	threads, rounds           int
	json, answerOnly, noGraph bool
	tuned                     bool
	memory                    maxMemory
}

func (a *app) benchCommand() *cobra.Command {
	o := benchOptions{rounds: 7}
	cmd := &cobra.Command{
		Use: "bench", Short: "Time the training of a configuration on this computer", Args: atMost(0, "flags only"),
		Long: "Bench trains on noise and prints how long an iteration takes (the critic's steps and one generator step),\n" +
			"what it consists of, how each layer compares with the peak of a processor's multiply-add units, and how\n" +
			"fast samples are drawn. On a GPU an operation's time has the wait for it in it, and each kernel and product is\n" +
			"held against the peaks of the memory and of multiply-adds, as measured there. Nothing is written, but for what\n" +
			"--tuned has to measure first, as tune does.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.bench(cmd, &o) },
	}
	o.register(cmd)
	f := cmd.Flags()
	f.StringVar(&o.device, "device", "cpu", "compute on `D`: auto, cpu, cuda, cuda:N or ptxsim")
	f.BoolVar(&o.noGraph, "no-graph", false, "launch a GPU's kernels one by one instead of as a CUDA graph")
	tunedFlag(cmd, &o.tuned)
	engineFlag(cmd, &o.engine)
	precisionFlag(cmd, &o.precision)
	f.IntVar(&o.threads, "threads", 0, "compute on `T` CPU threads; 0: all")
	o.memory.register(cmd)
	f.IntVar(&o.rounds, "rounds", o.rounds, "`R` rounds of each measurement; the median counts")
	jsonFlag(cmd, &o.json)
	f.BoolVar(&o.answerOnly, "on-demand", false, "answer commands on standard input: round, sample N, peak")
	f.SortFlags = false
	complete(cmd, "device", deviceWords)
	if err := f.MarkHidden("on-demand"); err != nil { // for programs that take turns
		panic(err)
	}
	return cmd
}

func (a *app) bench(cmd *cobra.Command, o *benchOptions) error {
	if err := checkEngine(cmd, o.engine); err != nil {
		return err
	}
	if err := checkPrecision(o.precision); err != nil {
		return err
	}
	switch {
	case o.rounds < 1:
		return usagef("--rounds %d: want at least 1", o.rounds)
	case o.threads < 0:
		return usagef("--threads %d: want 0 (all) or more", o.threads)
	}
	c, err := o.resolve(cmd, nil, device.Options{Name: o.device, Engine: o.engine})
	if err != nil {
		return err
	}
	for _, note := range c.notes {
		a.console.printf("%s", note)
	}
	b := bench.Options{Config: c.config, Device: o.device, Engine: o.engine, Precision: o.precision, NoGraph: o.noGraph, Threads: o.threads, MaxMemory: int64(o.memory), Rounds: o.rounds, Progress: func(done, total int) {
		a.console.progress("bench", int64(done), int64(total), func() string { return fmt.Sprintf("measurement %d/%d", done, total) })
	}}
	defer o.memory.hold()()
	if o.tuned {
		switch _, err := a.measure(cmd.Context(), b, false); {
		case errors.Is(err, bench.ErrNoGPU):
			a.nothingToTune()
		case err != nil:
			return err
		}
		b.Tuning = a.tuning
	}
	if o.answerOnly {
		opened, err := bench.Open(cmd.Context(), b)
		if err != nil {
			return err
		}
		defer opened.Close()
		return opened.Serve(cmd.Context(), cmd.InOrStdin(), a.out)
	}
	r, err := bench.Run(cmd.Context(), b)
	a.console.end()
	if err != nil {
		return err
	}
	if o.json {
		return a.printJSON(r)
	}
	return writeBench(a.out, r)
}

// writeBench writes a report for people.
func writeBench(out io.Writer, r *bench.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("preset", "%s", strings.Join(append([]string{r.Preset}, r.Sets...), " "))
	line("device", "%s, %s", printable(r.Device), printable(r.CPU))
	if r.Tuned > 0 {
		line("tuned", "%s in another way than is estimated", words.Counted(r.Tuned, "product"))
	}
	line("iteration", "%s (%s to %s, %s of %d), %s", ms(r.Milliseconds.Median), ms(r.Milliseconds.Min), ms(r.Milliseconds.Max),
		words.Counted(r.Rounds, "round"), r.Iterations, perSecond(r.ImagesPerSecond))
	peak := "no kernels to take it with here"
	if r.Peak.ISA != "" {
		peak = fmt.Sprintf("%.0f GFLOP/s before, %.0f after (multiply-adds of %s)", r.Peak.Before, r.Peak.After, r.Peak.ISA)
	}
	if r.Roofline != nil {
		peak = gpuPeaks(r.Peaks)
	}
	line("peak", "%s", peak)
	line("products", "%.4g GFLOP, %.0f GFLOP/s over the whole iteration%s", r.GFLOP, 1000*r.GFLOP/r.Milliseconds.Median, ofPeak(r.PeakShare))
	for _, s := range r.Sampling {
		line(fmt.Sprintf("sampling by %d", s.Batch), "%s (%s to %s), %s", ms(s.Milliseconds.Median), ms(s.Milliseconds.Min), ms(s.Milliseconds.Max), perSecond(s.ImagesPerSecond))
	}
	memory := megabytes(r.Memory.Planned) + " planned"
	if r.Memory.Peak > 0 {
		memory += ", " + megabytes(r.Memory.Peak) + " taken at most"
	}
	line("memory", "%s", memory)
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "PART\tCALLS\tMS\tSHARE\tGFLOP/S")
	for _, p := range r.Parts {
		fmt.Fprintf(w, "%s\t%.4g\t%.2f\t%s\t%s\n", p.Op, p.Calls, p.Milliseconds, percent(p.Share), unlessZero("%.1f", p.GFLOPS))
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Roofline != nil {
		if err := writeRoofline(out, r); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "NETWORK\tLAYER\t\tMS\tSHARE\tPRODUCT\tCALLS\tMS\tGFLOP/S\tOF PEAK")
	for _, l := range r.Layers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%s", printable(l.Network), printable(l.Name), l.Layer, l.Milliseconds, percent(l.Share))
		for i, p := range l.Passes {
			if i > 0 {
				fmt.Fprint(w, "\n\t\t\t\t")
			}
			fmt.Fprintf(w, "\t%s\t%.4g\t%.2f\t%.0f\t%s", p.Op, p.Calls, p.Milliseconds, p.GFLOPS, unlessZero("%.2f", p.PeakShare))
		}
		if len(l.Passes) == 0 {
			fmt.Fprint(w, "\t\t\t\t") // a row without columns would end the table
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func ms(v float64) string        { return fmt.Sprintf("%.4g ms", v) }
func perSecond(v float64) string { return fmt.Sprintf("%.4g images/s", v) }
func percent(v float64) string   { return fmt.Sprintf("%.1f %%", 100*v) }

func ofPeak(share float64) string {
	if share == 0 {
		return ""
	}
	return fmt.Sprintf(", %.2f of the peak", share)
}

func unlessZero(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}
