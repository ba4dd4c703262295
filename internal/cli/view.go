package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	memory "ganlib/internal/process"
	"ganlib/page"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/sampler"
)

// viewOptions are the flags of view.
type viewOptions struct {
	http, device, engine string
	memory               maxMemory
}

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
	o.memory.register(cmd)
	f.SortFlags = false
	return cmd
}

// fits refuses a generator whose samples there is not the memory for, before any are asked for.
func (o viewOptions) fits(dev device.Device, c config.Config) error {
	networks, sample, err := sampler.Memory(dev, c, false)
	if err != nil {
		return err
	}
	n := page.MaxPictures
	parts := []memory.Part{{Name: "the networks", Bytes: networks}}
	if _, gpu := dev.(*device.CUDA); !gpu {
		const served = 8 << 20 // tables, requests and what the page is made of
		parts = append(parts, memory.Part{Name: "the samples and their picture", Bytes: 8*int64(n)*int64(sample.Len()) + 8*pixels(c, sample, n) + served})
	}
	return o.memory.budget(dev).Check("the page", added(parts), parts, func() string {
		return "no page with samples fits; the commands grid and plot draw a run's pictures and curves without its networks"
	})
}

// view serves a run's page until ctx ends.
func (a *app) view(ctx context.Context, folder string, o viewOptions) (err error) {
	defer o.memory.hold()()
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
	if err := o.fits(dev, c); err != nil {
		return err
	}
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
