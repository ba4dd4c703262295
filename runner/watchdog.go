package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"ganlib/report/events"
	"ganlib/runs"
	"ganlib/watchdog"
)

// watchdogFile has a line of JSON for each event of the watchdog. Nothing is taken out of it when a run goes
// back to an earlier step: it tells what happened.
const watchdogFile = "logs/watchdog.jsonl"

// OnNaN is what is done about numbers that are not finite.
type OnNaN string

// What may be done.
const (
	StopOnNaN     OnNaN = "stop"     // the training ends; its last checkpoint stays
	RollBackOnNaN OnNaN = "rollback" // it goes on from its last good checkpoint, with other random numbers
	WarnOnNaN     OnNaN = "warn"     // it goes on as it is
)

// DefaultOnNaNTries is how often a training goes on from one checkpoint with other random numbers.
const DefaultOnNaNTries = 3

// check reports a word that is none of them.
func (o OnNaN) check() error {
	if !slices.Contains([]OnNaN{StopOnNaN, RollBackOnNaN, WarnOnNaN}, o) {
		return fmt.Errorf("runner: on NaN %q: want %s, %s or %s", string(o), StopOnNaN, RollBackOnNaN, WarnOnNaN)
	}
	return nil
}

// newWatchdog returns the watch over the training.
func (r *Runner) newWatchdog() *watchdog.Watchdog {
	return watchdog.New(watchdog.Options{
		Every:  watchdog.EveryFor(r.measured.generator.Params+r.measured.critic.Params, r.measured.flops),
		Lambda: r.config.LambdaGP, Clip: r.config.ClipValue,
		Warn:   r.options.OnNaN == WarnOnNaN,
		Report: r.tellEvent, Workspace: r.ws,
	})
}

// tellEvent tells of an event on the console, in its file, and in TensorBoard's. A disk that does not take it
// is no reason to stop.
func (r *Runner) tellEvent(e watchdog.Event) error {
	r.console.print(fmt.Sprintf("Watchdog: %v. %s", e, e.Advice))
	if e.Name == watchdog.NotFinite {
		r.fault = e.String()
	}
	if err := r.appendEvent(e); err != nil {
		r.console.print(fmt.Sprintf("Warning: the event could not be written: %v", err))
	}
	if r.events != nil {
		r.events.write(runs.LogFolder, r.moment(r.axis(max(e.Step, 0))), "watchdog", events.Text{e.String(), e.Advice})
		r.events.flush()
	}
	return nil
}

func (r *Runner) appendEvent(e watchdog.Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	file, err := openTextLog(r.options.fs, r.run.Join(watchdogFile), textLogBytes)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}
