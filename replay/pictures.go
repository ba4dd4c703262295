package replay

import (
	"errors"
	"fmt"
	"os"

	"ganlib/runs"
)

// comparePictures draws the pictures that the run has of the step made last, and compares. It also draws where
// that is a part of the training.
func (t *retraining) comparePictures(bytes bool) error {
	epoch, batch := t.p.Trainer().LastBatch()
	there := false
	for _, p := range pathsOf(t.v.run.Pictures(epoch, batch)) {
		_, err := os.Stat(p)
		there = there || err == nil
	}
	if there || t.p.MustDraw() {
		files, err := t.p.Draw()
		if err != nil {
			return fmt.Errorf("replay: %w", err)
		}
		t.compareFiles(files, bytes)
	}
	if t.p.Trainer().Progress().GeneratorSteps != t.last { // a run that went on has drawn its final pictures again
		return nil
	}
	files, err := t.p.DrawFinal()
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	t.compareFiles(files, bytes)
	return nil
}

func pathsOf(p runs.Pictures) []string { return []string{p.FixedGrid, p.Grid, p.Single} }

// compareFiles compares files that were drawn again with those of the run, where it still has them.
func (t *retraining) compareFiles(files map[string][]byte, bytes bool) {
	if !bytes {
		return
	}
	step := t.p.Trainer().Progress().GeneratorSteps - 1
	for name, data := range files {
		same, err := equalFile(t.v.run.Join(name), data)
		switch {
		case errors.Is(err, os.ErrNotExist): // somebody tidied up
		case err != nil:
			t.v.report.differs("pictures", name, "%v", err)
		case !same:
			t.v.report.add(Finding{State: Differs, Part: "pictures", File: name, Step: &step,
				Detail: fmt.Sprintf("not what step %d draws", step)})
		default:
			t.pictures++
		}
	}
}
