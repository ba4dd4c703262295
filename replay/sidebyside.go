package replay

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"ganlib/checkpoint"
	"ganlib/report"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// trainAgain trains both runs again, from the last state that they have in common to where they differ.
func (x *bisector) trainAgain(ctx context.Context) error {
	from, to := x.bracket()
	if from >= to {
		x.found.State = Unchecked
		x.found.Conclusion = fmt.Sprintf("The tables differ at step %d, but the checkpoints of step %d are the same: a table was changed, or there are runs of other histories in it", x.found.Row.Step, from)
		return nil
	}
	seed := maphash.MakeSeed()
	var again [2]*runner.Replay
	var probes [2]*probe
	defer func() {
		for _, p := range again {
			if p != nil {
				_ = p.Close()
			}
		}
	}()
	end, why := to, ""
	for i, v := range x.sides {
		s := session{run: v.run, manifest: v.manifest, config: v.config}
		if j := slices.IndexFunc(v.saved, func(c runs.Checkpoint) bool { return c.Step == from }); j >= 0 && from > 0 {
			s.from = v.saved[j]
		}
		if last, w := s.last(end); w != "" {
			end, why = last, w
		}
		var err error
		again[i], err = s.open(ctx, x.o, func(v variants.Variant) variants.Variant {
			probes[i] = newProbe(v, seed)
			return probes[i]
		})
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			x.found.State = Unchecked
			x.found.Conclusion = fmt.Sprintf("They part within steps %d to %d. %s cannot be trained again to say where: %v", from, to-1, v.run.Path(), err)
			return nil
		}
	}
	done, err := x.sideBySide(ctx, again, probes, from, end)
	if err != nil || done {
		return err
	}
	if why != "" && end < to {
		x.found.Step = &StepParting{Step: end}
		x.found.Conclusion = fmt.Sprintf("They part at step %d: %s", end, why)
		return nil
	}
	return x.blame(again, to)
}

// bracket returns the steps among which the first that differs is.
func (x *bisector) bracket() (from, to int64) {
	if x.found.LastSame != nil {
		from = *x.found.LastSame
	}
	to = 1 << 62
	if x.found.Row != nil {
		to = x.found.Row.Step + 1
	}
	if x.found.FirstOther != nil {
		to = min(to, *x.found.FirstOther)
	}
	return from, to
}

// sideBySide trains until the states differ, and reports whether they do.
func (x *bisector) sideBySide(ctx context.Context, again [2]*runner.Replay, probes [2]*probe, from, to int64) (bool, error) {
	for _, p := range probes {
		p.begin()
		if err := p.note("the start"); err != nil {
			return false, err
		}
	}
	if _, tensor, found := parted(probes[0], probes[1]); found {
		x.found.Step = &StepParting{Step: -1, Tensor: tensor}
		x.found.Conclusion = "They part before the first step: the networks begin with other numbers, first in " + tensor
		return true, nil
	}
	for step := from; step < to; step++ {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		for i, p := range again {
			probes[i].begin()
			if _, err := p.Step(); err != nil {
				return false, fmt.Errorf("replay: %s: step %d: %w", x.sides[i].run.Path(), step, err)
			}
			if err := x.sides[i].redraw(p); err != nil {
				return false, err
			}
		}
		if update, tensor, found := parted(probes[0], probes[1]); found {
			x.found.Step = &StepParting{Step: step, Update: update, Tensor: tensor}
			x.found.Conclusion = fmt.Sprintf("They part at step %d, with %s: the first tensor that differs after it is %s", step, update, tensor)
			return true, nil
		}
		if x.o.Progress != nil {
			x.o.Progress(runner.Progress{Phase: runner.PhaseTrain, Done: step + 1 - from, Total: to - from})
		}
	}
	return false, nil
}

// redraw draws pictures where that is a part of the training.
func (v *verifier) redraw(p *runner.Replay) error {
	if !p.MustDraw() {
		return nil
	}
	_, err := p.Draw()
	return err
}

// blame says which run is not what its training makes, since trained again both are the same.
func (x *bisector) blame(again [2]*runner.Replay, to int64) error {
	x.found.Conclusion = fmt.Sprintf("Trained again, both are the same until step %d: something was changed after it was written", to)
	for i, v := range x.sides {
		if x.found.FirstOther != nil && *x.found.FirstOther == to {
			j := slices.IndexFunc(v.saved, func(c runs.Checkpoint) bool { return c.Step == to })
			different, err := compareState(v.saved[j].Path, again[i])
			if err != nil {
				return err
			}
			if len(different) > 0 {
				x.found.Conclusion += fmt.Sprintf(". %s is not what its training makes: %s", v.saved[j].Path, different[0])
			}
		}
		if x.found.Row != nil && x.found.Row.Step == to-1 {
			row := again[i].Last()
			is := report.Scalars{
				Step: row.Step, Epoch: row.Epoch,
				CriticLoss: row.CriticLoss, CriticLossGP: row.CriticLossGP(), Penalty: row.Penalty, GeneratorLoss: row.GeneratorLoss,
			}
			rows, _ := v.rows(csvFile, to-1, to) // compareRows has read it
			if column, _ := difference(rows[to-1], is); column != "" {
				x.found.Conclusion += fmt.Sprintf(". %s: step %d: %s", v.run.Join(csvFile), to-1, column)
			}
		}
	}
	return nil
}

// compareState compares a checkpoint with a training.
func compareState(path string, p *runner.Replay) (different []checkpoint.Difference, err error) {
	state, err := checkpoint.Open(path)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	return state.Compare(p.Trainer(), p.Fixed())
}
