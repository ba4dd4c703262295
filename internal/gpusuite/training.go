package main

import (
	"fmt"
	"os"
	"path/filepath"

	"ganlib/report"
)

// training is what runs of ganlib train have in common.
type training struct {
	ganlib, device, data string
	more                 []string // arguments beside its own
}

// quiet writes nothing but statistics.
var quiet = []string{
	"--no-events", "--set", "SAMPLE_EVERY=never", "--set", "CHECKPOINT_EVERY=never", "--set", "EXPORT_EVERY=never",
}

// run trains the CatFaces networks in a new folder, root, and returns the run's folder.
func (t training) run(root, precision string, args ...string) (folder string, err error) {
	all := []string{"train", "--preset", "catfaces", "--runs", root, "--name", "run", "--device", t.device, "--lint", "off", "--quiet"}
	if precision != "float32" { // which every device has
		all = append(all, "--precision", precision)
	}
	if t.data != "" {
		all = append(all, "--data", t.data)
	}
	_, err = commandOutput(t.ganlib, append(append(all, args...), t.more...)...)
	return filepath.Join(root, "run0"), err
}

// rowsOf reads a run's statistics, a row for each step.
func rowsOf(folder string) (rows []report.Scalars, err error) {
	f, err := os.Open(filepath.Join(folder, "logs", "scalars.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	err = report.ReadScalars(f, func(s report.Scalars) error {
		rows = append(rows, s)
		return nil
	})
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("%s has no rows", f.Name())
	}
	return rows, err
}
