package variants_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/variants"
)

func run(t *testing.T, tr *variants.Trainer) {
	t.Helper()
	require.NoError(t, tr.Run(context.Background()))
}

func TestEpoch(t *testing.T) {
	for _, test := range []struct {
		name         string
		samples      int
		config       variants.Config
		steps, total int64
	}{
		{"MNIST at batch 64", 60_000, variants.Config{Batch: 64, Epochs: 100}, 938, 93_800},
		{"MNIST at batch 128, the last batch dropped", 60_000, variants.Config{Batch: 128, Epochs: 200, DropLast: true}, 468, 93_600},
		{"reused batches", 60_000, variants.Config{Batch: 64, Epochs: 1, ReuseBatch: true}, 938, 938},
		{"step limit before the end", 100, variants.Config{Batch: 10, Epochs: 3, Steps: 17}, 10, 17},
		{"step limit after the end", 100, variants.Config{Batch: 10, Epochs: 3, Steps: 31}, 10, 30},
		{"batch larger than the set", 3, variants.Config{Batch: 10, Epochs: 2}, 1, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, tr := record(t, test.samples, 5, test.config)
			assert.EqualValues(t, test.steps, tr.StepsPerEpoch())
			assert.Equal(t, test.total, tr.TotalSteps())
			assert.False(t, tr.Done())
		})
	}
}

// ns returns the batch sizes of steps.
func ns(steps []step) (list []int) {
	for _, s := range steps {
		list = append(list, s.n)
	}
	return list
}

func TestBatches(t *testing.T) {
	for _, test := range []struct {
		name              string
		config            variants.Config
		critic, generator []int
		passes            datasets.Cursor
	}{
		{"fresh", variants.Config{Batch: 4, Epochs: 1}, []int{4, 4, 2, 4, 4, 2}, []int{4, 4, 2}, datasets.Cursor{Pass: 2}},
		{"reused", variants.Config{Batch: 4, Epochs: 1, ReuseBatch: true}, []int{4, 4, 4, 4, 2, 2}, []int{4, 4, 2}, datasets.Cursor{Pass: 1}},
		{"last dropped", variants.Config{Batch: 4, Epochs: 2, DropLast: true}, []int{4, 4, 4, 4, 4, 4, 4, 4}, []int{4, 4, 4, 4}, datasets.Cursor{Pass: 4}},
		{"step limit", variants.Config{Batch: 4, Epochs: 2, Steps: 2}, []int{4, 4, 2, 4}, []int{4, 4}, datasets.Cursor{Pass: 1, Position: 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, tr := record(t, 10, 2, test.config)
			run(t, tr)
			assert.Equal(t, test.critic, ns(r.made))
			assert.Equal(t, test.generator, ns(r.generated))
			assert.Equal(t, test.passes, tr.Progress().Data)
			assert.True(t, tr.Done())
		})
	}
}

// reals returns the samples that steps have seen, in order.
func reals(steps []step) (list []float32) {
	for _, s := range steps {
		list = append(list, s.real...)
	}
	return list
}

func TestEveryPassSeesEverySample(t *testing.T) {
	r, tr := record(t, 10, 1, variants.Config{Batch: 4, Epochs: 2, Shuffle: true})
	run(t, tr)
	seen := reals(r.made)
	first, second := seen[:10], seen[10:]
	assert.NotEqual(t, first, second, "a new order for each pass")
	for _, pass := range [][]float32{first, second} {
		assert.False(t, slices.IsSorted(pass))
		assert.ElementsMatch(t, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, pass)
	}

	r, tr = record(t, 10, 1, variants.Config{Batch: 4, Epochs: 2, DropLast: true})
	run(t, tr)
	assert.Equal(t, []float32{0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7}, reals(r.made), "in file order, without the last two")
}

