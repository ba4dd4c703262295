package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"ganlib/report"
)

// lastSteps are those whose statistics are compared.
const lastSteps = 200

// longRun is how a training in a precision has gone.
type longRun struct {
	Precision string  `json:"precision"`
	Steps     int     `json:"steps"`
	NotFinite int     `json:"not_finite"` // steps with a number that is none
	Distance  spread  `json:"distance"`   // the critic's mean score of real samples less that of fake ones, lately
	Penalty   spread  `json:"penalty"`
	Generator spread  `json:"generator_loss"`
	Seconds   float64 `json:"seconds"`
	Error     string  `json:"error,omitempty"`
}

// spread is a mean and a standard deviation.
type spread struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
}

func (s spread) String() string { return fmt.Sprintf("%.3f ± %.3f", s.Mean, s.SD) }

// long trains from one seed in a precision.
func (t training) long(precision string, steps int) (r longRun) {
	r.Precision = precision
	root, err := os.MkdirTemp("", "long")
	if err != nil {
		r.Error = err.Error()
		return r
	}
	defer os.RemoveAll(root)
	start := time.Now()
	args := append([]string{"--seed", "1", "--epochs", "1000000", "--steps", fmt.Sprint(steps), "--on-nan", "warn"}, quiet...)
	folder, err := t.run(root, precision, args...)
	r.Seconds = time.Since(start).Seconds()
	var rows []report.Scalars
	if err == nil {
		rows, err = rowsOf(folder)
	}
	if err == nil && len(rows) != steps {
		err = fmt.Errorf("%d steps of %d", len(rows), steps)
	}
	if err != nil {
		r.Error = err.Error()
	}
	r.take(rows)
	return r
}

// take fills in what follows from the statistics.
func (r *longRun) take(rows []report.Scalars) {
	r.Steps = len(rows)
	for _, s := range rows {
		if sum := float64(s.CriticLossGP) + float64(s.GeneratorLoss); math.IsNaN(sum) || math.IsInf(sum, 0) {
			r.NotFinite++
		}
	}
	if r.NotFinite > 0 || len(rows) == 0 {
		return
	}
	rows = rows[max(len(rows)-lastSteps, 0):]
	r.Distance = spreadOf(rows, func(s report.Scalars) float64 { return -float64(s.CriticLoss) })
	r.Penalty = spreadOf(rows, func(s report.Scalars) float64 { return float64(s.Penalty) })
	r.Generator = spreadOf(rows, func(s report.Scalars) float64 { return float64(s.GeneratorLoss) })
}

func (r longRun) ok() bool { return r.Error == "" && r.NotFinite == 0 }

func spreadOf(rows []report.Scalars, of func(report.Scalars) float64) (s spread) {
	n := float64(len(rows))
	for _, r := range rows {
		s.Mean += of(r) / n
	}
	for _, r := range rows {
		s.SD += (of(r) - s.Mean) * (of(r) - s.Mean) / n
	}
	s.SD = math.Sqrt(s.SD)
	return s
}

// longTable writes the runs side by side.
func longTable(runs []longRun) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CatFaces from one seed; means and standard deviations of the last %d steps. The distance is that of the critic's mean\nscores of real and fake samples.\n\n", lastSteps)
	b.WriteString("| precision | steps | not finite | distance | penalty | generator's loss | seconds |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range runs {
		fmt.Fprintf(&b, "| %s | %d | %d | %v | %v | %v | %.1f |\n", r.Precision, r.Steps, r.NotFinite, r.Distance, r.Penalty, r.Generator, r.Seconds)
	}
	for _, r := range runs {
		if r.Error != "" {
			fmt.Fprintf(&b, "\nFailed: %s: %s\n", r.Precision, r.Error)
		}
	}
	return b.String()
}
