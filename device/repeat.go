package device

import (
	"fmt"
	"slices"

	"ganlib/device/driver"
)

// Work names what is done again and again in the same way: as a rule, equal works make the same launches.
type Work struct {
	Owner any    // a pointer to whatever does it
	Kind  uint64 // which of its works
}

// Repeat does work, as fast as the device can if it has done it before. On a CPU it is do itself.
func Repeat(dev Device, w Work, do func() error) error {
	if d, ok := dev.(*CUDA); ok {
		return d.Repeat(w, do)
	}
	return do()
}

// steps are the works that a CUDA device has seen, and the one at hand.
//
// The first time, work is done launch by launch and recorded. From then on work runs on the host only:
// its launches are compared with the record and not made, its live arguments are collected, and at the
// end one copy and one graph launch do everything. So a graph can never be stale: a launch that differs
// from the record, a copy, or an allocation ends the replay, what was held back is done launch by launch,
// and the record goes on from there.
type steps struct {
	on      bool
	known   map[Work]*record
	current *record
	replay  bool // current is compared with, not written
	at      int  // launches that were the same so far
	words   int  // live words so far
	clock   int  // works done
}

// record is what a work did.
type record struct {
	launches []driver.Launch
	live     *block
	words    []uint64 // the live arguments of the latest run
	graph    driver.Graph
	misses   int  // how often it was something else
	loose    bool // it cannot be repeated
	used     int  // when it was done last, by the clock of steps
}

const (
	maxRecords = 16 // works that are kept
	maxMisses  = 4  // after which a work is not repeated any more
)

// SetGraphs says whether repeated work becomes a CUDA graph, and returns whether it did: it does from the
// start. Results are the same either way.
func (d *CUDA) SetGraphs(on bool) (before bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before, d.steps.on = d.steps.on, on
	return before
}

// Repeat is described with the function of that name. While it runs, no other goroutine may use the
// device. Work within work is part of it.
func (d *CUDA) Repeat(w Work, do func() error) error {
	if inside := d.begin(w); inside {
		return do()
	}
	err := do()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.end(err)
}

// begin starts recording or replaying, unless the device is in the middle of that.
func (d *CUDA) begin(w Work) (inside bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.steps
	r := s.known[w]
	switch {
	case !s.on || s.current != nil || r != nil && r.loose:
		return true
	case r == nil:
		b, err := d.alloc(8 * liveWords)
		if err == nil && len(s.known) == maxRecords {
			err = s.forget()
		}
		if err != nil {
			return true // the work itself will say so
		}
		if s.known == nil {
			s.known = map[Work]*record{}
		}
		r = &record{live: b}
		s.known[w] = r
	}
	s.clock++
	r.used = s.clock
	s.current, s.replay, s.at, s.words = r, len(r.launches) > 0, 0, 0
	return false
}

// forget drops the work that has not been done for the longest time.
func (s *steps) forget() error {
	var oldest Work
	for w, r := range s.known {
		if was := s.known[oldest]; was == nil || r.used < was.used {
			oldest = w
		}
	}
	graph := s.known[oldest].graph
	delete(s.known, oldest)
	if graph == nil {
		return nil
	}
	return graph.Close()
}

// end finishes what begin started, with the error of the work.
func (d *CUDA) end(err error) error {
	s := &d.steps
	r := s.current
	if s.replay && (err != nil || s.at < len(r.launches)) {
		if missed := d.miss(); err == nil {
			err = missed
		}
	}
	s.current = nil
	switch {
	case err != nil:
		r.loose = true
		return err
	case !s.replay:
		return nil
	}
	if r.graph == nil {
		if err := d.capture(r); err != nil {
			return fmt.Errorf("device: graph: %w", err)
		}
	}
	if s.words > 0 {
		if err := d.ctx.Upload(r.live.at, bytesOf(r.words[:s.words])); err != nil {
			return err
		}
	}
	return r.graph.Launch()
}

// capture makes the graph of a record.
func (d *CUDA) capture(r *record) error {
	if err := d.ctx.Capture(); err != nil {
		return err
	}
	var failed error
	for i := range r.launches {
		if failed = d.ctx.Launch(&r.launches[i]); failed != nil {
			break
		}
	}
	graph, err := d.ctx.EndCapture()
	if failed != nil {
		return failed
	}
	r.graph = graph
	return err
}

// queue does a launch, records it, or compares it with the record.
func (d *CUDA) queue(l *driver.Launch) error {
	s := &d.steps
	if s.current == nil {
		return d.start(l)
	}
	r := s.current
	if s.replay {
		if s.at < len(r.launches) && same(&r.launches[s.at], l) {
			s.at++
			return nil
		}
		if err := d.miss(); err != nil {
			return err
		}
	}
	if !r.loose {
		kept := *l
		kept.Args = slices.Clone(l.Args)
		r.launches = append(r.launches, kept)
	}
	return d.ctx.Launch(l)
}

func same(a, b *driver.Launch) bool {
	return a.Kernel == b.Kernel && a.Grid == b.Grid && a.Block == b.Block && a.Shared == b.Shared && slices.Equal(a.Args, b.Args)
}

// miss ends a replay: what was held back is done, and the record continues from here.
func (d *CUDA) miss() error {
	s := &d.steps
	r := s.current
	s.replay = false
	r.misses++
	r.loose = r.loose || r.misses >= maxMisses
	if r.graph != nil {
		if err := r.graph.Close(); err != nil {
			return err
		}
		r.graph = nil
	}
	if s.words > 0 {
		if err := d.ctx.Upload(r.live.at, bytesOf(r.words[:s.words])); err != nil {
			return err
		}
	}
	for i := range r.launches[:s.at] {
		if err := d.ctx.Launch(&r.launches[i]); err != nil {
			return err
		}
	}
	r.launches = r.launches[:s.at]
	return nil
}

// allocating is called before memory is taken. The first run of a work does that, and a later one as a rule
// no more.
func (d *CUDA) allocating() error {
	if d.steps.current != nil && d.steps.replay {
		return d.miss()
	}
	return nil
}

// interrupt is called before everything else that is no launch. A work that does such a thing is not
// repeated.
func (d *CUDA) interrupt() error {
	s := &d.steps
	if s.current == nil {
		return nil
	}
	s.current.loose = true
	if s.replay {
		return d.miss()
	}
	return nil
}

// liveInStep is Live within a work. It is not ok when the work has too many live arguments.
func (d *CUDA) liveInStep(words []uint64) (at uint64, ok bool, err error) {
	s := &d.steps
	r := s.current
	if s.words+len(words) > liveWords {
		return 0, false, d.interrupt()
	}
	place := r.live.at + driver.Address(8*s.words)
	r.words = append(r.words[:s.words], words...)
	s.words += len(words)
	if s.replay {
		return uint64(place), true, nil
	}
	return uint64(place), true, d.ctx.Upload(place, bytesOf(words))
}
