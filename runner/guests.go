package runner

import (
	"errors"
	"fmt"
	"time"

	"ganlib/variants"
)

// guests returns the hooks of the options; their failures are noted as those of the runner's own are. Their
// End functions are left to endGuests, since a training that went back ends more than once.
func (r *Runner) guests() []variants.Hook {
	hooks := make([]variants.Hook, len(r.options.Hooks))
	for i, h := range r.options.Hooks {
		hooks[i] = h
		hooks[i].End = nil
		if h.Stats != nil {
			hooks[i].Stats = r.guardRows(h.Stats)
		}
		if h.Step != nil {
			hooks[i].Step = r.guardStep(h.Step)
		}
		if h.Epoch != nil {
			hooks[i].Epoch = r.guardStep(h.Epoch)
		}
	}
	return hooks
}

// endGuests runs the End functions of the options' hooks.
func (r *Runner) endGuests() error {
	var errs []error
	for _, h := range r.options.Hooks {
		if h.End != nil {
			if err := h.End(r.trainer); err != nil {
				errs = append(errs, fmt.Errorf("hook %s: %w", h.Name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// Save saves the full state now, unless that of this step is saved already. It is for the Step and Epoch
// functions of [Options.Hooks]. An error leaves the checkpoints that there are, and the training can go
// on after it.
func (r *Runner) Save() error { return r.save(r.trainer) }

// Waited tells, from a hook, that the training stood still for d, because somebody paused it: rates and
// seconds in the tables leave that out.
func (r *Runner) Waited(d time.Duration) { r.meter.wait(d) }
