package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/manifest"
	"ganlib/runs"
	"ganlib/variants"
	"ganlib/vfs"
)

// ErrChanged is wrapped by the error for a run to be resumed with a configuration that differs in keys
// which may not change.
var ErrChanged = errors.New("a resumed run keeps its configuration")

// saved is a run to resume: its folder, what its configuration is to be, and its newest checkpoint that is
// not damaged.
type saved struct {
	run     *runs.Run
	before  config.Config          // as saved
	config  config.Config          // with the user's changes, which may be made
	state   *checkpoint.Checkpoint // nil if there is none
	damaged []damage               // newer checkpoints
	machine *manifest.Machine      // that the run was made on last; nil: unknown
}

// damage is a checkpoint that cannot be used, and why.
type damage struct {
	runs.Checkpoint
	err error
}

func (s *saved) close() error {
	if s.state == nil {
		return nil
	}
	return s.state.Close()
}

// findSaved reads the run that o means, changing nothing.
func findSaved(o Options) (s *saved, err error) {
	s = new(saved)
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("runner: resume %s: %w", o.Resume, err), s.close())
		}
	}()
	if s.run, err = findRun(o.fs, o.Resume); err != nil {
		return s, err
	}
	if s.before, err = readConfig(o.fs, s.run); err != nil {
		return s, err
	}
	s.config, s.machine = s.before, lastMachine(o.fs, s.run)
	if o.Changes != nil {
		if s.config, err = o.Changes(s.before); err != nil {
			return s, err
		}
	}
	if s.config, err = o.override(s.config); err != nil {
		return s, err
	}
	if err := unchanged(s.before, s.config); err != nil {
		return s, err
	}
	return s, s.openState(o.fs)
}

// findRun returns the run at path, which is its folder or its newest checkpoint.
func findRun(fsys vfs.FS, path string) (*runs.Run, error) {
	info, err := fsys.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return runs.OpenFS(fsys, path)
	}
	run, err := runs.FindFS(fsys, path)
	if err != nil {
		return nil, err
	}
	latest, err := run.Latest()
	if err != nil {
		return nil, err
	}
	newest, err := fsys.Stat(latest.Path)
	if err != nil {
		return nil, err
	}
	if !os.SameFile(info, newest) {
		return nil, fmt.Errorf("a run goes on from its newest checkpoint, which is %s: give that or the run's folder, or remove what is newer", latest.Path)
	}
	return run, nil
}

func readConfig(fsys vfs.FS, run *runs.Run) (config.Config, error) {
	path := run.Join(runs.ConfigFile)
	file, err := vfs.Open(fsys, path)
	if err != nil {
		return config.Config{}, err
	}
	defer file.Close()
	base, err := config.Preset(config.DefaultPreset)
	if err != nil {
		return config.Config{}, err
	}
	return config.Load(file, path, base, variants.Names()...)
}

