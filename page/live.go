package page

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"ganlib/config"
	"ganlib/sampler"
	"ganlib/variants"
)

// Errors of what a page asks of a training.
var (
	// ErrBusy is returned while as many others wait as there may be.
	ErrBusy = errors.New("page: the training has other requests to serve first")
	// ErrEnded is returned when the training has ended.
	ErrEnded = errors.New("page: the training has ended")
)

// maxRequests is how many requests may wait for the end of a step.
const maxRequests = 8

// LiveOptions are what a page may do to the training that it shows.
type LiveOptions struct {
	// Save writes the full state; the trainer's goroutine calls it between two steps. nil: not offered.
	Save func() error
	// Stop ends the training in an orderly way. nil: not offered.
	Stop func()
	// Waited is told how long a pause was. nil: nobody.
	Waited func(time.Duration)
}

// Live is a page's connection to a training: its hook does on the trainer's goroutine, between two steps,
// what others ask for. Its methods may be called by any goroutine.
type Live struct {
	options  LiveOptions
	ctx      context.Context
	requests chan *request
	wake     chan struct{} // a pause has ended
	ended    chan struct{} // closed with the training
	end      sync.Once
	watching atomic.Int32
	paused   atomic.Bool // as asked for
	sampler  *sampler.Sampler
	looks    looks // of the trainer's goroutine

	mu    sync.Mutex
	state State
	probe *series
}

// request is something to be done between two steps.
type request struct {
	ctx  context.Context // it is not done if this ends before
	do   func(t *variants.Trainer) error
	done chan error
}

// NewLive returns a connection to a training whose Run gets ctx, the end of which also ends a pause.
func NewLive(ctx context.Context, o LiveOptions) *Live {
	if o.Waited == nil {
		o.Waited = func(time.Duration) {}
	}
	return &Live{
		options: o, ctx: ctx,
		requests: make(chan *request, maxRequests), wake: make(chan struct{}, 1), ended: make(chan struct{}),
		state: State{Phase: PhaseStarting}, probe: newSeries(maxRows, probeColumns...), looks: looks{every: lookEvery},
	}
}

// Hook returns what attaches to the training.
func (l *Live) Hook() variants.Hook {
	return variants.Hook{Name: "page", Step: l.step, End: func(t *variants.Trainer) error {
		l.mu.Lock()
		l.state.Step, l.state.Total = t.Progress().GeneratorSteps, t.TotalSteps()
		l.mu.Unlock()
		l.Close()
		return nil
	}}
}

// Close tells everybody who waits that the training has ended. It is called by the hook when the training
// ends, and by the owner of a training that never began.
func (l *Live) Close() { l.end.Do(func() { close(l.ended) }) }

// step serves the page after a generator step.
func (l *Live) step(t *variants.Trainer) error {
	if l.watching.Load() > 0 {
		if err := l.look(t, false); err != nil {
			return err
		}
	}
	select {
	case r := <-l.requests: // one a step, so that no number of them stops the training
		r.serve(t)
	default:
	}
	if !l.paused.Load() {
		return nil
	}
	return l.pause(t)
}

// pause serves requests until the pause ends, or the training does.
func (l *Live) pause(t *variants.Trainer) error {
	began := time.Now()
	if err := l.look(t, true); err != nil {
		return err
	}
	l.setPhase(PhasePaused)
	defer func() {
		l.setPhase(PhaseTraining)
		l.options.Waited(time.Since(began))
	}()
	for l.paused.Load() {
		select {
		case r := <-l.requests:
			r.serve(t)
		case <-l.wake:
		case <-l.ctx.Done():
			return nil // the trainer sees it next
		}
	}
	return nil
}

func (r *request) serve(t *variants.Trainer) {
	if err := r.ctx.Err(); err != nil {
		r.done <- err
		return
	}
	r.done <- r.do(t)
}

// do has something done between two steps, unless life ends before, and waits for it until ctx ends.
func (l *Live) do(ctx, life context.Context, f func(t *variants.Trainer) error) error {
	r := &request{life, f, make(chan error, 1)}
	select {
	case <-l.ended:
		return ErrEnded
	default:
	}
	select {
	case l.requests <- r:
	default:
		return ErrBusy
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.ended:
		select {
		case err := <-r.done: // both have happened
			return err
		default:
			return ErrEnded
		}
	}
}

// paint makes a picture with the generator as it is, for a run of the given configuration.
func (l *Live) paint(ctx context.Context, c config.Config, want Latent) (*Painting, error) {
	if err := want.Validate(); err != nil {
		return nil, err
	}
	var x []float32
	var p Painting
	err := l.do(ctx, ctx, func(t *variants.Trainer) (err error) {
		if l.sampler == nil {
			l.sampler = sampler.Of(c, t.Variant().Networks().Generator, nil)
		}
		p.Step = t.Progress().GeneratorSteps
		x, err = want.samples(l.sampler)
		return err
	})
	if err == nil {
		p.Image, err = draw(l.sampler, x, c)
	}
	if err != nil {
		return nil, fmt.Errorf("page: paint: %w", err)
	}
	return &p, nil
}

// Save has the full state saved after the step at hand, and waits for it until ctx ends; it is saved even
// if nobody waits any more.
func (l *Live) Save(ctx context.Context) error {
	if l.options.Save == nil {
		return errors.New("page: this training cannot be saved from here")
	}
	return l.do(ctx, l.ctx, func(*variants.Trainer) error { return l.options.Save() })
}

// Pause lets the training stand still after the step at hand, Resume lets it go on. They do not wait.
func (l *Live) Pause() { l.paused.Store(true) }

// Resume is described with Pause.
func (l *Live) Resume() {
	l.paused.Store(false)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Stop ends the training in an orderly way, paused or not, and reports whether it can be.
func (l *Live) Stop() bool {
	if l.options.Stop == nil {
		return false
	}
	l.options.Stop()
	return true
}
