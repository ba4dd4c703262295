package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/printable"
	"ganlib/presets"
	"ganlib/report"
	"ganlib/runs"
	"ganlib/variants"
	_ "ganlib/variants/all" // the algorithms that VARIANT may name
	"ganlib/watchdog"
)

// deviceFile holds the line that names the device which a run computed on last.
const deviceFile = "layout/device.txt"

// Runner is a training in its run folder. One goroutine uses it.
type Runner struct {
	options Options
	config  config.Config
	info    config.Info

	dev      device.Device
	measured measured
	data     *presets.Data
	trainer  *variants.Trainer // nil for a run that is finished already
	run      *runs.Run
	start    []string
	finished bool
	saved    int64 // generator step of the newest checkpoint, -1 if there is none
	unsaved  int64 // generator step whose state could not be saved, -1 if there is none
	failed   bool  // a hook's error ends the training; the networks are whole

	now     func() time.Time // for what is due, and how fast
	console *console
	scalars *report.ScalarWriter
	events  *eventLog // nil if none are written
	outage  outage    // of the disk that events go to
	meter   meter
	last    variants.Stats
	mean    epochMean

	watch     *watchdog.Watchdog
	fault     string // what it says is not finite
	rollbacks []rollback
	replay    *Replay // nil but in one

	fixed  *device.Tensor    // noise of the fixed samples, (BATCH_SIZE, z)
	ws     *device.Workspace // of samples
	saver  saver
	torch  torchExport
	log    schedule
	sample schedule
	keep   schedule // of checkpoints
	export schedule

	beside   backlog // pictures and networks
	samples  spared  // whether the disk takes those
	networks spared
}

