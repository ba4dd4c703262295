package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/internal/words"
	"ganlib/kernels"
	"ganlib/manifest"
	"ganlib/report"
	"ganlib/runs"
)

// Bisection is where two runs part.
type Bisection struct {
	A     string `json:"a"`
	B     string `json:"b"`
	State State  `json:"state"` // Unchecked: they differ, and where exactly could not be found out

	Made        []string     `json:"made"`         // what was not the same in their making, one line each
	Rows        int64        `json:"rows"`         // of the tables, that both have and that were compared
	Row         *RowParting  `json:"row"`          // the first that differs
	Checkpoints []int64      `json:"checkpoints"`  // steps of which both have a checkpoint
	LastSame    *int64       `json:"last_same"`    // the last of these that are the same
	FirstOther  *int64       `json:"first_other"`  // the first that are not
	OtherTensor string       `json:"other_tensor"` // its first tensor that differs
	Step        *StepParting `json:"step"`         // the first step that differs when both are trained again
	Conclusion  string       `json:"conclusion"`   // a sentence or two
}

// RowParting is the first row of the tables that differs.
type RowParting struct {
	Step   int64  `json:"step"`
	Column string `json:"column"`
	A      string `json:"a"`
	B      string `json:"b"`
	ULP    uint64 `json:"ulp"`
}

// StepParting is the first step that differs when two runs are trained again side by side.
type StepParting struct {
	Step   int64  `json:"step"`             // generator steps before it; -1: the networks differ before the first
	Update string `json:"update,omitempty"` // which of its updates
	Tensor string `json:"tensor,omitempty"` // the first that differs after it
}

// Bisect finds the first step at which two runs differ. It compares how they were made, then the rows of their
// tables, then the checkpoints of common steps. If they differ, it trains both again side by side, in memory,
// from the last checkpoint that is the same, or from the start, and compares the whole state after every update
// of a network.
//
// An error means that a run could not be looked at. Of the options, those that say which steps do not count.
func Bisect(ctx context.Context, a, b string, o Options) (*Bisection, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	x := &bisector{o: o, found: &Bisection{Made: []string{}, Checkpoints: []int64{}}}
	for i, path := range []string{a, b} {
		v, err := openSide(path)
		if err != nil {
			return nil, err
		}
		x.sides[i] = v
	}
	x.found.A, x.found.B = x.sides[0].run.Path(), x.sides[1].run.Path()
	x.compareMaking()
	x.compareRows()
	if err := x.compareCheckpoints(ctx); err != nil {
		return nil, err
	}
	if x.found.Row == nil && x.found.FirstOther == nil {
		x.nothingDiffers()
		return x.found, nil
	}
	x.found.State = Differs
	return x.found, x.trainAgain(ctx)
}

// nothingDiffers concludes so.
func (x *bisector) nothingDiffers() {
	x.found.State = Same
	x.found.Conclusion = fmt.Sprintf("Nothing differs: %s and %s are the same", words.Counted(x.found.Rows, "row"), words.Counted(len(x.found.Checkpoints), "checkpoint"))
	switch {
	case x.found.Rows == 0 && len(x.found.Checkpoints) == 0:
		x.found.State, x.found.Conclusion = Unchecked, "The runs have neither a step in their tables nor a checkpoint in common"
	case len(x.unread) > 0:
		x.found.State = Unchecked
		x.found.Conclusion += ", but not all can be read: " + strings.Join(x.unread, "; ")
	}
}

// openSide reads what there is to know of a run.
func openSide(path string) (*verifier, error) {
	run, err := runs.Open(path)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	v := &verifier{run: run, report: &Report{}}
	if v.saved, err = run.Checkpoints(); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	v.checkManifest()
	v.checkConfig()
	if v.config == nil && v.manifest == nil {
		return nil, fmt.Errorf("replay: %s: %s", path, v.report.Findings[len(v.report.Findings)-1].Detail)
	}
	return v, nil
}

// bisector is one call of Bisect.
type bisector struct {
	o     Options
	sides [2]*verifier
	found *Bisection

	unread []string // what could not be read, and why
}

