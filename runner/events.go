package runner

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/report"
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

// picture adds a picture, given as a PNG file.
func (l *eventLog) picture(at moment, logs, tag string, img image.Image, encoded []byte) {
	if l == nil {
		return
	}
	size := img.Bounds().Size()
	l.write(logs, at, tag, events.Image{Width: size.X, Height: size.Y, Channels: 3, Encoded: encoded})
}

// quickPNG encodes pictures that are real, and not needed small.
var quickPNG = png.Encoder{CompressionLevel: png.BestSpeed}

// writeReal adds what only the event files have: the real samples of the last critic step, as they are in the
// data set: none is mirrored. Points are the same at all times, and shown once.
func (s *pictureSet) writeReal() error {
	r := s.r
	if r.events.ended() {
		return nil
	}
	var img image.Image
	var err error
	switch set := r.data.Set; {
	case set != nil:
		n := min(s.real.N, gridSize(r.config))
		x := make([]float32, 0, n*set.H*set.W*set.C)
		for i := range n {
			for _, v := range set.Image(s.real.Index(i)) {
				x = append(x, float32(v)/127.5-1)
			}
		}
		img, err = report.Grid(x, n, set.H, set.W, set.C, report.GridOptions{Columns: r.config.GridColumns})
	case s.first:
		xy := r.data.Points.XY
		img, err = report.Scatter(xy[:min(len(xy), 2*scatterPoints)], nil)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := quickPNG.Encode(&b, img); err != nil {
		return err
	}
	r.events.picture(s.at, runs.RealLogs, tagReal, img, b.Bytes())
	return nil
}

// lastBatch returns the batch before the place next in the data.
func lastBatch(c datasets.OrderConfig, next datasets.Cursor) datasets.Batch {
	place := datasets.Cursor{Pass: next.Pass, Position: next.Position - c.Batch}
	if next.Position == 0 {
		place = datasets.Cursor{Pass: next.Pass - 1, Position: (c.Batches() - 1) * c.Batch}
	}
	o, err := datasets.NewOrder(c)
	if err == nil {
		err = o.Seek(place)
	}
	if err != nil { // no step was made
		return datasets.Batch{}
	}
	return o.Next()
}

// histograms adds where the weights and the last gradients of both networks lie, if that has not been
// done for so long that it takes next to no time.
func (l *eventLog) histograms(t *variants.Trainer) error {
	if l.ended() {
		return nil
	}
	start := l.r.now()
	if !l.rested.IsZero() && start.Sub(l.rested).Seconds()*histogramShare < l.took.Seconds() {
		return nil
	}
	nets := t.Variant().Networks()
	x := l.r.lastMoment()
	for _, net := range []struct {
		logs string
		net  *layers.Network
	}{{generatorLogs, nets.Generator}, {criticLogs, nets.Critic}} {
		for _, p := range net.net.Params() {
			if err := l.histogram(net.logs, x, "weights/"+p.Name, p.Value); err != nil {
				return err
			}
			if err := l.histogram(net.logs, x, "gradients/"+p.Name, p.Grad); err != nil {
				return err
			}
		}
	}
	l.flush()
	l.rested = l.r.now()
	l.took = min(l.rested.Sub(start), longestWork)
	return nil
}

func (l *eventLog) histogram(logs string, x moment, tag string, t *device.Tensor) error {
	values := device.Data[float32](t)
	if values == nil { // they lie elsewhere
		l.values = slices.Grow(l.values[:0], t.Len())[:t.Len()]
		if err := t.CopyTo(l.values); err != nil {
			return err
		}
		values = l.values
	}
	if h, ok := events.NewHistogram(values); ok {
		l.write(logs, x, tag, h)
	}
	return nil
}

// ended reports whether no more events are written.
func (l *eventLog) ended() bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// write adds one value to the files of a folder.
func (l *eventLog) write(logs string, m moment, tag string, data events.Data) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed || !l.r.outage.open(m) {
		return
	}
	l.last = m
	if l.fresh < 0 || m.x < l.fresh {
		l.fresh = m.x
	}
	f := l.folders[logs]
	if f == nil {
		var err error
		if f, err = events.Open(l.r.run.Join(logs), l.options); err != nil {
			l.fail(err)
			return
		}
		l.folders[logs] = f
	}
	l.fail(f.Write(events.Event{Step: m.x, Values: []events.Value{{Tag: tag, Data: data}}}))
}

// push lets others read what was written.
func (l *eventLog) push() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed {
		return
	}
	for _, f := range l.folders {
		l.fail(f.Flush())
	}
	if l.failed || l.fresh < 0 || l.r.outage.on && !l.r.outage.trying {
		return
	}
	if l.r.outage.end() {
		l.told = append(l.told, fmt.Sprintf("Events for TensorBoard are written again, from step %d on", l.fresh))
	}
	l.fresh = -1
}

// flush lets others read what was written, and tells the console what there is to tell. It is for the training's
// goroutine.
func (l *eventLog) flush() {
	if l == nil {
		return
	}
	l.push()
	l.mu.Lock()
	lines := l.told
	l.told = nil
	l.mu.Unlock()
	for _, line := range lines {
		l.r.console.print(line)
	}
}

// fail notes an error. If it is the disk's, events are lost until it takes them again; any other ends the
// writing.
func (l *eventLog) fail(err error) {
	if err == nil || l.failed {
		return
	}
	if !isStorage(err) {
		l.stop(err)
		return
	}
	if l.r.outage.begin(max(l.fresh, 0), l.last.now) {
		l.told = append(l.told, fmt.Sprintf("Warning: events for TensorBoard could not be written, and the training goes on; the next try is in %v: %v", eventRetry, err))
	}
	l.fresh = -1
	for _, f := range l.folders { // an error ends a folder; the next try begins a new file
		_ = f.Close()
	}
	clear(l.folders)
}

// stop ends the writing for good.
func (l *eventLog) stop(err error) {
	if !l.failed {
		l.failed = true
		l.told = append(l.told, fmt.Sprintf("Warning: no more events for TensorBoard are written: %v", err))
	}
}

// tellMissing tells at the end what the files lack, when nothing is written any more.
func (l *eventLog) tellMissing() {
	if l == nil {
		return
	}
	if missing := l.r.outage.missing(); missing != "" {
		l.r.console.print("Warning: events for TensorBoard are missing, of steps " + missing + "; logs/scalars.csv has the numbers of all steps")
	}
}

func (l *eventLog) close() {
	if l == nil {
		return
	}
	l.flush()
	for _, f := range l.folders {
		_ = f.Close() // nothing waits
	}
}