// Open makes everything that a training needs. A new run gets its folder only when configuration,
// data, device and memory have been accepted; a run to resume is locked and brought to the state of
// its newest checkpoint, or to step 0 if it has none. The errors of packages config, datasets, device,
// runs and checkpoint are wrapped; [ErrMemory] and [ErrChanged] are this package's.
func Open(ctx context.Context, o Options) (*Runner, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	r := &Runner{options: o, saved: -1, unsaved: -1, now: steady(o.clock)}
	open := r.begin
	if o.Resume != "" {
		open = r.resume
	}
	if err := open(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// begin makes a new run.
func (r *Runner) begin(ctx context.Context) (err error) {
	if r.config, err = r.options.override(r.options.Config); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if err := r.build(ctx); err != nil {
		return err
	}
	files, err := r.newFiles()
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if r.run, err = runs.CreateFS(r.options.fs, r.options.Root, r.options.Name, files); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	return r.attach()
}

// build makes the training of r.config, without a folder.
func (r *Runner) build(ctx context.Context) error {
	info, err := config.Describe(r.config.Preset)
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	p, err := prepare(r.options, r.config)
	if err != nil {
		return err
	}
	r.info, r.dev, r.measured = info, p.dev, p.measured
	r.start = append(r.start, p.deviceLine)
	r.start = append(append(r.start, p.tuningLines()...), p.mistakes...)
	r.options.Memory(r.measured.adds(p.source.Bytes() - p.source.Held()))
	if err := r.load(ctx, p.source, p.reading(r.options)); err != nil {
		return err
	}
	if r.data.Set != nil && r.data.Set.N != p.source.Len() { // some were skipped
		if _, err := measureLastBatch(r.dev, r.config, r.data.Set.N); err != nil {
			return err
		}
	}
	nets, err := presets.Networks(r.dev, r.config)
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	v, err := presets.Variant(nets, r.config)
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	samples, err := r.data.Samples(r.dev)
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	r.ws = device.NewWorkspace(r.dev)
	r.watch = r.newWatchdog()
	r.trainer, err = variants.NewTrainer(r.replayed(v), samples, presets.Trainer(r.config, r.options.Steps), r.hooks()...)
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if err := r.reserve(v); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if r.fixed, err = checkpoint.FixedNoise(r.trainer, r.config.BatchSize); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	return nil
}

// reserve takes the memory of steps and of samples, each in one piece.
func (r *Runner) reserve(v variants.Variant) error {
	if err := r.ws.Reserve(int(r.measured.sampling)); err != nil {
		return err
	}
	r.saver.r = r
	if savesBeside(r.config) {
		var err error
		if r.saver.snapshot, err = checkpoint.NewSnapshot(v); err != nil {
			return err
		}
	}
	if w, ok := v.(interface{ Workspace() *device.Workspace }); ok {
		return w.Workspace().Reserve(int(r.measured.step))
	}
	return nil
}

// load reads the data and tells how it went.
func (r *Runner) load(ctx context.Context, s *presets.Source, o presets.DataOptions) (err error) {
	o.Progress = func(done, total int) {
		r.options.Progress(Progress{Phase: PhaseData, Done: int64(done), Total: int64(total)})
	}
	if r.data, err = s.Load(ctx, o); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	r.start = append(r.start, "Data: "+r.data.Description)
	if r.data.Advice != "" {
		r.start = append(r.start, "  "+r.data.Advice)
	}
	if r.data.Set == nil {
		return nil
	}
	const most = 10
	for i, skip := range r.data.Set.Skipped {
		if i == most {
			r.start = append(r.start, fmt.Sprintf("  and %d more", len(r.data.Set.Skipped)-most))
			break
		}
		r.start = append(r.start, fmt.Sprintf("  skipped %s: %v", skip.Source, skip.Err))
	}
	return nil
}

// attach opens the run's files from the trainer's step on.
func (r *Runner) attach() (err error) {
	step := r.trainer.Progress().GeneratorSteps
	if err := r.readRollbacks(); err != nil {
		return err
	}
	if r.scalars, err = report.OpenScalarsFS(r.options.fs, r.run.Join(runs.LogFolder)); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	switch err := r.scalars.Truncate(step); {
	case errors.Is(err, report.ErrDamaged):
		r.start = append(r.start, fmt.Sprintf("Warning: %v", err))
	case err != nil:
		return fmt.Errorf("runner: %w", err)
	}
	if r.console, err = openConsole(r.options.fs, r.run.Join(consoleFile), r.options.Console); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if err := r.mean.restore(r.options.fs, r.run.Join(runs.LogFolder, "scalars.csv"), int(step/int64(r.trainer.StepsPerEpoch()))); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	r.log, r.sample = newSchedule(r.config.LogEvery, r.now), newSchedule(r.config.SampleEvery, r.now)
	r.keep, r.export = newSchedule(r.config.CheckpointEvery, r.now), newSchedule(r.config.ExportEvery, r.now)
	r.events = r.openEvents(step)
	r.describe(step)
	for i, line := range r.start {
		r.start[i] = printable.Text(line) // names of files are in it
		r.console.note(line)
	}
	return nil
}

// describe adds the lines about the run itself.
func (r *Runner) describe(step int64) {
	t := r.trainer
	r.start = append(r.start,
		fmt.Sprintf("Networks: %s, %s; generator %d parameters, critic %d", r.info.System, r.config.Variant, r.measured.generator.Params, r.measured.critic.Params),
		fmt.Sprintf("Run: %s, step %d of %d; an epoch is %d steps, with %d passes over the data", r.run.Path(), step, t.TotalSteps(), t.StepsPerEpoch(), r.passes()),
		fmt.Sprintf("Stop with Ctrl-C, which saves; go on with --resume %s", r.run.Path()))
	if r.config.Compat.Has(config.SwitchGridTrainMode) && r.config.SampleEvery.Time > 0 {
		r.start = append(r.start, "Warning: grid-train-mode moves the running averages with each grid, so SAMPLE_EVERY as a time makes the training depend on the clock")
	}
}

// Start returns the first lines to print: the device and why it was chosen, the data, the networks,
// the run folder, and how to stop and resume.
func (r *Runner) Start() []string { return r.start }

// Folder returns the run's folder.
func (r *Runner) Folder() string { return r.run.Path() }

// Finished reports whether the run has reached its last step.
func (r *Runner) Finished() bool { return r.finished }

// Config returns the run's configuration.
func (r *Runner) Config() config.Config { return r.config }

// Close closes the run's files, gives up its lock and stops the device. It does not save: [Runner.Run]
// has done that.
func (r *Runner) Close() error {
	var errs []error
	r.events.close()
	if r.scalars != nil {
		errs = append(errs, r.scalars.Close())
	}
	if r.console != nil {
		errs = append(errs, r.console.close())
	}
	if r.run != nil {
		errs = append(errs, r.run.Close())
	}
	if r.dev != nil {
		errs = append(errs, r.dev.Close())
	}
	r.scalars, r.events, r.console, r.dev = nil, nil, nil, nil
	return errors.Join(errs...)
}
