package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/internal/words"
	"ganlib/replay"
)

// bisectOptions are the flags of bisect.
type bisectOptions struct {
	device, engine, precision string
	threads                   int
	memory                    maxMemory
	json                      bool
}

func (a *app) bisectCommand() *cobra.Command {
	var o bisectOptions
	cmd := &cobra.Command{
		Use: "bisect RUN_A RUN_B", Short: "Find the first step at which two runs differ",
		Long: "Bisect compares how two runs were made, the rows of their tables, and the checkpoints of the same steps. If they\n" +
			"differ, it trains both again side by side, in memory, from the last checkpoint that is the same, or from the start,\n" +
			"and names the first step, the first update of a network in it, and the first tensor that differs after that.\n" +
			"Nothing is written.\n\n" +
			"The exit code is 0 if nothing differs, 1 if the step was found, and 2 if it could only be narrowed down.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("%d arguments: want two runs", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.bisect(cmd, &o, args[0], args[1]) },
	}
	replayFlags(cmd, &o.device, &o.engine, &o.precision, &o.threads)
	o.memory.register(cmd)
	jsonFlag(cmd, &o.json)
	cmd.Flags().SortFlags = false
	return cmd
}

func (a *app) bisect(cmd *cobra.Command, o *bisectOptions, one, two string) error {
	if o.threads < 0 {
		return usagef("--threads %d: want 0 (all) or more", o.threads)
	}
	if err := checkEngine(cmd, o.engine); err != nil {
		return err
	}
	if cmd.Flags().Changed("precision") {
		if err := checkPrecision(o.precision); err != nil {
			return err
		}
	}
	defer o.memory.hold()()
	found, err := replay.Bisect(cmd.Context(), one, two, replay.Options{
		Device: o.device, Engine: o.engine, Precision: o.precision, Threads: o.threads, MaxMemory: int64(o.memory), Progress: a.replayProgress,
	})
	a.console.end()
	if err != nil {
		return err
	}
	if o.json {
		err = a.printJSON(found)
	} else {
		err = a.print(bisectText(found))
	}
	if err != nil {
		return err
	}
	what := fmt.Sprintf("bisect %s %s", one, two)
	if found.State == replay.Differs {
		return fmt.Errorf("%s: they differ", what)
	}
	return verdict(found.State, what)
}

func bisectText(x *replay.Bisection) string {
	var b strings.Builder
	fmt.Fprintf(&b, "A: %s\nB: %s\n", printable(x.A), printable(x.B))
	for _, line := range x.Made {
		fmt.Fprintf(&b, "made with %s\n", printable(line))
	}
	if r := x.Row; r != nil {
		fmt.Fprintf(&b, "tables: step %d is the first that differs: %s is %s and %s, %d ulp\n", r.Step, r.Column, r.A, r.B, r.ULP)
	} else {
		fmt.Fprintf(&b, "tables: %s, all the same\n", words.Counted(int(x.Rows), "row"))
	}
	switch {
	case x.FirstOther != nil && x.LastSame != nil:
		fmt.Fprintf(&b, "checkpoints: step %d is the same, step %d is not, first in %s\n", *x.LastSame, *x.FirstOther, printable(x.OtherTensor))
	case x.FirstOther != nil:
		fmt.Fprintf(&b, "checkpoints: step %d is not the same, first in %s\n", *x.FirstOther, printable(x.OtherTensor))
	case x.LastSame != nil:
		fmt.Fprintf(&b, "checkpoints: up to step %d all are the same\n", *x.LastSame)
	default:
		b.WriteString("checkpoints: none of a common step\n")
	}
	fmt.Fprintf(&b, "%s.\n", printable(x.Conclusion))
	return b.String()
}