func TestReuseBatch(t *testing.T) {
	r, tr := record(t, 10, 3, variants.Config{Batch: 4, Epochs: 1, Shuffle: true, ReuseBatch: true})
	run(t, tr)
	for i := 0; i < 9; i += 3 {
		assert.Equal(t, r.made[i].real, r.made[i+1].real)
		assert.Equal(t, r.made[i].real, r.made[i+2].real)
		assert.NotEqual(t, r.made[i].noise, r.made[i+1].noise, "fakes are new each time")
	}
	assert.ElementsMatch(t, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, slices.Concat(r.made[0].real, r.made[3].real, r.made[6].real))
}

func TestNoise(t *testing.T) {
	c := variants.Config{Batch: 4, Epochs: 1}
	r, tr := record(t, 8, 2, c)
	run(t, tr)
	seen := [][]float32{r.generated[0].noise, r.generated[1].noise}
	for _, s := range r.made {
		seen = append(seen, s.noise, s.alpha)
	}
	for i, a := range seen {
		for _, b := range seen[:i] {
			assert.NotEqual(t, a[:4], b[:4], "every draw is new")
		}
	}

	c.ReuseNoise = true
	r, tr = record(t, 8, 2, c)
	run(t, tr)
	assert.Equal(t, r.made[1].noise, r.generated[0].noise, "that of the last critic step")
	assert.Equal(t, r.made[3].noise, r.generated[1].noise)
	last := r.drawn(2, r.nets.Generator.Input())
	require.NoError(t, tr.LastNoise(last))
	assert.Equal(t, r.made[3].noise[:last.Len()], r.values(last))
}

func TestNoiseDistribution(t *testing.T) {
	for _, uniform := range []bool{false, true} {
		r, tr := record(t, 1000, 1, variants.Config{Batch: 1000, Epochs: 1, Uniform: uniform})
		run(t, tr)
		var sum, squares, least, most float64
		for _, v := range r.generated[0].noise {
			x := float64(v)
			sum, squares, least, most = sum+x, squares+x*x, min(least, x), max(most, x)
		}
		n := float64(len(r.generated[0].noise))
		assert.InDelta(t, 0, sum/n, 0.05)
		if uniform {
			assert.GreaterOrEqual(t, least, -1.0)
			assert.Less(t, most, 1.0)
			assert.InDelta(t, 1./3, squares/n, 0.03)
		} else {
			assert.Greater(t, most, 2.5)
			assert.InDelta(t, 1, squares/n, 0.1)
		}
		for _, a := range r.made[0].alpha {
			assert.True(t, a >= 0 && a < 1)
		}
	}
}

func TestFixedNoise(t *testing.T) {
	r, tr := record(t, 8, 1, variants.Config{Seed: 3, Batch: 4, Epochs: 1})
	fixed := func() []float32 {
		z := r.drawn(5, r.nets.Generator.Input())
		require.NoError(t, tr.FixedNoise(z))
		return r.values(z)
	}
	before := fixed()
	run(t, tr)
	assert.Equal(t, before, fixed())
	assert.NotEqual(t, before[:6], r.generated[0].noise[:6])
	_, other := record(t, 8, 1, variants.Config{Seed: 4, Batch: 4, Epochs: 1})
	tr = other
	assert.NotEqual(t, before, fixed())
}

func TestLinearDecay(t *testing.T) {
	r, tr := record(t, 8, 2, variants.Config{Batch: 2, Epochs: 3, Steps: 10, LinearDecay: true})
	run(t, tr)
	require.Len(t, r.generated, 10)
	for i, s := range r.generated {
		left := 1 - float64(i)/10
		assert.InDelta(t, left, s.rate, 1e-15)
		assert.InDelta(t, 2*left, r.made[2*i].rate, 1e-15)
		assert.InDelta(t, 2*left, r.made[2*i+1].rate, 1e-15)
	}
	require.NoError(t, tr.Step(), "a step past the end")
	assert.Zero(t, r.generated[10].rate)

	r, tr = record(t, 8, 1, variants.Config{Batch: 2, Epochs: 1})
	run(t, tr)
	assert.Equal(t, 1.0, r.generated[3].rate, "no decay")
}

