package runner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"time"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/variants"
)

// fetchShare is how much of a step's time fetching a part of a snapshot from a GPU may take.
const fetchShare = 0.04

// saver writes checkpoints beside the training: a snapshot is taken between two steps, and a goroutine
// writes it, one at a time.
type saver struct {
	r        *Runner
	snapshot *checkpoint.Snapshot // nil if the run saves at its end only
	step     int64                // of the snapshot
	phase    phase
	hurry    chan struct{} // closed when somebody waits for the goroutine
	done     chan saving
	stepped  time.Time     // when the last step ended
	last     time.Duration // that it took
}

// phase is what happens to a snapshot.
type phase int

const (
	idle phase = iota
	fetching
	writing
)

// savesBeside reports whether a run of c saves before its end.
func savesBeside(c config.Config) bool {
	return c.CheckpointEvery != (config.Every{}) || c.Compat.Has(config.SwitchCheckpointStart)
}

func (s *saver) busy() bool { return s.phase != idle }

// begin takes a snapshot, after waiting for the one before it.
func (s *saver) begin(t *variants.Trainer) error {
	if err := s.wait(); err != nil {
		return err
	}
	s.step = t.Progress().GeneratorSteps
	if s.step == s.r.saved {
		return nil
	}
	if err := s.r.beginSave(t); err != nil {
		return err
	}
	if err := s.snapshot.Take(t, stateConfig(s.r.config), s.r.fixed); err != nil {
		return err
	}
	s.phase = fetching
	return s.fetch(0)
}

// advance does what is to be done after a step: it fetches a part of the snapshot, or learns how writing it
// ended.
func (s *saver) advance() error {
	now := time.Now()
	s.last, s.stepped = now.Sub(s.stepped), now
	switch s.phase {
	case fetching:
		return s.fetch(time.Duration(fetchShare * float64(s.last)))
	case writing:
		select {
		case end := <-s.done:
			return s.end(end)
		default:
		}
	}
	return nil
}

// fetch brings a part of the snapshot from the device, and begins to write when all is there.
func (s *saver) fetch(d time.Duration) error {
	done, err := s.snapshot.Fetch(d)
	switch {
	case err != nil:
		s.phase = idle // the device fails
		return err
	case done:
		s.phase, s.hurry, s.done = writing, make(chan struct{}), make(chan saving, 1)
		go s.write(s.step, pacer{work: min(workTime, s.last/50), hurry: s.hurry}, s.done)
	}
	return nil
}

func (s *saver) write(step int64, pause pacer, done chan<- saving) {
	pause.began = time.Now()
	done <- s.r.writeCheckpoint(step, func(w io.Writer) error { return s.snapshot.Write(w, pause.rest) })
}

// wait returns when no checkpoint is being written any more.
func (s *saver) wait() error {
	if s.phase == fetching {
		if err := s.fetch(math.MaxInt64); err != nil {
			return err
		}
	}
	if s.phase != writing {
		return nil
	}
	close(s.hurry)
	return s.end(<-s.done)
}

// end notes how writing ended. What the disk could not take is a warning: the training goes on, the older
// checkpoints are there, and the next one is a new try.
func (s *saver) end(end saving) error {
	s.phase = idle
	s.r.conclude(end)
	if end.err == nil {
		return nil
	}
	if !isStorage(end.err) {
		return end.err
	}
	newest := "there is none yet"
	if s.r.saved >= 0 {
		newest = fmt.Sprintf("the newest is that of step %d", s.r.saved)
	}
	s.r.console.print(fmt.Sprintf("Warning: the checkpoint of step %d could not be saved, and the training goes on; %s: %v", end.step, newest, end.err))
	return nil
}

// pacer makes a goroutine work little at a time, so that it hardly slows down what else the processors do.
type pacer struct {
	work  time.Duration   // at a time, or a little longer
	hurry <-chan struct{} // no rest any more, once it is closed
	began time.Time       // of the work since the last rest
}

// A pacer works for workTime, or less where steps are short, and then rests restShare times as long.
const (
	workTime  = 2 * time.Millisecond
	restShare = 40
	mostWork  = 50 * workTime // that counts: the machine may have been suspended meanwhile
)

// rest rests if it is time.
func (p *pacer) rest() {
	worked := time.Since(p.began)
	if worked < p.work {
		return
	}
	select {
	case <-p.hurry:
	case <-time.After(restAfter(worked)):
	}
	p.began = time.Now()
}

func restAfter(worked time.Duration) time.Duration { return restShare * min(worked, mostWork) }

// isStorage reports whether an error is that of a disk, which another time or another disk may not have.
func isStorage(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	return !errors.Is(err, device.ErrLost) && (errors.As(err, &path) || errors.As(err, &link) || errors.Is(err, io.ErrShortWrite))
}
