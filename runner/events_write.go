package runner

import (
	"fmt"

	"ganlib/report/events"
)

// ended reports whether no more events are written.
func (l *eventLog) ended() bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// write adds one value to the files of a folder.
func (l *eventLog) write(logs string, m moment, tag string, data events.Data) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed || !l.r.outage.open(m) {
		return
	}
	l.last = m
	if l.fresh < 0 || m.x < l.fresh {
		l.fresh = m.x
	}
	f := l.folders[logs]
	if f == nil {
		var err error
		if f, err = events.Open(l.r.run.Join(logs), l.options); err != nil {
			l.fail(err)
			return
		}
		l.folders[logs] = f
	}
	l.fail(f.Write(events.Event{Step: m.x, Values: []events.Value{{Tag: tag, Data: data}}}))
}

// push lets others read what was written.
func (l *eventLog) push() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed {
		return
	}
	for _, f := range l.folders {
		l.fail(f.Flush())
	}
	if l.failed || l.fresh < 0 || l.r.outage.on && !l.r.outage.trying {
		return
	}
	if l.r.outage.end() {
		l.told = append(l.told, fmt.Sprintf("Events for TensorBoard are written again, from step %d on", l.fresh))
	}
	l.fresh = -1
}

// flush lets others read what was written, and tells the console what there is to tell. It is for the training's
// goroutine.
func (l *eventLog) flush() {
	if l == nil {
		return
	}
	l.push()
	l.mu.Lock()
	lines := l.told
	l.told = nil
	l.mu.Unlock()
	for _, line := range lines {
		l.r.console.print(line)
	}
}

// fail notes an error. If it is the disk's, events are lost until it takes them again; any other ends the
// writing.
func (l *eventLog) fail(err error) {
	if err == nil || l.failed {
		return
	}
	if !isStorage(err) {
		l.stop(err)
		return
	}
	if l.r.outage.begin(max(l.fresh, 0), l.last.now) {
		l.told = append(l.told, fmt.Sprintf("Warning: events for TensorBoard could not be written, and the training goes on; the next try is in %v: %v", eventRetry, err))
	}
	l.fresh = -1
	for _, f := range l.folders { // an error ends a folder; the next try begins a new file
		_ = f.Close()
	}
	clear(l.folders)
}

// stop ends the writing for good.
func (l *eventLog) stop(err error) {
	if !l.failed {
		l.failed = true
		l.told = append(l.told, fmt.Sprintf("Warning: no more events for TensorBoard are written: %v", err))
	}
}

// tellMissing tells at the end what the files lack, when nothing is written any more.
func (l *eventLog) tellMissing() {
	if l == nil {
		return
	}
	if missing := l.r.outage.missing(); missing != "" {
		l.r.console.print("Warning: events for TensorBoard are missing, of steps " + missing + "; logs/scalars.csv has the numbers of all steps")
	}
}

func (l *eventLog) close() {
	if l == nil {
		return
	}
	l.flush()
	for _, f := range l.folders {
		_ = f.Close() // nothing waits
	}
}
