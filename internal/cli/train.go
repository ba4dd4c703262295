package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/words"
	"ganlib/runner"
	"ganlib/runs"
)

// trainOptions are the flags of train.
type trainOptions struct {
	setup
	name, root, resume   string
	data, device, engine string
	precision            string
	epochs, seed         string // parsed with the configuration
	steps                int64
	threads, keep        int
	strict, plan, silent bool
	noGraph, noEvents    bool
	tuned                bool
	http                 string
	watch                watchOptions
	memory               maxMemory
}

func (a *app) trainCommand() *cobra.Command {
	var o trainOptions
	cmd := &cobra.Command{
		Use: "train", Short: "Train a GAN", Args: atMost(0, "flags only"),
		Long: "Train starts a run in a folder of its own, or goes on with one. An interrupt (Ctrl-C) or a termination\n" +
			"signal saves everything and ends the training with exit code 0; a second one stops at once.",
	}
	o.register(cmd)
	f := cmd.Flags()
	f.StringVar(&o.epochs, "epochs", "", "end after `E` epochs (NUM_EPOCHS)")
	f.Int64Var(&o.steps, "steps", 0, "end after `S` generator steps in all, if that is before the last epoch")
	f.StringVar(&o.seed, "seed", "", "`I`, the key of all random numbers (SEED)")
	f.StringVar(&o.data, "data", "", "`PATH` of the data: a folder of images, a zip or tar.gz archive, a packed set, or idx files")
	f.BoolVar(&o.strict, "strict", false, "an image that cannot be read is an error, instead of left out")
	f.StringVar(&o.name, "name", "train", "`NAME` of the run; its folder gets a number after it")
	f.StringVar(&o.root, "runs", "trains", "`DIR` that holds the runs")
	f.StringVar(&o.resume, "resume", "", "go on with the `RUN` in this folder")
	f.StringVar(&o.device, "device", "", "compute on `D`: auto, cpu, cuda, cuda:N or ptxsim (an emulated GPU, for tests); a GPU that is asked for here must be there")
	f.BoolVar(&o.noGraph, "no-graph", false, "launch a GPU's kernels one by one instead of as a CUDA graph; results are the same")
	engineFlag(cmd, &o.engine)
	precisionFlag(cmd, &o.precision)
	tunedFlag(cmd, &o.tuned)
	f.IntVar(&o.threads, "threads", 0, "compute on `T` CPU threads; 0: all")
	f.IntVar(&o.keep, "keep", runner.DefaultKeep, "keep the newest `N` checkpoints of the run")
	o.memory.register(cmd)
	o.watch.register(cmd)
	f.StringVar(&o.http, "http", "", "show the training as a page in the browser at `ADDR`, such as "+defaultPage+"; without it there is none")
	f.BoolVar(&o.noEvents, "no-events", false, "write no event files for TensorBoard into the run's logs/")
	f.BoolVar(&o.plan, "dry-run", false, "print what would be trained, and write nothing")
	f.BoolVar(&o.silent, "quiet", false, "print only errors and the last line")
	f.SortFlags = false
	complete(cmd, "device", deviceWords)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.train(cmd, &o) }
	return cmd
}

func (a *app) train(cmd *cobra.Command, o *trainOptions) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	if o.silent {
		a.console.setQuiet()
	}
	r := runner.Options{
		Name: o.name, Root: o.root, Resume: o.resume, Steps: o.steps, Data: o.data, Strict: o.strict,
		Device: o.device, Engine: o.engine, Precision: o.precision, Threads: o.threads, Keep: o.keep, NoGraph: o.noGraph, Tuned: o.tuned, NoEvents: o.noEvents, Console: a.console, Progress: a.trainProgress,
	}
	r.MaxMemory = int64(o.memory)
	o.watch.apply(&r)
	var c choice
	var err error
	if o.resume == "" {
		if c, err = o.resolve(cmd, o.flags(cmd), device.Options{Name: o.device, Engine: o.engine}); err != nil {
			return err
		}
		r.Config = c.config
	} else {
		r.Changes = func(saved config.Config) (config.Config, error) { return o.change(cmd, saved) }
	}
	if o.plan {
		return a.plan(cmd.Context(), r, c.notes)
	}
	return a.runTraining(cmd.Context(), r, c.notes, o.http)
}

