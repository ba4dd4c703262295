package runner

import (
	"time"

	"ganlib/config"
	"ganlib/variants"
)

// schedule tells when something that happens every so often is due.
type schedule struct {
	every config.Every
	clock func() time.Time
	last  time.Time // for intervals of time
}

func newSchedule(every config.Every, clock func() time.Time) schedule {
	return schedule{every: every, clock: clock, last: clock()}
}

// due reports whether it is time after the generator step that t made last. Steps count within an
// epoch, as the tutorials' batches do; epochs count at their last step.
func (s *schedule) due(t *variants.Trainer) bool {
	epoch, batch := t.LastBatch()
	switch {
	case s.every.Time > 0:
		now := s.clock()
		if now.Sub(s.last) < s.every.Time {
			return false
		}
		s.last = now
		return true
	case s.every.Epochs > 0:
		return batch == t.StepsPerEpoch()-1 && s.every.OnEpoch(epoch)
	}
	return s.every.OnStep(batch)
}
