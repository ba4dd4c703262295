package watchdog

import (
	"errors"
	"fmt"

	"ganlib/device"
	"ganlib/variants"
)

// ErrNotFinite is wrapped by the error that ends a training whose numbers are not finite.
var ErrNotFinite = errors.New("the training is not finite")

// Options say how close the watch is. The zero value is valid.
type Options struct {
	Every       int     // generator steps from one look at weights and gradients to the next; 0: 10
	SampleEvery int     // generator steps from one look at samples to the next; 0: 100
	Samples     int     // how many samples that are, at least 2; 0: 16
	Lambda      float64 // weight of the gradient penalty; 0: there is none
	Clip        float64 // bound of the critic's weights; 0: there is none
	Warn        bool    // a number that is not finite is reported only

	// Report gets each event. An error ends the training. nil: nobody.
	Report func(Event) error
	// Workspace holds samples while they are looked at; nothing in it outlives a step. nil: one of its own.
	Workspace *device.Workspace
}

// EveryFor returns how far apart looks at weights and gradients must lie to cost about half a percent of a
// training's time: a look reads each of the networks' params numbers twice, and a generator step with its
// critic steps takes so many floating-point operations. Convolutional networks can be looked at in every step.
func EveryFor(params int, flops int64) int {
	const worth = 10_000 // operations in the time in which a parameter and its gradient are read, 200 times over
	return int(min(max(worth*int64(params)/max(flops, 1), 1), 100))
}

// Watchdog is a watch over one training. One goroutine uses it.
type Watchdog struct {
	options Options
	gauge   *gauge // nil until the first step
	told    map[string]bool
	broken  bool  // a number was not finite: nothing else means anything
	fault   error // what ends the training then

	losses  losses
	weights [2]weights // of the critic and the generator
	samples samples
}

// New returns a watch for one training.
func New(o Options) *Watchdog {
	if o.Every < 1 {
		o.Every = 10
	}
	if o.SampleEvery < 1 {
		o.SampleEvery = 100
	}
	if o.Samples < 2 {
		o.Samples = 16
	}
	if o.Report == nil {
		o.Report = func(Event) error { return nil }
	}
	w := &Watchdog{options: o}
	w.Reset()
	return w
}

// Reset forgets what was seen: the training's state is another from here on, as after [variants.Trainer]'s
// SetProgress.
func (w *Watchdog) Reset() {
	w.told, w.broken, w.fault = map[string]bool{}, false, nil
	w.losses, w.weights = losses{}, [2]weights{}
	w.samples = samples{distance: w.samples.distance}
	if w.gauge != nil {
		w.gauge.reset()
	}
}

// Hook returns what attaches to the training: before hooks that save its state, so that none is saved which
// is not finite.
func (w *Watchdog) Hook() variants.Hook {
	return variants.Hook{Name: "watchdog", Stats: w.stats, Step: w.step}
}

// Start looks at the state that a training begins or goes on with. It is no more than a help: weights that
// explode in the first step are found, and a state that is not finite is reported at once.
func (w *Watchdog) Start(t *variants.Trainer) error {
	if w.gauge != nil {
		w.gauge.reset()
	}
	if _, err := w.measure(t); err != nil {
		return err
	}
	readings, err := w.gauge.read()
	if err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	r := &readings[0]
	for i := range w.gauge.players {
		clear(r.of(w.gauge.players[i].grads)) // they are of no step that counts
	}
	if err := w.lookForFault(variants.Stats{Step: r.step}, r); err != nil || w.broken {
		return err
	}
	for i := range w.gauge.players {
		exploding(&w.gauge.players[i], &w.weights[i], r)
	}
	return nil
}

// step takes the norms when it is time, and looks at samples. On a GPU the norms are read with the losses of
// their steps; elsewhere they are there already, and one that is not finite calls for the losses at once.
func (w *Watchdog) step(t *variants.Trainer) error {
	if w.broken {
		return w.fault
	}
	steps := t.Progress().GeneratorSteps
	if steps%int64(w.options.Every) == 0 {
		urgent, err := w.measure(t)
		if err == nil && urgent {
			err = t.Flush()
		}
		if w.fault != nil {
			return w.fault
		}
		if err != nil {
			return err
		}
	}
	if steps%int64(w.options.SampleEvery) == 0 {
		if err := w.lookAtSamples(t); err != nil {
			return err
		}
	}
	return nil
}

// measure takes the norms after the last step. It is urgent to read them if they are seen to show a fault.
func (w *Watchdog) measure(t *variants.Trainer) (urgent bool, err error) {
	if w.gauge == nil {
		if w.gauge, err = newGauge(t, w.options); err != nil {
			return false, fmt.Errorf("watchdog: %w", err)
		}
	}
	if urgent, err = w.gauge.measure(t.Progress().GeneratorSteps - 1); err != nil {
		return false, fmt.Errorf("watchdog: %w", err)
	}
	return urgent, nil
}

// stats looks at the steps whose losses have arrived, and at the norms of those after which they were taken.
// They are taken after the last one in any case: whoever saves the state now may rely on it.
func (w *Watchdog) stats(t *variants.Trainer, rows []variants.Stats) error {
	if w.broken {
		return w.fault
	}
	if _, err := w.measure(t); err != nil {
		return err
	}
	readings, err := w.gauge.read()
	if err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	for _, s := range rows {
		if w.broken {
			break
		}
		for len(readings) > 0 && readings[0].step < s.Step {
			readings = readings[1:]
		}
		var r *reading
		if len(readings) > 0 && readings[0].step == s.Step {
			r = &readings[0]
		}
		if err := w.look(t, s, r); err != nil {
			return err
		}
	}
	return nil
}

// look checks one step. r is nil if its norms were not taken.
func (w *Watchdog) look(t *variants.Trainer, s variants.Stats, r *reading) error {
	if err := w.lookForFault(s, r); err != nil || w.broken {
		return err // the other checks mean nothing from here on
	}
	if err := w.lookAtLosses(t, s); err != nil || r == nil {
		return err
	}
	return w.lookAtWeights(r)
}

// lookForFault looks for a number that is not finite.
func (w *Watchdog) lookForFault(s variants.Stats, r *reading) error {
	e, found := w.gauge.fault(s, r)
	if !found {
		return nil
	}
	w.broken = true
	if !w.options.Warn {
		w.fault = fmt.Errorf("watchdog: %w: %v", ErrNotFinite, e)
	}
	if err := w.report(e); err != nil {
		w.fault = errors.Join(err, w.fault)
	}
	return w.fault
}

// report tells of an event, of each kind once for each network and layer.
func (w *Watchdog) report(e Event) error {
	key := fmt.Sprint(e.Name, e.Network)
	if e.Name == DeadLayer {
		key += fmt.Sprint(e.Params)
	}
	if w.told[key] {
		return nil
	}
	w.told[key] = true
	return w.options.Report(e)
}