// unchanged refuses differences in keys that may not change.
func unchanged(before, now config.Config) error {
	var refused []string
	for _, d := range config.Diff(before, now) {
		if !d.MayChange {
			refused = append(refused, d.String())
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return fmt.Errorf("%w; these keys cannot change: %s", ErrChanged, strings.Join(refused, "; "))
}

// openState opens the newest checkpoint that is not damaged, if there is one, and compares its configuration.
// If all are damaged that is an error: nobody wants to begin again without being asked.
func (s *saved) openState(fsys vfs.FS) error {
	list, err := s.run.Checkpoints()
	if err != nil {
		return err
	}
	for _, c := range slices.Backward(list) {
		s.state, err = openSound(fsys, c.Path)
		switch {
		case errors.Is(err, checkpoint.ErrDamaged):
			s.damaged = append(s.damaged, damage{c, err})
		case err != nil:
			return err
		default:
			return s.compare(c)
		}
	}
	if len(s.damaged) == 0 {
		return nil
	}
	var failed []error
	for _, d := range s.damaged {
		failed = append(failed, d.err)
	}
	return fmt.Errorf("no checkpoint can be used; without any the run begins again: %w", errors.Join(failed...))
}

// openSound opens a checkpoint of which every byte is what was written.
func openSound(fsys vfs.FS, path string) (*checkpoint.Checkpoint, error) {
	c, err := checkpoint.OpenFS(fsys, path)
	if err != nil {
		return nil, err
	}
	if err := c.Verify(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// compare refuses a configuration that differs from the checkpoint's.
func (s *saved) compare(c runs.Checkpoint) error {
	of, err := config.FromMap(s.state.Config())
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	of.DataRoot = s.before.DataRoot // not in checkpoints, see stateConfig
	if err := unchanged(of, s.config); err != nil {
		return fmt.Errorf("%s was changed since %s was written: %w", runs.ConfigFile, filepath.Base(c.Path), err)
	}
	return nil
}

// resume continues a run.
func (r *Runner) resume(ctx context.Context) (err error) {
	run, err := findRun(r.options.fs, r.options.Resume)
	if err != nil {
		return fmt.Errorf("runner: resume %s: %w", r.options.Resume, err)
	}
	if err := run.Lock(); err != nil { // before reading: another process may be writing
		return fmt.Errorf("runner: resume %s: %w", r.options.Resume, err)
	}
	r.run = run
	s, err := findSaved(r.options)
	if err != nil {
		return err
	}
	defer s.close()
	if err := r.setAside(s.damaged); err != nil {
		return err
	}
	r.config, r.options.before = s.config, s.machine
	if s.finished(r.options.Steps) {
		r.finished = true
		r.start = append(r.start, fmt.Sprintf("%s is finished, at step %d: nothing to do. More NUM_EPOCHS, or more --steps where they ended it, make it go on", run.Path(), s.state.Progress().GeneratorSteps))
		return nil
	}
	if err := r.build(ctx); err != nil {
		return err
	}
	if err := r.restore(s); err != nil {
		return err
	}
	if err := r.compareDevice(); err != nil {
		return err
	}
	r.compareTuning()
	if err := r.write(run.Join(runs.ConfigFile), config.Marshal(r.config)); err != nil {
		return err
	}
	if err := r.addStretch(); err != nil {
		return err
	}
	return r.attach()
}

// setAside gives damaged checkpoints another name, so that the run has none that is newer than where it goes
// on.
func (r *Runner) setAside(list []damage) error {
	for _, d := range list {
		to, err := r.run.SetAside(d.Checkpoint)
		if err != nil {
			return fmt.Errorf("runner: resume %s: %w", r.options.Resume, err)
		}
		r.start = append(r.start, fmt.Sprintf("Warning: %v; it is now %s, and the run goes on from the checkpoint before it", d.err, filepath.Base(to)))
	}
	return nil
}

// finished reports whether the run's newest checkpoint is its last, which is known without the data.
func (s *saved) finished(limit int64) bool {
	if s.state == nil {
		return false
	}
	count, _ := s.state.Data()
	batches := order(s.config, count)
	if batches.Validate() != nil {
		return false // the data will be found to differ
	}
	return s.state.Progress().GeneratorSteps >= totalSteps(s.config, batches.Batches(), limit)
}

// restore brings the trainer to the state of the checkpoint.
func (r *Runner) restore(s *saved) error {
	if s.config.LRDecay != "none" && s.config.NumEpochs != s.before.NumEpochs {
		r.start = append(r.start, fmt.Sprintf("LR_DECAY %s: with NUM_EPOCHS %d the learning rate goes on from another value than that of %d epochs", s.config.LRDecay, s.config.NumEpochs, s.before.NumEpochs))
	}
	if s.state == nil {
		r.start = append(r.start, "The run has no checkpoint yet and begins again")
		return nil
	}
	if err := s.state.Restore(r.trainer); err != nil {
		if count, print := s.state.Data(); count != r.trainer.Data().Len() || print != r.trainer.Data().Fingerprint() {
			err = fmt.Errorf("the data are not those that the run was trained on: %w", err)
		}
		return fmt.Errorf("runner: %w", err)
	}
	r.saved = s.state.Progress().GeneratorSteps
	values, _, err := s.state.FixedNoise()
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if len(values) == r.fixed.Len() {
		err = r.fixed.CopyFrom(values)
	}
	return err
}

// compareDevice warns of another device than the run's last, and notes this one.
func (r *Runner) compareDevice() error {
	path := r.run.Join(deviceFile)
	text, err := vfs.ReadFile(r.options.fs, path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("runner: %w", err)
	}
	before, now := strings.TrimSpace(string(text)), r.dev.String()
	if before == now {
		return nil
	}
	if before != "" {
		r.start = append(r.start, fmt.Sprintf("Warning: the run was on %s until now: what it writes may differ in the last bits from a run on one device", before))
	}
	return r.write(path, []byte(now+"\n"))
}

// write replaces a file of the run.
func (r *Runner) write(path string, data []byte) error {
	err := runs.WriteFileFS(r.options.fs, path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	return nil
}
