// Package watchdog looks after a training: it tells, by name and with advice, when something has gone
// wrong that the losses alone do not show, or show late.
//
//	w := watchdog.New(watchdog.Options{Lambda: 10, Report: func(e watchdog.Event) error { … }})
//	t, err := variants.NewTrainer(v, data, c, w.Hook())
//
// [Kinds] lists what it finds. A number that is not finite ends the training with [ErrNotFinite], unless
// [Options.Warn] is set: networks do not recover from it. All else is reported, and the training goes on.
// A healthy training raises nothing, so that every event is worth a look; the thresholds are constants
// beside the checks, each with its reason.
//
// What it looks at is cheap. The losses arrive anyway, some steps late. The norms of all parameters,
// gradients and running averages are one reduction every few steps ([Options.Every]), which a GPU does in
// between and which is read together with the losses. Every hundred steps a few samples are drawn, in
// evaluation mode. Nothing of the training's state changes.
//
// Read event.go first, then watchdog.go; fault.go, losses.go, weights.go and samples.go hold the checks.
package watchdog
