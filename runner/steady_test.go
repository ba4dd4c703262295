package runner

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/report"
	"ganlib/variants"
)

// jumping is a wall clock that is set forwards and backwards while steps of a second go by.
type jumping struct{ now time.Time }

func (j *jumping) clock() time.Time { return j.now }

func (j *jumping) step() { j.now = j.now.Add(time.Second) }

func TestSteady(t *testing.T) {
	j := &jumping{time.Unix(1e9, 0)}
	clock := steady(j.clock)
	begin := clock()
	j.step()
	assert.Equal(t, time.Second, clock().Sub(begin))
	j.now = j.now.Add(-time.Hour)
	assert.Equal(t, time.Second, clock().Sub(begin), "it never runs backwards")
	j.step()
	assert.Equal(t, 2*time.Second, clock().Sub(begin), "and goes on at once")
}

// TestJumpingClock makes 40 steps, with something due every five seconds. The clock is set back by an hour, and an hour
// passes while the machine is suspended.
func TestJumpingClock(t *testing.T) {
	j := &jumping{time.Unix(1e9, 0)}
	clock := steady(j.clock)
	s := newSchedule(config.EveryTime(5*time.Second), clock)
	m := newMeter(clock, 0)
	trainer := idleTrainer(t)
	var due []int64
	for step := int64(1); step <= 40; step++ {
		switch j.step(); step {
		case 12:
			j.now = j.now.Add(-time.Hour)
		case 23:
			j.now = j.now.Add(time.Hour)
		}
		progress := variants.Progress{GeneratorSteps: step, CriticSteps: 5 * step, Data: datasets.Cursor{}}
		if err := trainer.SetProgress(progress); !assert.NoError(t, err) {
			return
		}
		if s.due(trainer) {
			due = append(due, step)
		}
		images := 100 * step
		shown, row := m.current(images), m.rows.to(clock(), images)
		for _, rate := range []float64{shown, row} {
			assert.GreaterOrEqual(t, rate, 0.0, step)
			assert.LessOrEqual(t, rate, 200.0, step) // two steps in a second that was counted
		}
		if step > 26 || step < 12 {
			assert.InDelta(t, 100, row, 0, "as before, a step later: %d", step)
		}
	}
	assert.Equal(t, []int64{5, 10, 16, 21, 23, 28, 33, 38}, due, "an hour back delays by the step in which it came, an hour more is one time")
}

// TestSuspendedWhileWriting: an hour asleep between two rests is no hour of work, after which a day of rest would be due.
func TestSuspendedWhileWriting(t *testing.T) {
	assert.Equal(t, restShare*workTime, restAfter(workTime))
	assert.Equal(t, restShare*mostWork, restAfter(time.Hour))
}

// TestClockSetBack while a run saves every two seconds, in steps of one: the second that it came in is lost, and not
// an hour of checkpoints. Rates and seconds stay what they can be.
func TestClockSetBack(t *testing.T) {
	c := faultRun(t)
	c.CheckpointEvery = config.EveryTime(2 * time.Second)
	j := &jumping{time.Unix(1e9, 0)}
	var r *Runner
	hooks := each(func(step int64) error {
		if j.step(); step == 2 {
			j.now = j.now.Add(-time.Hour)
		}
		return nil
	})
	r, err := Open(t.Context(), Options{Config: c, Root: t.TempDir(), Threads: 1, Keep: 9, clock: j.clock, Hooks: append(hooks, patient(&r))})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{4, 6}, checkpointSteps(t, r.Folder()))
	file, err := os.Open(filepath.Join(r.Folder(), "logs", "scalars.csv"))
	require.NoError(t, err)
	defer file.Close()
	rows, last := 0, 0.0
	require.NoError(t, report.ReadScalars(file, func(row report.Scalars) error {
		assert.GreaterOrEqual(t, row.ImagesPerSecond, 0.0)
		assert.LessOrEqual(t, row.ImagesPerSecond, 8.0, "two batches of four in a second that was counted")
		assert.GreaterOrEqual(t, row.Seconds, last)
		rows, last = rows+1, row.Seconds
		return nil
	}))
	assert.Equal(t, 6, rows)
}