// compareMaking names what was not the same in the making of the runs, and from which step on.
func (x *bisector) compareMaking() {
	a, b := x.sides[0], x.sides[1]
	for _, v := range x.sides {
		for _, f := range v.report.Findings {
			if f.State == Differs {
				x.found.Made = append(x.found.Made, v.run.Path()+": "+f.String())
			}
		}
	}
	if a.manifest == nil || b.manifest == nil {
		if a.config != nil && b.config != nil {
			x.made("", config.Map(*a.config), config.Map(*b.config), nil)
		}
		return
	}
	var steps []int64
	for _, v := range x.sides {
		for _, s := range v.manifest.Stretches {
			steps = append(steps, s.From)
		}
	}
	slices.Sort(steps)
	told := map[string]bool{}
	for _, step := range slices.Compact(steps) {
		s, t := a.manifest.At(step), b.manifest.At(step)
		if s == nil || t == nil {
			continue
		}
		when := ""
		if step > 0 {
			when = fmt.Sprintf("from step %d on, ", step)
		}
		x.made(when, facts(s), facts(t), told)
	}
}

// made tells which facts differ, unless that was told.
func (x *bisector) made(when string, a, b map[string]string, told map[string]bool) {
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		line := fmt.Sprintf("%s: %s and %s", key, quoted(a[key]), quoted(b[key]))
		if a[key] == b[key] || key == "DATA_ROOT" || told[line] {
			continue
		}
		if told != nil {
			told[line] = true
		}
		x.found.Made = append(x.found.Made, when+line)
	}
}

func quoted(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// facts are what a stretch was made of, by name.
func facts(s *manifest.Stretch) map[string]string {
	all := maps.Clone(s.Config)
	all["data"] = fmt.Sprintf("%d samples, SHA-256 %s", s.Data.Samples, s.Data.Fingerprint)
	all["device"], all["platform"] = s.Machine.Device, s.Machine.OS+"/"+s.Machine.Arch
	all["program"], all["Go"] = s.Program.SHA256, s.Program.Go
	if s.Program.Kernels != "" {
		all["kernels"] = s.Program.Kernels
	}
	if sum := kernels.SumOf(s.Machine.Tuning); sum != "" {
		all["tuning"] = sum
	}
	if s.Steps > 0 {
		all["--steps"] = fmt.Sprint(s.Steps)
	}
	return all
}

// compareRows finds the first row that differs.
func (x *bisector) compareRows() {
	rows, err := x.sides[0].rows(csvFile, 0, 1<<62)
	others, otherErr := x.sides[1].rows(csvFile, 0, 1<<62)
	for _, err := range []error{err, otherErr} {
		if err != nil {
			x.unread = append(x.unread, err.Error())
		}
	}
	for _, step := range slices.Sorted(maps.Keys(rows)) {
		other, ok := others[step]
		if !ok {
			continue
		}
		x.found.Rows++
		if p := partRows(rows[step], other); p != nil {
			x.found.Row = p
			return
		}
	}
}

func partRows(a, b report.Scalars) *RowParting {
	column, ulp := difference(a, b)
	if column == "" {
		return nil
	}
	p := &RowParting{Step: a.Step, ULP: ulp}
	other := b.Trained()
	for i, c := range a.Trained() {
		if c.Value != other[i].Value {
			p.Column, p.A, p.B = c.Name, c.Value, other[i].Value
			return p
		}
	}
	return nil
}

// compareCheckpoints compares those of common steps until one differs. A damaged one says nothing.
func (x *bisector) compareCheckpoints(ctx context.Context) error {
	for _, c := range x.sides[0].saved {
		i := slices.IndexFunc(x.sides[1].saved, func(d runs.Checkpoint) bool { return d.Step == c.Step })
		if i < 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		x.found.Checkpoints = append(x.found.Checkpoints, c.Step)
		if x.found.FirstOther != nil {
			continue
		}
		different, err := compareFiles(c.Path, x.sides[1].saved[i].Path)
		switch {
		case errors.Is(err, checkpoint.ErrDamaged):
			x.unread = append(x.unread, err.Error())
		case err != nil:
			return fmt.Errorf("replay: %w", err)
		case len(different) == 0:
			x.found.LastSame = &c.Step
		default:
			x.found.FirstOther, x.found.OtherTensor = &c.Step, different[0].Name
		}
	}
	return nil
}

// compareFiles compares the states in two checkpoints.
func compareFiles(a, b string) ([]checkpoint.Difference, error) {
	one, err := checkpoint.Open(a)
	if err != nil {
		return nil, err
	}
	defer one.Close()
	two, err := checkpoint.Open(b)
	if err != nil {
		return nil, err
	}
	defer two.Close()
	different, err := one.CompareTo(two)
	return slices.DeleteFunc(different, func(d checkpoint.Difference) bool { return strings.HasPrefix(d.Name, "config.") }), err
}