// check refuses flags that do not go together, before anything is read.
func (o *trainOptions) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	if given("resume") {
		if o.resume == "" {
			return usagef("--resume: want the folder of a run")
		}
		var refused []string
		for _, name := range []string{"hyp", "preset", "seed", "data", "strict", "name", "runs", "lint"} {
			if given(name) {
				refused = append(refused, "--"+name)
			}
		}
		if len(refused) > 0 {
			return usagef("%s: not with --resume, since a run goes on with what it began with; --epochs, --steps, --device, --engine, --precision, --tuned, --threads, --keep, --max-memory, --on-nan, --on-nan-tries, --no-graph, --no-events, --http, --quiet and --set of DEVICE, NUM_EPOCHS and the *_EVERY keys may be given", words.List(refused))
		}
	}
	if err := checkEngine(cmd, o.engine); err != nil {
		return err
	}
	if err := checkPrecision(o.precision); err != nil {
		return err
	}
	if err := checkPage(cmd, o.http); err != nil {
		return err
	}
	if err := o.watch.check(); err != nil {
		return err
	}
	switch {
	case given("steps") && o.steps < 1:
		return usagef("--steps %d: want at least 1", o.steps)
	case o.threads < 0:
		return usagef("--threads %d: want 0 (all) or more", o.threads)
	case o.keep < 1:
		return usagef("--keep %d: want at least 1", o.keep)
	case given("data") && o.data == "":
		return usagef("--data: want a path")
	case given("runs") && o.root == "":
		return usagef("--runs: want a folder")
	}
	if err := runs.CheckName(o.name); err != nil {
		return usagef("--name: %v", err)
	}
	return nil
}

// flags returns the flags that stand for a key.
func (o *trainOptions) flags(cmd *cobra.Command) []config.Flag {
	var all []config.Flag
	for _, f := range []struct{ name, key, value string }{
		{"epochs", "NUM_EPOCHS", o.epochs}, {"seed", "SEED", o.seed}, {"device", "DEVICE", o.device},
	} {
		if cmd.Flags().Changed(f.name) {
			all = append(all, config.Flag{Arg: fmt.Sprintf("--%s %s", f.name, f.value), Key: f.key, Value: f.value})
		}
	}
	return all
}

// change applies the command line to the configuration of a run that is resumed.
func (o *trainOptions) change(cmd *cobra.Command, saved config.Config) (config.Config, error) {
	return config.Resolve(config.Sources{
		File: config.Marshal(saved), Filename: "the run's configuration", Variants: []string{saved.Variant},
		Sets: o.sets, Flags: o.flags(cmd),
	})
}

// trainProgress shows how far a training is.
func (a *app) trainProgress(p runner.Progress) {
	if p.Phase == runner.PhaseData {
		a.readingImages(int(p.Done), int(p.Total))
		return
	}
	a.console.progress(p.Phase, p.Done, p.Total, func() string {
		text := fmt.Sprintf("step %d/%d", p.Done, p.Total)
		if p.ImagesPerSecond > 0 {
			text += ", " + strconv.FormatFloat(p.ImagesPerSecond, 'f', 1, 64) + " images/s"
		}
		return text
	})
}

// runTraining trains until the end, an error, or an interrupt, after which everything is saved. A page at
// the given address, if it is not empty, shows the training and may end it as an interrupt does.
func (a *app) runTraining(ctx context.Context, o runner.Options, notes []string, http string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p, err := listenPage(ctx, stop, http)
	if err != nil {
		return err
	}
	o.Hooks = p.hooks()
	var limit memoryLimit
	defer limit.release()
	o.Memory = limit.hold
	r, err := runner.Open(ctx, o)
	a.console.end()
	if err != nil {
		err = errors.Join(err, p.end("The training did not begin."))
		if stopped(ctx, err) {
			return a.lastLine("Stopped before the training began: there is nothing to save.")
		}
		return err
	}
	if p != nil && !r.Finished() {
		line, err := p.begin(r)
		if err != nil {
			return errors.Join(err, p.end(""), r.Close())
		}
		if notes = append(notes, line); a.console.quiet {
			a.console.fail(line) // whoever asks for a page needs its address
		}
	}
	err = a.follow(ctx, r, notes)
	return errors.Join(err, p.end(ending(r, err)), r.Close())
}

// follow trains an open run and tells how it goes.
func (a *app) follow(ctx context.Context, r *runner.Runner, notes []string) error {
	if r.Finished() {
		return a.lastLine("%s is finished, nothing is left to do; --epochs or --steps can make it longer.", r.Folder())
	}
	for _, line := range append(r.Start(), notes...) {
		a.console.printf("%s", line)
	}
	err := r.Run(ctx)
	a.console.end()
	switch {
	case err == nil:
		return a.lastLine("Finished: %s. Draw samples with: %s sample --path %s", r.Folder(), a.program.Name, shellWord(r.Folder()))
	case stopped(ctx, err):
		return a.lastLine("Saved: %s. Go on with: %s train --resume %s", r.Folder(), a.program.Name, shellWord(r.Folder()))
	}
	return err
}

// stopped reports whether err says that ctx ended, and nothing else: a training that could not be
// saved has failed.
func stopped(ctx context.Context, err error) bool {
	if ctx.Err() == nil {
		return false
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(e error) bool { return !stopped(ctx, e) })
	}
	return errors.Is(err, ctx.Err())
}

// lastLine prints the outcome of a training.
func (a *app) lastLine(format string, args ...any) error {
	_, err := fmt.Fprintln(a.out, printable(fmt.Sprintf(format, args...)))
	return err
}
