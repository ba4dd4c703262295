package page

import "time"

// LookEvery sets how often a training that is watched is looked at, before it begins.
func (l *Live) LookEvery(d time.Duration) { l.looks.every = d }

// TickEvery sets how often clients are told what is new, before there are any.
func (s *Server) TickEvery(d time.Duration) { s.feed.every = d }

// Timeouts sets how long a request and its answer may take, before Serve.
func (s *Server) Timeouts(read, write time.Duration) {
	s.http.ReadHeaderTimeout, s.http.ReadTimeout, s.http.IdleTimeout, s.http.WriteTimeout = read, read, read, write
}

// MaxClients is how many may watch at a time, MaxConnections how many may be connected, MaxBody how many bytes a
// request's body has.
const (
	MaxClients     = maxClients
	MaxConnections = maxConnections
	MaxBody        = maxBody
)

// Looks counts how often a training was looked at, in one of few looks.
func (l *Live) Looks() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.probe.rows()
}
