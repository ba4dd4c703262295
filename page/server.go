package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"ganlib/config"
	"ganlib/runs"
)

// Limits of the server. Handlers that wait or stream have deadlines of their own.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = 20 * time.Second
	idleTimeout  = time.Minute
	waitTimeout  = 2 * time.Minute // for the end of a training step
	closeTimeout = 2 * time.Second // for answers that are being written
	maxHeader    = 16 << 10
	maxBody      = 4 << 10
)

// Options say what a page shows. Run and Config are needed.
type Options struct {
	Run    *runs.Run
	Config config.Config

	// Live is the training, if it is this process's; it also paints. nil: the folder alone is shown.
	Live *Live
	// Painter makes pictures of noise where there is no Live. nil: none are offered.
	Painter Painter

	// Addr is the address to serve as the user wrote it, which requests may name; "" stands for the
	// loopback.
	Addr string
	// Log gets what the server cannot tell a client. nil: nobody.
	Log *slog.Logger
}

// Server serves the page of one run. It is an [http.Handler] too, for a program with a server of its own.
type Server struct {
	options Options
	guard   guard
	feed    *feed
	mux     *http.ServeMux
	http    *http.Server
}

// New returns a server of a run's page. The caller calls Serve and, in the end, Close.
func New(o Options) (*Server, error) {
	if o.Run == nil {
		return nil, errors.New("page: options: want a run")
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{options: o, guard: newGuard(o.Addr), feed: newFeed(o.Run, o.Live, defaultTick)}
	s.mux = s.routes()
	s.http = &http.Server{
		Handler: s, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

// Listen opens an address for [Server.Serve], HOST:PORT. Port 0 takes one that is free; without a host,
// every interface of the machine is listened on. Before a run is made, so that an address which is taken
// is known in time.
func Listen(addr string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, fmt.Errorf("page: address %q: want HOST:PORT, such as 127.0.0.1:6060", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return l, nil
}

// URL returns the address to open in a browser for a server that listens at l, with the token in its
// fragment, which browsers keep to themselves.
func (s *Server) URL(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "http://" + l.Addr().String() + "/#" + s.guard.token
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + "/#" + s.guard.token
}

// Token returns what requests that change something need in their header X-Ganlib-Token.
func (s *Server) Token() string { return s.guard.token }

// Serve answers requests until Close, and closes l. Of more connections than it serves at a time, the rest is
// told so, with status 503.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(newLimited(l)); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

// Close tells the pages that are open how it ended, in a sentence, gives answers that are being written a
// moment, and stops.
func (s *Server) Close(outcome string) error {
	s.feed.close(outcome)
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		if err := s.http.Close(); err != nil {
			return fmt.Errorf("page: %w", err)
		}
	}
	return nil
}
