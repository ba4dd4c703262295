package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"ganlib/checkpoint"
	"ganlib/internal/words"
	"ganlib/report"
	"ganlib/runner"
	"ganlib/runs"
)

// On another engine than the run's, a loss a of the first BoundSteps steps must be as near to the run's b as
// |a − b| ≤ Bound·(1 + |b|). Later the two go ways of their own: rounding grows, as in every training.
const (
	Bound      = 1e-3
	BoundSteps = 5
)

// retrain makes steps again and compares.
func (v *verifier) retrain(ctx context.Context) error {
	from, to := v.span()
	s := session{run: v.run, manifest: v.manifest, config: v.config, from: from}
	end, why := s.last(to)
	p, err := s.open(ctx, v.o, nil)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return v.cannotOpen(ctx, err)
	}
	t := &retraining{v: v, s: s, p: p, from: from.Step, to: end}
	v.report.From, v.report.To, v.report.Device = t.from, t.to, p.Device().String()
	v.checkData(p)
	err = t.run(ctx)
	if why != "" {
		v.report.unchecked("losses", "", "%s; --from %d needs a checkpoint there", why, end)
	}
	return errors.Join(err, p.Close())
}

// cannotOpen says why nothing can be trained. If the data are others, that is what is wrong with the run.
func (v *verifier) cannotOpen(ctx context.Context, err error) error {
	if errors.Is(err, checkpoint.ErrMismatch) {
		v.report.differs("data", "", "%v", err)
		v.namedImages(ctx)
		return nil
	}
	v.report.unchecked("losses", "", "no step can be made again: %v", err)
	return nil
}

// span returns the steps to make again: from a checkpoint, or the start, to a step.
func (v *verifier) span() (from runs.Checkpoint, to int64) {
	switch {
	case v.o.From != nil:
		for _, c := range v.sound {
			if c.Step <= *v.o.From {
				from = c
			}
		}
	case len(v.saved) > 1:
		for _, c := range v.sound {
			if c.Step < v.newest() {
				from = c
			}
		}
	}
	to = v.o.To
	if v.o.Steps > 0 {
		to = from.Step + v.o.Steps
	}
	if to == 0 {
		for _, c := range slices.Backward(v.saved) {
			if c.Step > from.Step {
				to = c.Step
			}
		}
	}
	if to == 0 { // no checkpoint follows
		to = v.logged()
	}
	return from, max(to, from.Step)
}

// logged returns how many generator steps the tables tell of.
func (v *verifier) logged() (steps int64) {
	rows, _ := v.rows(csvFile, 0, 1<<62) // checkTables has told of an error
	for s := range rows {
		steps = max(steps, s+1)
	}
	return steps
}

// rows returns the rows of a table by step, as far as it can be read, and why it can be no further.
func (v *verifier) rows(file string, from, to int64) (map[int64]report.Scalars, error) {
	rows := map[int64]report.Scalars{}
	f, err := os.Open(v.run.Join(file))
	if err != nil {
		return rows, err
	}
	defer f.Close()
	err = report.ReadScalars(f, func(s report.Scalars) error {
		if s.Step >= from && s.Step < to {
			rows[s.Step] = s
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("%s: %w", f.Name(), err)
	}
	return rows, err
}

// retraining is steps that are made again.
type retraining struct {
	v        *verifier
	s        session
	p        *runner.Replay
	from, to int64
	last     int64 // generator steps that the run has done, as far as it tells
	tables   [2]*comparison
	pictures int // that were compared
}

func (t *retraining) run(ctx context.Context) error {
	if t.to <= t.from {
		t.v.report.unchecked("losses", "", "there is no step after step %d to make again", t.from)
		return nil
	}
	t.last = max(t.v.newest(), t.v.logged())
	for i, file := range []string{csvFile, jsonlFile} {
		rows, _ := t.v.rows(file, t.from, t.to) // checkTables has told of an error
		t.tables[i] = &comparison{file: file, rows: rows}
	}
	for step := t.from; step < t.to; step++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		stats, err := t.p.Step()
		if err != nil {
			return fmt.Errorf("replay: step %d: %w", step, err)
		}
		row := report.Scalars{
			Step: stats.Step, Epoch: stats.Epoch,
			CriticLoss: stats.CriticLoss, CriticLossGP: stats.CriticLossGP(), Penalty: stats.Penalty, GeneratorLoss: stats.GeneratorLoss,
		}
		bytes, _ := t.exact(step)
		for _, table := range t.tables {
			table.compare(row, bytes, step-t.from < BoundSteps)
		}
		if err := t.after(step + 1); err != nil {
			return err
		}
		if t.v.o.Progress != nil {
			t.v.o.Progress(runner.Progress{Phase: runner.PhaseTrain, Done: step + 1 - t.from, Total: t.to - t.from, Stats: stats})
		}
	}
	t.conclude()
	return nil
}

// exact reports whether a step must come out byte for byte, and if not, why.
func (t *retraining) exact(step int64) (bool, string) {
	was := t.s.machine(step)
	if was == nil {
		return true, "" // who knows
	}
	return was.SameBytes(machineOf(t.p))
}

// after compares what was written after so many steps.
func (t *retraining) after(done int64) error {
	bytes, why := t.exact(done - 1)
	if err := t.comparePictures(bytes); err != nil {
		return err
	}
	c, ok := t.v.at(done)
	if !ok {
		return nil
	}
	name := t.v.file(c.Path)
	if !bytes {
		t.v.report.unchecked("checkpoint", name, "not compared with the state that was trained again, since bytes are the same on one engine only: %s", why)
		return nil
	}
	state, err := checkpoint.Open(c.Path)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer state.Close()
	different, err := state.Compare(t.p.Trainer(), t.p.Fixed())
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if len(different) == 0 {
		t.v.report.same("checkpoint", name, "the state that was trained again, every byte")
		return nil
	}
	t.v.report.add(stateFinding(name, different))
	return nil
}

// stateFinding tells of a checkpoint that is not the state that was trained again.
func stateFinding(name string, different []checkpoint.Difference) Finding {
	f := Finding{State: Differs, Part: "checkpoint", File: name, Tensor: different[0].Name}
	var lines []string
	for _, d := range different {
		f.ULP = max(f.ULP, d.ULP)
		lines = append(lines, d.String())
	}
	const most = 3
	if n := len(lines); n > most {
		lines = append(lines[:most], fmt.Sprintf("and %d more", n-most))
	}
	f.Detail = "not the state that was trained again: " + strings.Join(lines, "; ")
	return f
}

// conclude tells how losses and pictures compared.
func (t *retraining) conclude() {
	for _, table := range t.tables {
		t.v.report.add(table.finding(t))
	}
	if t.pictures > 0 {
		t.v.report.same("pictures", "", "%s of these steps drawn again, every byte", words.Counted(t.pictures, "picture"))
	}
}
