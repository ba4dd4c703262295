package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"ganlib/internal/printable"
	"ganlib/runs"
)

const (
	maxClients  = 16          // who watch at a time
	maxWaiting  = 16          // messages that wait for a client; one that has more is dropped
	defaultTick = time.Second // between two messages
)

var errFull = errors.New("page: too many pages of this run are open already")

// feed tells the clients once a second what is new. It reads the run's folder and has a goroutine only
// while there are clients.
type feed struct {
	run   *runs.Run
	live  *Live // nil: nobody trains in this process
	every time.Duration

	mu      sync.Mutex
	clients map[*client]bool
	running bool
	closed  bool
	kick    chan struct{} // somebody came or left
	done    sync.WaitGroup

	// Of the feed's goroutine.
	scalars *scalars
	album   album
}

// client is one who watches, and what it has been told.
type client struct {
	messages                 chan []byte // closed at the end, or when the client is too slow
	scalars, probe, pictures cursor
}

// cursor is a place in something that grows.
type cursor struct{ version, at int }

func newFeed(run *runs.Run, live *Live, every time.Duration) *feed {
	return &feed{
		run: run, live: live, every: every, clients: map[*client]bool{}, kick: make(chan struct{}, 1),
		scalars: newScalars(run.Join(runs.LogFolder, "scalars.csv")), album: album{run: run},
	}
}

// join adds a client, who is told everything in its first message.
func (f *feed) join() (*client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nil, ErrEnded
	case len(f.clients) >= maxClients:
		return nil, errFull
	}
	before := cursor{version: -1}
	c := &client{messages: make(chan []byte, maxWaiting), scalars: before, probe: before, pictures: before}
	f.clients[c] = true
	if f.live != nil {
		f.live.watching.Add(1)
	}
	if !f.running {
		f.running = true
		f.done.Go(f.tell)
	}
	f.hurry()
	return c, nil
}

// leave takes a client away, if it is still there.
func (f *feed) leave(c *client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(c)
	f.hurry()
}

// drop ends a client's messages. The caller has the lock.
func (f *feed) drop(c *client) {
	if !f.clients[c] {
		return
	}
	delete(f.clients, c)
	close(c.messages)
	if f.live != nil {
		f.live.watching.Add(-1)
	}
}

func (f *feed) hurry() {
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

// close tells the clients how it ended, sends them away, and waits for the feed's goroutine.
func (f *feed) close(outcome string) {
	text, err := json.Marshal(printable.Lines(outcome))
	if err != nil { // a string always marshals
		text = []byte(`""`)
	}
	f.mu.Lock()
	f.closed = true
	for c := range f.clients {
		select {
		case c.messages <- fmt.Appendf(nil, "event: end\ndata: %s\n\n", text):
		default:
		}
		f.drop(c)
	}
	f.hurry()
	f.mu.Unlock()
	f.done.Wait()
}

// tell is the feed's goroutine.
func (f *feed) tell() {
	timer := time.NewTimer(f.every)
	defer timer.Stop()
	for f.tick() {
		timer.Reset(f.every)
		select {
		case <-timer.C:
		case <-f.kick:
		}
	}
}

// tick tells every client what is new, and reports whether there are any.
func (f *feed) tick() bool {
	f.mu.Lock()
	if len(f.clients) == 0 {
		f.running = false
		f.mu.Unlock()
		return false
	}
	f.mu.Unlock()
	state := f.state()
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.clients {
		select {
		case c.messages <- f.news(c, state):
		default:
			f.drop(c)
		}
	}
	return true
}

// state reads the run's folder, and the training's figures if it is this process's.
func (f *feed) state() State {
	err := errors.Join(f.scalars.poll(), f.album.poll())
	checkpoints, listErr := f.run.Checkpoints()
	var s State
	if f.live != nil {
		s = f.live.State()
	} else {
		s = State{Phase: PhaseFolder, Step: int64(f.scalars.step) + 1, Epoch: f.scalars.epoch}
	}
	if n := len(checkpoints); n > 0 {
		s.Checkpoint = &checkpoints[n-1].Step
	}
	if err = errors.Join(err, listErr); err != nil {
		s.Problem = printable.Text(err.Error())
	}
	return s
}

// news returns the events that bring a client up to date.
func (f *feed) news(c *client, s State) []byte {
	var b []byte
	if c.scalars.version == -1 {
		b = append(b, "retry: 2000\n\n"...)
	}
	text, err := json.Marshal(s)
	if err != nil { // plain numbers and strings always marshal
		text = []byte("{}")
	}
	b = fmt.Appendf(b, "event: state\ndata: %s\n\n", text)
	b = c.scalars.table(b, "scalars", f.scalars.series)
	if f.live != nil {
		f.live.mu.Lock()
		b = c.probe.table(b, "probe", f.live.probe)
		f.live.mu.Unlock()
	}
	if reset := c.pictures.version != f.album.version; reset || c.pictures.at < len(f.album.list) {
		if reset {
			c.pictures.at = 0
		}
		b = fmt.Appendf(b, "event: pictures\ndata: {\"reset\":%t,\"list\":", reset)
		b = append(f.album.json(b, c.pictures.at), "}\n\n"...)
		c.pictures = cursor{f.album.version, len(f.album.list)}
	}
	return b
}

// table appends an event with the rows of a series after the cursor, if there are any, and moves it on.
func (c *cursor) table(b []byte, event string, s *series) []byte {
	reset := c.version != s.version
	if reset {
		c.at = 0
	}
	if !reset && c.at == s.rows() {
		return b
	}
	b = append(append(append(b, "event: "...), event...), "\ndata: {\"reset\":"...)
	b = strconv.AppendBool(b, reset)
	b = append(b, ",\"stride\":"...)
	b = strconv.AppendInt(b, int64(s.stride), 10)
	b = append(b, ",\"columns\":"...)
	b = append(s.json(b, c.at), "}\n\n"...)
	*c = cursor{s.version, s.rows()}
	return b
}