func TestProgress(t *testing.T) {
	c := variants.Config{Seed: 1, Batch: 4, Epochs: 3, Shuffle: true}
	whole, tr := record(t, 10, 2, c)
	run(t, tr)

	first, tr := record(t, 10, 2, c)
	for range 4 {
		require.NoError(t, tr.Step())
	}
	epoch, batch := tr.LastBatch()
	assert.Equal(t, [2]int{1, 0}, [2]int{epoch, batch})
	place := tr.Progress()
	assert.Equal(t, variants.Progress{GeneratorSteps: 4, CriticSteps: 8, Data: datasets.Cursor{Pass: 2, Position: 8}}, place)

	second, tr := record(t, 10, 2, c)
	require.NoError(t, tr.SetProgress(place))
	run(t, tr)
	assert.Equal(t, whole.made, slices.Concat(first.made, second.made))
	assert.Equal(t, whole.generated, slices.Concat(first.generated, second.generated))
}

func TestBeforeTheFirstStep(t *testing.T) {
	_, tr := record(t, 10, 2, variants.Config{Batch: 4, Epochs: 1})
	epoch, batch := tr.LastBatch()
	assert.Equal(t, [2]int{0, -1}, [2]int{epoch, batch})
	assert.Zero(t, tr.Progress())
	assert.NoError(t, tr.Flush())
}

func TestSetProgressRefuses(t *testing.T) {
	good := variants.Progress{GeneratorSteps: 1, CriticSteps: 2, Data: datasets.Cursor{Position: 8}}
	for name, change := range map[string]func(*variants.Progress){
		"of 1 generator and 3 critic steps":   func(p *variants.Progress) { p.CriticSteps = 3 },
		"of -1 generator and -2 critic steps": func(p *variants.Progress) { p.GeneratorSteps, p.CriticSteps = -1, -2 },
		"position 7":                          func(p *variants.Progress) { p.Data.Position = 7 },
		"position 12":                         func(p *variants.Progress) { p.Data.Position = 12 },
	} {
		_, tr := record(t, 10, 2, variants.Config{Batch: 4, Epochs: 1})
		require.NoError(t, tr.SetProgress(good))
		p := good
		change(&p)
		assert.ErrorContains(t, tr.SetProgress(p), name)
		assert.Equal(t, good, tr.Progress(), "nothing has changed")
	}
}

func TestNewTrainerRefuses(t *testing.T) {
	dev := device.NewCPU(1)
	r := newRecorder(t, dev, device.Shape{1}, 1)
	good := variants.Config{Batch: 4, Epochs: 1}
	for want, change := range map[string]func(*variants.Config){
		"epochs 0":            func(c *variants.Config) { c.Epochs = 0 },
		"steps -1":            func(c *variants.Config) { c.Steps = -1 },
		"stats every -1":      func(c *variants.Config) { c.StatsEvery = -1 },
		"batch 0":             func(c *variants.Config) { c.Batch = 0 },
		"there would be none": func(c *variants.Config) { c.Batch, c.DropLast = 11, true },
	} {
		c := good
		change(&c)
		_, err := variants.NewTrainer(r, numbers(t, dev, 10), c)
		assert.ErrorContains(t, err, want)
	}
	data, err := variants.Points(dev, make([]float32, 6), 2)
	require.NoError(t, err)
	_, err = variants.NewTrainer(r, data, good)
	var shape *device.ShapeError
	require.ErrorAs(t, err, &shape)
	assert.ErrorContains(t, err, "data (2): want samples (1)")
}

// Whatever the interval, statistics take little memory.
func TestStatsEveryIsBounded(t *testing.T) {
	_, tr := record(t, 3000, 1, variants.Config{Batch: 1, Epochs: 1, StatsEvery: math.MaxInt32})
	assert.Equal(t, math.MaxInt32, tr.Config().StatsEvery)
	run(t, tr)
}

func TestStepErrors(t *testing.T) {
	r, tr := record(t, 10, 2, variants.Config{Batch: 4, Epochs: 1})
	require.NoError(t, tr.Step())
	r.fail = errors.New("no luck")
	err := tr.Run(context.Background())
	assert.ErrorIs(t, err, r.fail)
	assert.ErrorContains(t, err, "variants: recorder: critic step 2: no luck")
}
