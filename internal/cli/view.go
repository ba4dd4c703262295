package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"ganlib/device"
	"ganlib/page"
	"ganlib/runner"
	"ganlib/runs"
)

// viewOptions are the flags of view.
type viewOptions struct{ http, device, engine string }

func (a *app) viewCommand() *cobra.Command {
	o := viewOptions{http: defaultPage}
	cmd := &cobra.Command{
		Use: "view RUN", Short: "Show a run as a page in the browser", Args: exactly("the folder of a run"),
		Long: "View serves a page with a run's pictures, curves and configuration, and with samples from its newest\n" +
			"checkpoint, until it is interrupted. The run may be finished, or one that another process trains.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPage(cmd, o.http); err != nil {
				return err
			}
			if err := checkEngine(cmd, o.engine); err != nil {
				return err
			}
			return a.view(cmd.Context(), args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.http, "http", o.http, "serve the page at `ADDR`, HOST:PORT; port 0 takes a free one")
	f.StringVar(&o.device, "device", "cpu", "make samples on `D`: auto, cpu, cuda, cuda:N or ptxsim")
	complete(cmd, "device", deviceWords)
	engineFlag(cmd, &o.engine)
	f.SortFlags = false
	return cmd
}

// view serves a run's page until ctx ends.
func (a *app) view(ctx context.Context, folder string, o viewOptions) (err error) {
	run, err := runs.Open(folder)
	if err != nil {
		return err
	}
	c, err := runner.ConfigOf(run)
	if err != nil {
		return err
	}
	dev, err := device.Open(device.Options{Name: o.device, Engine: o.engine})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	l, err := page.Listen(o.http)
	if err != nil {
		return err
	}
	s := &served{addr: o.http, listener: l}
	line, err := s.serve(page.Options{Run: run, Config: c, Painter: page.NewCheckpoints(dev, run), Addr: o.http})
	if err != nil {
		return errors.Join(err, s.end(""))
	}
	a.console.printf("%s", line)
	a.console.printf("Stop with Ctrl-C.")
	select {
	case err = <-s.done: // it cannot serve any more
		s.done <- nil
	case <-ctx.Done():
	}
	return errors.Join(err, s.end("The page is closed: the program that served it has ended."))
}
