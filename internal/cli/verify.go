package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"ganlib/replay"
	"ganlib/runner"
)

// verifyOptions are the flags of verify.
type verifyOptions struct {
	from, to, steps int64
	device, engine  string
	precision, data string
	threads         int
	memory          maxMemory
	json            bool
}

func (a *app) verifyCommand() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use: "verify RUN", Short: "Check that a run is what it was, and train some of its steps again",
		Long: "Verify checks the checksums of a run's manifest, configuration, checkpoints, tables and pictures, and that its\n" +
			"data still are those that it was trained on. Then it trains steps again from a checkpoint, in memory, and compares\n" +
			"the losses, the next checkpoint and the pictures byte for byte. Nothing is written. Without --from and --to these\n" +
			"are the steps between the two newest checkpoints, or from the start to the only one.\n\n" +
			"The exit code is 0 if all is the same, 1 if something differs, and 2 if something could not be checked.",
		Args: exactly("a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.verify(cmd, &o, args[0]) },
	}
	f := cmd.Flags()
	f.Int64Var(&o.from, "from", 0, "train again from the checkpoint of step `S`, or the one before it; 0: from the start")
	f.Int64Var(&o.to, "to", 0, "train again until step `S`")
	f.Int64Var(&o.steps, "steps", 0, "train `N` steps again")
	f.StringVar(&o.data, "data", "", "`PATH` of the data, if they lie elsewhere now")
	replayFlags(cmd, &o.device, &o.engine, &o.precision, &o.threads)
	o.memory.register(cmd)
	jsonFlag(cmd, &o.json)
	f.SortFlags = false
	return cmd
}

// replayFlags gives a command the flags of what to compute on.
func replayFlags(cmd *cobra.Command, device, engine, precision *string, threads *int) {
	cmd.Flags().StringVar(device, "device", "", "compute on `D`: auto, cpu, cuda, cuda:N or ptxsim; without it as the run did")
	engineFlag(cmd, engine)
	cmd.Flags().StringVar(precision, "precision", "", "a GPU's products and convolutions round their operands to `P`: float32, tf32 or bf16; without it as the run did")
	complete(cmd, "precision", precisionWords)
	cmd.Flags().IntVar(threads, "threads", 0, "compute on `T` CPU threads, with the same results; 0: all")
	complete(cmd, "device", deviceWords)
}

func (a *app) verify(cmd *cobra.Command, o *verifyOptions, path string) error {
	given := cmd.Flags().Changed
	switch {
	case given("to") && given("steps"):
		return usagef("--to and --steps: want one of them")
	case o.from < 0 || given("to") && o.to < 1 || given("steps") && o.steps < 1 || o.threads < 0:
		return usagef("--from %d, --to %d, --steps %d, --threads %d: want 0 or more, and --to and --steps at least 1", o.from, o.to, o.steps, o.threads)
	}
	if err := checkEngine(cmd, o.engine); err != nil {
		return err
	}
	if given("precision") {
		if err := checkPrecision(o.precision); err != nil {
			return err
		}
	}
	defer o.memory.hold()()
	r := replay.Options{
		To: o.to, Steps: o.steps, Device: o.device, Engine: o.engine, Precision: o.precision, Threads: o.threads, Data: o.data,
		MaxMemory: int64(o.memory), Progress: a.replayProgress,
	}
	if given("from") {
		r.From = &o.from
	}
	if !o.json {
		r.Found = func(f replay.Finding) { _ = a.print(printable(f.String()) + "\n") }
	}
	report, err := replay.Verify(cmd.Context(), path, r)
	a.console.end()
	if err != nil {
		return err
	}
	if o.json {
		if err := a.printJSON(report); err != nil {
			return err
		}
	}
	return verdict(report.State, fmt.Sprintf("verify %s", path))
}

// replayProgress shows how far a replay is.
func (a *app) replayProgress(p runner.Progress) {
	if p.Phase == runner.PhaseData {
		a.readingImages(int(p.Done), int(p.Total))
		return
	}
	a.console.progress("again", p.Done, p.Total, func() string { return fmt.Sprintf("trained again: step %d of %d", p.Done, p.Total) })
}

// uncheckedError says that something could not be compared, though nothing differs.
type uncheckedError struct{ what string }

// Error implements error.
func (e *uncheckedError) Error() string { return e.what + ": not everything could be checked" }

// verdict is the error that stands for what was found, nil if all is the same.
func verdict(s replay.State, what string) error {
	switch s {
	case replay.Differs:
		return fmt.Errorf("%s: something differs", what)
	case replay.Unchecked:
		return &uncheckedError{what}
	}
	return nil
}
