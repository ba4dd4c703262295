package replay

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"ganlib/config"
	"ganlib/manifest"
	"ganlib/runner"
	"ganlib/runs"
)

// Options say which steps to make again, and on what. The zero value is valid.
type Options struct {
	From  *int64 // begin at the newest checkpoint of at most so many steps, 0 being the start; nil: see [Verify]
	To    int64  // end after so many generator steps in all; 0: see [Verify]
	Steps int64  // end after so many steps from the first on; 0: as To says

	Device    string // as [runner.Options] has it; "": as the run was made
	Engine    string // "": as the run was made, if this machine has that engine
	Precision string // "": as the run was made
	Threads   int    // CPU workers; 0: GOMAXPROCS
	MaxMemory int64  // as [runner.Options] has it
	Data      string // where the data lie now; "": as the configuration says

	// Progress is called after each step, and while data are read. nil: nobody.
	Progress func(runner.Progress)
	// Found is called with each finding as it comes. nil: nobody.
	Found func(Finding)
}

func (o Options) validate() error {
	if o.From != nil && *o.From < 0 || o.To < 0 || o.Steps < 0 || o.Threads < 0 {
		return errors.New("replay: from, to, steps and threads: want 0 or more")
	}
	return nil
}

// Verify compares a run with what it should be: the manifest, the configuration, the checkpoints and the
// pictures with their checksums, the two tables with each other, the data with those that were trained on. Then
// it makes steps again, in memory, and compares their losses with the tables, the state with the checkpoints
// on the way, and the pictures that were drawn.
//
// Unless the options say otherwise, these are the steps between the two newest checkpoints, or from the start
// to the only one. On another engine than the run's, bytes cannot be the same; then losses are compared within
// [Bound] for [BoundSteps] steps.
//
// An error means that the run could not be looked at. What is wrong with it is in the report.
func Verify(ctx context.Context, path string, o Options) (*Report, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	run, err := runs.Open(path)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	v := &verifier{o: o, run: run, report: &Report{Run: run.Path(), Findings: []Finding{}, told: o.Found}}
	if err := v.verify(ctx); err != nil {
		return nil, err
	}
	return v.report, nil
}

// verifier is one call of Verify.
type verifier struct {
	o        Options
	run      *runs.Run
	report   *Report
	config   *config.Config     // of the run's file; nil if it cannot be read
	manifest *manifest.Manifest // nil if there is none that can be read
	saved    []runs.Checkpoint  // all
	sound    []runs.Checkpoint  // those that are what was written
}

func (v *verifier) verify(ctx context.Context) error {
	saved, err := v.run.Checkpoints()
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	v.saved = saved
	v.checkManifest()
	v.checkConfig()
	for _, check := range []func(context.Context) error{v.checkCheckpoints, v.checkTables, v.checkPictures, v.retrain} {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// newest returns the step of the newest checkpoint, 0 if there is none.
func (v *verifier) newest() int64 {
	if len(v.saved) == 0 {
		return 0
	}
	return v.saved[len(v.saved)-1].Step
}

// file returns a path as findings have it.
func (v *verifier) file(path string) string {
	rel, err := filepath.Rel(v.run.Path(), path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// at returns the sound checkpoint of a step, if there is one.
func (v *verifier) at(step int64) (runs.Checkpoint, bool) {
	i := slices.IndexFunc(v.sound, func(c runs.Checkpoint) bool { return c.Step == step })
	if i < 0 {
		return runs.Checkpoint{}, false
	}
	return v.sound[i], true
}
