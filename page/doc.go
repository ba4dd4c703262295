// Package page shows a training while it goes, or a run that has ended, as one page in a browser: the
// grids of fixed noise with a slider through time, curves, the configuration, and pictures that the
// current generator makes of noise that the reader chooses.
//
//	live := page.NewLive(ctx, page.LiveOptions{Stop: cancel})
//	trainer, err := variants.NewTrainer(v, data, c, live.Hook())
//	server, err := page.New(page.Options{Run: run, Config: cfg, Live: live})
//	go server.Serve(listener)
//
// What the page shows of a run it reads from the run's folder, and only while somebody watches. What needs
// the training itself, such as a picture, a checkpoint or the norm of a gradient, is done by the trainer's
// own goroutine between two steps, which [Live] asks for it. So a training that nobody watches pays one
// look at a counter a step, and one that is watched makes the same networks, bit for bit.
//
// The server trusts nobody: it answers only requests for hosts that cannot be a foreign site's name, and
// what changes or costs something wants a POST from the page itself with the token that the process drew at
// its start. The token is in the fragment of the address that [Server.URL] gives, which browsers do not
// send. Without it one can look but not touch.
//
// Read server.go first, then feed.go and live.go; static/ holds what the browser gets.
package page
