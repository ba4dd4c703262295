package fetch

import "time"

// watchdog calls a function when something that is expected does not happen in time. Between pause and
// the next expect it sleeps, so that a slow disk does not count against the server.
type watchdog struct {
	limit time.Duration
	timer *time.Timer
}

// newWatchdog returns a sleeping watchdog.
func newWatchdog(limit time.Duration, bite func()) *watchdog {
	w := &watchdog{limit: limit, timer: time.AfterFunc(limit, bite)}
	w.timer.Stop()
	return w
}

func (w *watchdog) expect() { w.timer.Reset(w.limit) }
func (w *watchdog) pause()  { w.timer.Stop() }
