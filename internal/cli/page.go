package cli

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/spf13/cobra"

	"ganlib/page"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// defaultPage is where a page is served if its address is not given; only this computer reaches it.
const defaultPage = "127.0.0.1:6060"

// checkPage refuses a --http that is no address.
func checkPage(cmd *cobra.Command, addr string) error {
	if !cmd.Flags().Changed("http") {
		return nil
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return usagef("--http %s: want HOST:PORT, such as %s", printable(addr), defaultPage)
	}
	return nil
}

// served is a page that is being served. Its methods may be called on nil, which is no page.
type served struct {
	addr     string
	listener net.Listener
	live     *page.Live
	run      *runner.Runner // set before the first step
	server   *page.Server
	done     chan error
}

// listenPage opens the address of a training's page, before anything else is made. stop ends ctx, which
// the training gets. Without an address there is no page.
func listenPage(ctx context.Context, stop func(), addr string) (*served, error) {
	if addr == "" {
		return nil, nil
	}
	l, err := page.Listen(addr)
	if err != nil {
		return nil, err
	}
	s := &served{addr: addr, listener: l}
	s.live = page.NewLive(ctx, page.LiveOptions{
		Save: func() error { return s.run.Save() }, Stop: stop, Waited: func(d time.Duration) { s.run.Waited(d) },
	})
	return s, nil
}

// hooks are what attaches the page to the training.
func (s *served) hooks() []variants.Hook {
	if s == nil {
		return nil
	}
	return []variants.Hook{s.live.Hook()}
}

// begin serves the page of an open run, and returns the line that tells where.
func (s *served) begin(r *runner.Runner) (line string, err error) {
	run, err := runs.Open(r.Folder())
	if err != nil {
		return "", err
	}
	s.run = r
	return s.serve(page.Options{Run: run, Config: r.Config(), Live: s.live, Addr: s.addr})
}

func (s *served) serve(o page.Options) (line string, err error) {
	if s.server, err = page.New(o); err != nil {
		return "", err
	}
	s.done = make(chan error, 1)
	go func() { s.done <- s.server.Serve(s.listener) }()
	return "Page: " + s.server.URL(s.listener), nil
}

// end tells the pages that are open how it ended, and stops serving.
func (s *served) end(outcome string) error {
	switch {
	case s == nil:
		return nil
	case s.server == nil:
		return s.listener.Close()
	}
	if s.live != nil {
		s.live.Close()
	}
	return errors.Join(s.server.Close(outcome), <-s.done)
}

// ending says in a sentence how a training ended.
func ending(r *runner.Runner, err error) string {
	switch {
	case err != nil:
		return "The training has failed: " + err.Error()
	case r.Finished():
		return "The training is finished."
	}
	return "The training was stopped, and everything is saved. --resume goes on with it."
}
