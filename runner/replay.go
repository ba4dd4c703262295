package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/presets"
	"ganlib/runs"
	"ganlib/variants"
	"ganlib/vfs"
)

// Replay makes steps of a run again, in memory: nothing is written, and the run may be read-only or in use.
// One goroutine uses it.
type Replay struct {
	r     *Runner
	files *capture
	wrap  func(variants.Variant) variants.Variant
	row   variants.Stats
}

// OpenReplay makes ready to train on from a checkpoint of the run o.Resume, or from its start if state is nil.
// The configuration is o.Config, whatever the run's folder says, and o.Steps the limit of steps that the run
// had. Device, Engine, Precision, Threads, Tuning, NoGraph, MaxMemory and Data count as they do for [Open], and so does
// Progress while data are read. wrap, if it is not nil, is put around the algorithm, to look into its steps.
func OpenReplay(ctx context.Context, o Options, state *checkpoint.Checkpoint, wrap func(variants.Variant) variants.Variant) (_ *Replay, err error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	c, err := o.override(o.Config)
	if err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	run, err := runs.OpenFS(o.fs, o.Resume)
	if err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	files := &capture{o.fs, map[string][]byte{}}
	o.fs, o.Lint = files, IgnoreMistakes
	r := &Runner{options: o, config: c, run: run, saved: -1, unsaved: -1, now: steady(o.clock)}
	r.console = &console{out: io.Discard, file: nowhere{}}
	p := &Replay{r: r, files: files, wrap: wrap}
	r.replay = p
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if err := r.build(ctx); err != nil {
		return nil, err
	}
	if state != nil {
		if err := r.restore(&saved{run: run, before: c, config: c, state: state}); err != nil {
			return nil, err
		}
	}
	r.sample = newSchedule(c.SampleEvery, r.now)
	return p, r.readRollbacks()
}

// nowhere is the log of a training that has none.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Close() error                { return nil }

// replayed returns the algorithm as the trainer is to see it.
func (r *Runner) replayed(v variants.Variant) variants.Variant {
	if r.replay == nil || r.replay.wrap == nil {
		return v
	}
	return r.replay.wrap(v)
}

func (p *Replay) hooks() []variants.Hook {
	return []variants.Hook{{Name: "replay", Stats: func(_ *variants.Trainer, rows []variants.Stats) error {
		p.row = rows[len(rows)-1]
		return nil
	}}}
}

// Trainer returns the training, Fixed the noise of its fixed samples, Device what computes, and Data what it
// trains on.
func (p *Replay) Trainer() *variants.Trainer { return p.r.trainer }
func (p *Replay) Fixed() *device.Tensor      { return p.r.fixed }
func (p *Replay) Device() device.Device      { return p.r.dev }
func (p *Replay) Data() *presets.Data        { return p.r.data }

// Step makes a generator step with its critic steps and returns its statistics.
func (p *Replay) Step() (variants.Stats, error) {
	if err := p.r.trainer.Step(); err != nil {
		return p.row, err
	}
	return p.row, p.r.trainer.Flush()
}

// Last returns the statistics of the step made last.
func (p *Replay) Last() variants.Stats { return p.row }

// MustDraw reports whether the run drew pictures after the step made last and its state depends on that, as it
// does under grid-train-mode.
func (p *Replay) MustDraw() bool {
	c := p.r.config
	return c.Compat.Has(config.SwitchGridTrainMode) && c.SampleEvery.Time == 0 && p.r.picturesDue(p.r.trainer)
}

// Draw draws the pictures of the step made last, and the final ones after the last step. It returns their files
// by slash path within the run.
func (p *Replay) Draw() (map[string][]byte, error) {
	clear(p.files.files)
	set, err := p.r.drawPictures(p.r.trainer)
	if err == nil {
		err = set.write()
	}
	if err != nil {
		return nil, err
	}
	return p.drawn()
}

// DrawFinal draws the pictures that a run draws after its last step, if that was it.
func (p *Replay) DrawFinal() (map[string][]byte, error) {
	clear(p.files.files)
	if !p.r.trainer.Done() {
		return nil, nil
	}
	if err := p.r.finalPictures(p.r.trainer); err != nil {
		return nil, err
	}
	return p.drawn()
}

func (p *Replay) drawn() (map[string][]byte, error) {
	files := map[string][]byte{}
	for path, data := range p.files.files {
		rel, err := filepath.Rel(p.r.run.Path(), path)
		if err != nil {
			return nil, fmt.Errorf("runner: %w", err)
		}
		files[filepath.ToSlash(rel)] = data
	}
	return files, nil
}

// Close stops the device.
func (p *Replay) Close() error { return p.r.Close() }

// ConfigOf returns the configuration of a run, as its file has it.
func ConfigOf(run *runs.Run) (config.Config, error) {
	c, err := readConfig(vfs.OS, run)
	if err != nil {
		return c, fmt.Errorf("runner: %w", err)
	}
	return c, nil
}
