package page

import "time"

// LookEvery sets how often a training that is watched is looked at, before it begins.
func (l *Live) LookEvery(d time.Duration) { l.looks.every = d }

// TickEvery sets how often clients are told what is new, before there are any.
func (s *Server) TickEvery(d time.Duration) { s.feed.every = d }

// Timeouts sets how long a request and its answer may take, before Serve.
func (s *Server) Timeouts(read, write time.Duration) {
	s.http.ReadTimeout, s.http.WriteTimeout = read, write
}

// MaxClients is how many may watch at a time.
const MaxClients = maxClients
