package runner

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"ganlib/config"
	"ganlib/report/events"
	"ganlib/runs"
	"ganlib/variants"
)

// Folders of event files beside those of package runs.
const (
	generatorLogs = "logs/generator"           // histograms
	criticLogs    = "logs/critic"              // histograms
	swappedGPLogs = "logs/original_criticLoss" // the penalty curve under log-folders
)

// Tags, as the CatFaces tutorial has them.
const (
	tagCriticLoss    = "CriticLoss/Epochs"
	tagCriticLossGP  = "CriticLoss_GP/Epochs"
	tagGeneratorLoss = "GeneratorLoss/Epochs"
	tagReal          = "Real"
	tagFixed         = "Fake_fixed"
	tagDifferent     = "Fake_different"
	tagSingular      = "Fake_singular"
)

// histogramShare is how much of the time histograms may take: reading all weights of large networks from
// a GPU takes longer than many steps. Other events take a few millionths of a second a step.
const histogramShare = 0.005

// eventFiles is how many files of 64 MiB each of the folders keeps: those of the last steps.
const eventFiles = 16

// axisStep is how many batches share one x under log-axis.
const axisStep = 100

// eventLog writes TensorBoard's event files. Nothing of it ends a training: what the disk does not take is told
// once and left out, until it takes events again; after another error no more are written. A nil eventLog
// writes nothing.
//
// The training's goroutine uses it, and that which writes pictures beside it, for which write, picture, push and
// ended are. Each folder gets its events from one of the two, so that their order does not depend on when they
// come. What the console is to be told waits for the training's goroutine.
type eventLog struct {
	r      *Runner
	rested time.Time // since when histograms have not been written
	took   time.Duration
	values []float32 // of a parameter on its way

	mu      sync.Mutex // of what follows
	folders map[string]*events.Folder
	options events.Options
	failed  bool     // for good
	fresh   int64    // least x of the events that may not be on the disk, -1 if there is none
	last    moment   // of the event written last
	told    []string // lines for the console
}

// moment is when an event happened: its x, its date, and the time that counts for tries.
type moment struct {
	x   int64
	at  time.Time
	now time.Time // steady
}

// moment returns the moment of an event at x that happens now.
func (r *Runner) moment(x int64) moment { return moment{x, r.options.clock(), r.now()} }

// lastMoment returns the moment of the step made last.
func (r *Runner) lastMoment() moment {
	return r.moment(r.axis(r.trainer.Progress().GeneratorSteps - 1))
}

// openEvents shortens the event files of a run that goes on to the steps before its checkpoint's, and
// writes what the run is.
func (r *Runner) openEvents(step int64) *eventLog {
	if r.options.NoEvents {
		return nil
	}
	l := &eventLog{r: r, fresh: -1, folders: map[string]*events.Folder{}, options: events.Options{From: r.axis(step), Keep: eventFiles, FS: r.options.fs}}
	l.options.Clock = func() time.Time { return l.last.at }
	// Under log-axis older points may share the first new one's x: they are not void.
	l.options.Resumed = step > 0 && !r.config.Compat.Has(config.SwitchLogAxis)
	if step > 0 || r.options.Resume != "" {
		for _, logs := range []string{
			runs.LogFolder, runs.RealLogs, runs.FakeFixedLogs, runs.FakeDifferentLogs, runs.FakeSingularLogs, runs.CriticLossLogs,
			runs.CriticLossGPLogs, runs.GeneratorLossLogs, generatorLogs, criticLogs, swappedGPLogs,
		} {
			if err := events.TruncateFS(r.options.fs, r.run.Join(logs), r.before(step, logs)); err != nil {
				l.stop(err) // what comes would stand beside what is in vain
			}
		}
	}
	l.describe(step)
	return l
}

// before returns a function that tells the events of steps before step from others. Under log-axis many
// steps share one x, and the points of a curve are counted: as many for each step.
func (r *Runner) before(step int64, logs string) func(*events.Event) bool {
	left := step
	switch logs {
	case runs.CriticLossLogs, runs.CriticLossGPLogs, swappedGPLogs:
		left *= int64(r.config.CriticIterations)
	case runs.GeneratorLossLogs:
	default:
		left = -1
	}
	x := r.axis(step)
	if left < 0 || !r.config.Compat.Has(config.SwitchLogAxis) {
		return func(e *events.Event) bool { return e.Step < x }
	}
	return func(*events.Event) bool {
		left--
		return left >= 0
	}
}

// axis returns the x of generator step number step: the number itself or, under log-axis, how many
// batches with a number divisible by 100 came before it.
func (r *Runner) axis(step int64) int64 {
	if !r.config.Compat.Has(config.SwitchLogAxis) {
		return step
	}
	perEpoch := int64(r.trainer.StepsPerEpoch())
	up := func(n int64) int64 { return (n + axisStep - 1) / axisStep }
	return step/perEpoch*up(perEpoch) + up(step%perEpoch)
}

// describe writes the configuration, as text and as hyper-parameters.
func (l *eventLog) describe(step int64) {
	c := l.r.config
	all := config.Map(c)
	var table strings.Builder
	table.WriteString("| key | value |\n| --- | --- |\n")
	params := events.HParams{Started: l.r.options.clock()}
	for _, key := range config.Keys() {
		value := all[key.Name]
		fmt.Fprintf(&table, "| %s | `%s` |\n", key.Name, strings.NewReplacer("|", `\|`, "`", "'", "\n", " ").Replace(value))
		params.Params = append(params.Params, events.HParam{Name: key.Name, Value: typed(value)})
	}
	yaml := "\t" + strings.ReplaceAll(strings.TrimSuffix(string(config.Marshal(c)), "\n"), "\n", "\n\t")
	x := l.r.moment(l.r.axis(step))
	l.write(runs.LogFolder, x, "hyperparameters", events.Text{table.String()})
	l.write(runs.LogFolder, x, "configuration", events.Text{yaml})
	l.write(runs.LogFolder, x, events.TagHParams, params)
	l.flush()
}

// typed returns a value as a number or a truth value if it is one.
func typed(text string) any {
	if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
		return v
	}
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	return text
}

// writeEvents adds the points of the curves whose statistics have arrived.
func (r *Runner) writeEvents(_ *variants.Trainer, rows []variants.Stats) error {
	l := r.events
	if l == nil {
		return nil
	}
	penalty := runs.CriticLossGPLogs
	if r.config.Compat.Has(config.SwitchLogFolders) {
		penalty = swappedGPLogs
	}
	for _, s := range rows {
		x := r.moment(r.axis(s.Step))
		critic := s.Critic
		if critic == nil {
			critic = []float32{s.CriticLoss, s.Penalty}
		}
		for ; len(critic) > 1; critic = critic[2:] {
			l.write(runs.CriticLossLogs, x, tagCriticLoss, events.Scalar(critic[0]))
			l.write(penalty, x, tagCriticLossGP, events.Scalar(critic[0]+critic[1]))
		}
		l.write(runs.GeneratorLossLogs, x, tagGeneratorLoss, events.Scalar(s.GeneratorLoss))
	}
	l.flush()
	return nil
}
