package device

import (
	"fmt"
	"slices"
	"time"

	"ganlib/device/driver"
)

// KernelTime is what a kernel's launches of one cost took.
type KernelTime struct {
	Program, Kernel string
	Cost            Cost // of each launch; zero if it is not known
	Calls           int
	Time            time.Duration
}

// profile is the time of launches, while it is taken.
type profile struct {
	names  map[driver.Kernel]entry
	marks  []mark
	spare  []driver.Event
	totals map[costly]*KernelTime
}

// costly is what is added up: an entry at a cost.
type costly struct {
	entry entry
	cost  Cost
}

// mark is a launch that has been made between two events.
type mark struct {
	costly
	start, stop driver.Event
}

// profiled is how many launches wait for their times to be read.
const profiled = 512

// Profile does work and returns how long the device was busy with each kernel, by cost, the longest first.
// Launches are made one by one, not as a graph, and a time has that of the two events around the launch in it.
func (d *CUDA) Profile(work func() error) ([]KernelTime, error) {
	d.mu.Lock()
	graphs := d.steps.on
	d.steps.on = false
	p := &profile{names: map[driver.Kernel]entry{}, totals: map[costly]*KernelTime{}}
	d.profile = p
	d.mu.Unlock()
	err := work()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.profile, d.steps.on = nil, graphs
	if err == nil {
		err = p.settle()
	}
	for _, e := range p.spare {
		if closed := e.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return nil, fmt.Errorf("device: profile: %w", err)
	}
	list := make([]KernelTime, 0, len(p.totals))
	for _, t := range p.totals {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b KernelTime) int { return int(b.Time - a.Time) })
	return list, nil
}

// Time returns how long the device was busy with work, from its first launch to the end of its last.
func (d *CUDA) Time(work func() error) (time.Duration, error) {
	start, err := d.mark()
	if err != nil {
		return 0, fmt.Errorf("device: time: %w", err)
	}
	defer start.Close()
	if err := work(); err != nil {
		return 0, err
	}
	stop, err := d.mark()
	if err != nil {
		return 0, fmt.Errorf("device: time: %w", err)
	}
	defer stop.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	took, err := stop.Since(start)
	if err != nil {
		return 0, fmt.Errorf("device: time: %w", err)
	}
	return took, nil
}

// mark queues an event.
func (d *CUDA) mark() (driver.Event, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.interrupt(); err != nil {
		return nil, err
	}
	e, err := d.ctx.Event()
	if err != nil {
		return nil, err
	}
	return e, e.Record()
}

// start makes a launch, between two events if a profile is taken.
func (d *CUDA) start(l *driver.Launch) error {
	p := d.profile
	if p == nil {
		return d.ctx.Launch(l)
	}
	if len(p.names) != len(d.entries) {
		for e, k := range d.entries {
			p.names[k] = e
		}
	}
	m := mark{costly: costly{entry: p.names[l.Kernel]}}
	if cost := m.entry.program.Cost; cost != nil {
		m.cost = cost(m.entry.name, l.Grid, l.Args)
	}
	for _, e := range []*driver.Event{&m.start, &m.stop} {
		var err error
		if *e, err = p.event(d.ctx); err != nil {
			return err
		}
	}
	if err := m.start.Record(); err != nil {
		return err
	}
	if err := d.ctx.Launch(l); err != nil {
		return err
	}
	if err := m.stop.Record(); err != nil {
		return err
	}
	if p.marks = append(p.marks, m); len(p.marks) == profiled {
		return p.settle()
	}
	return nil
}

func (p *profile) event(ctx driver.Context) (driver.Event, error) {
	if n := len(p.spare) - 1; n >= 0 {
		e := p.spare[n]
		p.spare = p.spare[:n]
		return e, nil
	}
	return ctx.Event()
}

// settle reads the times of the launches made so far.
func (p *profile) settle() error {
	for _, m := range p.marks {
		took, err := m.stop.Since(m.start)
		if err != nil {
			return err
		}
		t := p.totals[m.costly]
		if t == nil {
			t = &KernelTime{Program: m.entry.program.Name, Kernel: m.entry.name, Cost: m.cost}
			p.totals[m.costly] = t
		}
		t.Calls++
		t.Time += took
		p.spare = append(p.spare, m.start, m.stop)
	}
	p.marks = p.marks[:0]
	return nil
}
