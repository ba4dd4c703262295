package kernels

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ganlib/device"
)

// How ways are measured. All are tried once, and left out if their result is wrong; those that are not hopeless then take turns for some rounds, of which
// the least time counts; and the best is taken only if it beats the estimate clearly when the two alternate, since
// clocks that rise and fall would now and then let chance win.
const (
	tuneTime    = 300 * time.Microsecond // the least that a round lasts
	tuneMost    = 40                     // launches in a round, at most
	tuneRounds  = 3
	tuneDoubt   = 3    // times the best way's time, beyond which a way is hopeless after one launch
	tuneHope    = 1.5  // the same after a round
	tuneConfirm = 5    // rounds of best and estimate, all of which the best must win
	tuneGain    = 0.97 // of the estimate's time, in the median, or the estimate stays
)

// learner is a Tune at work.
type learner struct {
	ctx  context.Context
	dev  *device.CUDA
	told func(Choice)
}

// Tune does work on a GPU and measures each product in it that t does not know, on the operands at hand; told, if it
// is not nil, is called with each choice when t knows it. Products come out right all the same, so that the work may
// be any. What is measured is rather slow: every product is computed some hundred times. When ctx ends so does the
// work, with its error; t keeps what was measured.
//
// From then on the device uses t. No other goroutine may use it meanwhile: that would be measured, too.
func (t *Tuning) Tune(ctx context.Context, dev *device.CUDA, work func() error, told func(Choice)) error {
	if told == nil {
		told = func(Choice) {}
	}
	if !t.learner.CompareAndSwap(nil, &learner{ctx, dev, told}) {
		return errors.New("kernels: tuning: it is being tuned")
	}
	defer t.learner.Store(nil)
	dev.SetTuning(t)
	graphs := dev.SetGraphs(false) // of a graph no launch can be timed
	defer dev.SetGraphs(graphs)
	return work()
}

// learns returns who measures products on a GPU, nil if nobody does.
func (t *Tuning) learns(dev gpu) *learner {
	if l := t.learner.Load(); l != nil && dev.cuda == l.dev {
		return l
	}
	return nil
}

// learn measures a product and adds what is the best.
func (t *Tuning) learn(l *learner, p Product, estimate cut, to *device.Tensor, f finish, launch func(cut) error) (cut, error) {
	m := measuring{l, launch}
	c := Choice{Product: p}
	err := keeping(to, f.add, func() error { return m.choose(&c, estimate, to, f) })
	if err == nil {
		err = t.Add(c)
	}
	if err != nil {
		return cut{}, fmt.Errorf("kernels: tuning: %v: %w", p, err)
	}
	l.told(c)
	best, _ := t.cut(p)
	return best, nil
}

// keeping does work that computes to many times over. If it adds to it, what it held before comes back.
func keeping(to *device.Tensor, adds bool, work func() error) error {
	if !adds {
		return work()
	}
	kept, err := to.Device().New(to.Shape())
	if err != nil {
		return err
	}
	if err := Copy(kept, to); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err
	}
	return Copy(to, kept)
}

// measuring measures one product.
type measuring struct {
	*learner
	launch func(cut) error
}

// contender is a way that is measured.
type contender struct {
	cut
	launches int // in a round
	seconds  float64
}

// choose fills in a choice.
func (m measuring) choose(c *Choice, estimate cut, to *device.Tensor, f finish) error {
	proof, err := m.prove(to, f, estimate)
	if err != nil {
		return err
	}
	ways, wrong, err := m.screen(c.Product, proof)
	if err != nil {
		return err
	}
	for round := range tuneRounds {
		most := tuneHope * fastest(ways).seconds
		if round == 0 {
			most = tuneDoubt * fastest(ways).seconds
		}
		for i := range ways {
			if w := &ways[i]; w.seconds <= most {
				took, err := m.round(w)
				if err != nil {
					return err
				}
				w.seconds = min(w.seconds, took)
			}
		}
	}
	for _, w := range ways {
		c.Ways = append(c.Ways, w.way(w.seconds))
	}
	c.Ways = append(c.Ways, wrong...)
	first := &ways[slices.IndexFunc(ways, func(w contender) bool { return w.way(0).same(estimate.way(0)) })]
	best := fastest(ways)
	if best == first {
		c.Default = first.way(first.seconds)
		c.Way = c.Default
		return nil
	}
	wins, err := m.confirm(best, first)
	c.Default, c.Way = first.way(first.seconds), best.way(best.seconds)
	if !wins {
		c.Way = c.Default
	}
	return err
}

// screen tries all ways that the GPU has. Those that there is not the memory for are left out, and those that are wrong
// are told apart.
func (m measuring) screen(p Product, proof *proof) (ways []contender, wrong []Way, err error) {
	of, tilings, in, err := p.contraction()
	if err != nil {
		return nil, nil, err
	}
	var all []cut
	of.cuts(tilings, in, func(c cut) {
		if c.runsOn(gpu{cuda: m.dev}) {
			all = append(all, c)
		}
	})
	for _, c := range all {
		if !c.way(0).same(proof.estimate.way(0)) { // which has been launched, and so been translated
			why, err := m.check(proof, c)
			switch {
			case errors.Is(err, device.ErrOutOfMemory):
				continue
			case err != nil:
				return nil, nil, err
			case why != "":
				w := c.way(0)
				w.Wrong = why
				wrong = append(wrong, w)
				continue
			}
		}
		w := contender{cut: c, launches: 1}
		if w.seconds, err = m.round(&w); err != nil {
			return nil, nil, err
		}
		w.launches = int(min(max(tuneTime.Seconds()/max(w.seconds, 1e-9), 1), tuneMost))
		ways = append(ways, w)
	}
	return ways, wrong, nil
}

// confirm reports whether a way is clearly better than the estimate, and sets the times of both to their medians.
func (m measuring) confirm(best, estimate *contender) (wins bool, err error) {
	var times [2][]float64
	wins = true
	for round := range tuneConfirm {
		var took [2]float64
		for turn := range took {
			who := (turn + round) % 2 // each begins as often, as nearly as can be
			if took[who], err = m.round([2]*contender{best, estimate}[who]); err != nil {
				return false, err
			}
			times[who] = append(times[who], took[who])
		}
		wins = wins && took[0] < took[1]
	}
	for i, w := range []*contender{best, estimate} {
		slices.Sort(times[i])
		w.seconds = times[i][tuneConfirm/2]
	}
	return wins && best.seconds <= tuneGain*estimate.seconds, nil
}

// round returns the seconds of a launch, the mean of a round.
func (m measuring) round(w *contender) (float64, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	took, err := m.dev.Time(func() error {
		for range w.launches {
			if err := m.launch(w.cut); err != nil {
				return err
			}
		}
		return nil
	})
	return took.Seconds() / float64(w.launches), err
}

func fastest(ways []contender) *contender {
	best := slices.MinFunc(ways, func(a, b contender) int { return cmp.Compare(a.seconds, b.seconds) })
	return &ways[slices.IndexFunc(ways, func(w contender) bool { return w.way(0).same(best.way(0)) })]
}
