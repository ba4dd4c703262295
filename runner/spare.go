package runner

import (
	"fmt"

	"ganlib/variants"
)

// spared lets a training go on whose disk is full, or gone: its state is in memory, and what people look at is
// left out, with a warning, until the disk takes it again. It is whether the console knows of a trouble.
type spared bool

func (s *spared) check(c *console, what string, err error) error {
	if err == nil || !isStorage(err) {
		*s = false
		return err
	}
	if !*s {
		*s = true
		c.print(fmt.Sprintf("Warning: %s could not be written, and the training goes on: %v", what, err))
	}
	return nil
}

// spareRows makes a warning of a hook's error that is the disk's, even at the last step: what it could not write
// waits, and is tried again at the end.
func (r *Runner) spareRows(what string, f func(*variants.Trainer, []variants.Stats) error) func(*variants.Trainer, []variants.Stats) error {
	var s spared
	return func(t *variants.Trainer, rows []variants.Stats) error { return s.check(r.console, what, f(t, rows)) }
}
