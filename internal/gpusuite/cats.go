package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ganlib/report"
)

// shownAt are the seconds of training whose samples are kept.
var shownAt = []float64{1, 3, 10, 30, 60}

// bareSteps is how long the training is that nothing is written of, to see what an iteration takes by itself.
const bareSteps = 300

// catsRun is a whole training on photographs.
type catsRun struct {
	Precision string    `json:"precision"`
	Steps     int       `json:"steps"`
	Training  float64   `json:"seconds"`         // from the first step to the last
	Wall      float64   `json:"seconds_wall"`    // of the program
	Step      float64   `json:"ms_step"`         // of the training, with all that is written
	Bare      float64   `json:"ms_step_bare"`    // of a training of which nothing is written
	Shown     []float64 `json:"shown,omitempty"` // seconds of training at each grid of the picture
	Picture   string    `json:"picture,omitempty"`
	Error     string    `json:"error,omitempty"`
}

// cats trains for some epochs in a precision. Samples go into a picture in out.
func (t training) cats(precision, epochs, out string) (r catsRun) {
	r.Precision = precision
	if err := t.catsInto(&r, epochs, out); err != nil {
		r.Error = err.Error()
	}
	return r
}

func (t training) catsInto(r *catsRun, epochs, out string) error {
	root, err := os.MkdirTemp("", "cats")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	start := time.Now()
	// A grid a second; everything else as a user's run has it.
	folder, err := t.run(filepath.Join(root, "whole"), r.Precision, "--epochs", epochs, "--set", "SAMPLE_EVERY=1s", "--set", "GRID_COLUMNS=4")
	if err != nil {
		return err
	}
	r.Wall = time.Since(start).Seconds()
	rows, err := rowsOf(folder)
	if err != nil {
		return err
	}
	r.Steps, r.Training = len(rows), rows[len(rows)-1].Seconds
	r.Step = stepTime(rows)
	grids, err := gridsOf(folder, rows)
	if err != nil {
		return err
	}
	r.Picture = "cats-" + r.Precision + ".png"
	if r.Shown, err = sideBySide(chosen(grids, shownAt), filepath.Join(out, r.Picture)); err != nil {
		return err
	}
	bare, err := t.run(filepath.Join(root, "bare"), r.Precision, append([]string{"--epochs", epochs, "--steps", fmt.Sprint(bareSteps)}, quiet...)...)
	if err != nil {
		return err
	}
	if rows, err = rowsOf(bare); err == nil {
		r.Bare = stepTime(rows)
	}
	return err
}

// stepTime returns the milliseconds of a step, the first ones left out, which load kernels and make graphs. The time
// of a row is that of the batch of rows that it was read with.
func stepTime(rows []report.Scalars) float64 {
	last := rows[len(rows)-1]
	first := slices.IndexFunc(rows, func(r report.Scalars) bool { return r.Seconds > rows[0].Seconds })
	if first < 0 {
		return 0
	}
	for first+1 < len(rows) && rows[first+1].Seconds == rows[first].Seconds {
		first++
	}
	if first+1 == len(rows) { // nothing is left
		return 1000 * last.Seconds / float64(len(rows))
	}
	return 1000 * (last.Seconds - rows[first].Seconds) / float64(last.Step-rows[first].Step)
}

// catsTable writes the runs side by side.
func catsTable(runs []catsRun) string {
	var b strings.Builder
	b.WriteString("| precision | steps | training, s | with start and end, s | ms a step | with nothing written | shown |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range runs {
		shown := make([]string, len(r.Shown))
		for i, s := range r.Shown {
			shown[i] = fmt.Sprintf("%.1f", s)
		}
		fmt.Fprintf(&b, "| %s | %d | %.2f | %.2f | %.3f | %.3f | %s: after %s s |\n", r.Precision, r.Steps, r.Training, r.Wall, r.Step, r.Bare, r.Picture, strings.Join(shown, ", "))
	}
	for _, r := range runs {
		if r.Error != "" {
			fmt.Fprintf(&b, "\nFailed: %s: %s\n", r.Precision, r.Error)
		}
	}
	return b.String()
}
