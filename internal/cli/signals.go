package cli

import (
	"context"
	"os"
)

// stopOnSignal returns a context that the first signal ends. The second calls exit with code 130:
// whoever interrupts twice does not want to wait, not even for a console that takes no more lines. The
// returned function ends the watch.
func stopOnSignal(parent context.Context, signals <-chan os.Signal, con *console, exit func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
		case <-done:
			return
		}
		go con.printf("Stopping: what is being done is finished and saved. Interrupt again to stop at once.")
		cancel()
		select {
		case <-signals:
			con.abandon()
			exit(exitInterrupted)
		case <-done:
		}
	}()
	return ctx, func() { close(done); cancel() }
}
