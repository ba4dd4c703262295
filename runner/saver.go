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
	"ganlib/interchange"
	"ganlib/variants"
)

// fetchShare is how much of a step's time fetching a part of a snapshot from a GPU may take.
const fetchShare = 0.04

// saver writes checkpoints, and the file for PyTorch, beside the training: a snapshot is taken between two steps,
// and a goroutine writes it, one at a time.
type saver struct {
	r        *Runner
	export   bool                 // the file for PyTorch is due: it comes from the next snapshot
	snapshot *checkpoint.Snapshot // nil if the run saves at its end only
	taken    saving               // what is to be made of the snapshot
	pictures <-chan struct{}      // closed when those of the steps until then are written
	phase    phase
	hurry    chan struct{} // closed when somebody waits for the goroutine
	done     chan saving
	began    time.Time     // when the snapshot was taken
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

// savesBeside reports whether a run of c saves before its end, or keeps the file for PyTorch.
func savesBeside(c config.Config) bool {
	return c.CheckpointEvery != (config.Every{}) || c.Compat.Has(config.SwitchCheckpointStart) || exportsTorch(c)
}

func (s *saver) busy() bool { return s.phase != idle }

// begin takes a snapshot, after waiting for the one before it, for a checkpoint or only for the file for PyTorch.
func (s *saver) begin(t *variants.Trainer, checkpoint bool) error {
	if err := s.wait(); err != nil {
		return err
	}
	step := t.Progress().GeneratorSteps
	s.taken = saving{step: step, checkpoint: checkpoint && step != s.r.saved, export: s.export}
	s.export, s.began = false, s.r.now()
	if s.taken.checkpoint {
		if err := s.r.beginSave(t); err != nil {
			return err
		}
	} else if !s.taken.export {
		return nil
	}
	if err := s.snapshot.Take(t, stateConfig(s.r.config), s.r.fixed); err != nil {
		return err
	}
	s.phase, s.pictures = fetching, s.r.beside.written()
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
		go s.write(s.taken, s.pictures, pacer{work: min(workTime, s.last/50), hurry: s.hurry}, s.done)
	}
	return nil
}

// write writes what is to be made of the snapshot. The checkpoint comes last, after the pictures of the steps before
// it: a run that goes on from it makes none of that again.
func (s *saver) write(end saving, pictures <-chan struct{}, pause pacer, done chan<- saving) {
	<-pictures
	pause.began = time.Now()
	if end.export {
		end.exportErr = s.r.writeTorch(func(w io.Writer) error {
			return interchange.WriteSnapshot(restful{w, &pause}, s.r.config, s.r.trainer.Variant().Networks().Generator, s.snapshot)
		})
	}
	if end.checkpoint {
		s.r.writeCheckpoint(&end, func(w io.Writer) error { return s.snapshot.Write(w, pause.rest) })
	}
	done <- end
}

// restful rests after each write, if it is time.
type restful struct {
	io.Writer
	pause *pacer
}

func (w restful) Write(b []byte) (int, error) {
	defer w.pause.rest()
	return w.Writer.Write(b)
}

// wait returns when nothing is being written any more.
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
	var exportErr error
	if end.export {
		s.r.torch.wrote(s.began, s.r.now())
		exportErr = s.r.networks.check(s.r.console, "the networks", end.exportErr)
	}
	if !end.checkpoint {
		return exportErr
	}
	return errors.Join(exportErr, s.endCheckpoint(end))
}

func (s *saver) endCheckpoint(end saving) error {
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
