package runner

import (
	"math"
	"time"

	"ganlib/config"
	"ganlib/report"
	"ganlib/variants"
)

// meter measures how many real images the critic sees a second. Images that reused batches show again
// count again.
type meter struct {
	clock  func() time.Time
	began  time.Time // of this process's training
	rows   lap       // since statistics were read last
	lately lap       // since the rate was shown last
	rate   float64
}

// lap is a moment and the images until then.
type lap struct {
	at     time.Time
	images int64
}

// showEvery is how long a rate that is shown was measured at least.
const showEvery = 2 * time.Second

func newMeter(clock func() time.Time, images int64) meter {
	now := clock()
	return meter{clock: clock, began: now, rows: lap{now, images}, lately: lap{now, images}}
}

// to ends a lap and returns its images per second.
func (l *lap) to(now time.Time, images int64) float64 {
	rate := l.per(now, images)
	*l = lap{now, images}
	return rate
}

func (l lap) per(now time.Time, images int64) float64 {
	seconds := now.Sub(l.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(images-l.images) / seconds
}

// wait leaves out a time in which nothing happened.
func (m *meter) wait(d time.Duration) {
	m.began, m.rows.at, m.lately.at = m.began.Add(d), m.rows.at.Add(d), m.lately.at.Add(d)
}

// current returns the rate of the last seconds.
func (m *meter) current(images int64) float64 {
	now := m.clock()
	switch {
	case now.Sub(m.lately.at) >= showEvery:
		m.rate = m.lately.to(now, images)
	case m.lately.at.Equal(m.began):
		m.rate = m.lately.per(now, images)
	}
	return m.rate
}

// images returns how many real images the critic has seen since the run's first step.
func (r *Runner) images(t *variants.Trainer) int64 {
	p := t.Progress()
	pass := int64(t.Data().Len())
	if r.config.DropLast {
		pass = int64(t.StepsPerEpoch()) * int64(r.config.BatchSize)
	}
	seen := int64(p.Data.Pass)*pass + int64(p.Data.Position)
	if r.config.CriticBatches == config.Reuse {
		seen *= int64(r.config.CriticIterations)
	}
	return seen
}

// passes returns how many passes over the data an epoch takes.
func (r *Runner) passes() int {
	if r.config.CriticBatches == config.Reuse {
		return 1
	}
	return r.config.CriticIterations
}

// writeRows appends the statistics that have arrived to the tables. Their rate is that of the steps
// read together; seconds count from the start of this process's training.
func (r *Runner) writeRows(t *variants.Trainer, rows []variants.Stats) error {
	now := r.meter.clock()
	rate := r.meter.rows.to(now, r.images(t))
	for _, s := range rows {
		row := report.Scalars{
			Step: s.Step, Epoch: s.Epoch,
			CriticLoss: s.CriticLoss, CriticLossGP: s.CriticLossGP(), Penalty: s.Penalty, GeneratorLoss: s.GeneratorLoss,
			ImagesPerSecond: rounded(rate, 10), Seconds: rounded(now.Sub(r.meter.began).Seconds(), 1000),
		}
		if err := r.scalars.Append(row); err != nil {
			return err
		}
	}
	return r.scalars.Flush()
}

// rounded keeps of a measured number what a reader can use: parts of one.
func rounded(v, parts float64) float64 { return math.Round(v*parts) / parts }

// tellProgress calls the user's function.
func (r *Runner) tellProgress(t *variants.Trainer) error {
	r.options.Progress(Progress{
		Phase: PhaseTrain, Done: t.Progress().GeneratorSteps, Total: t.TotalSteps(),
		ImagesPerSecond: r.meter.current(r.images(t)), Stats: r.last,
	})
	return nil
}
