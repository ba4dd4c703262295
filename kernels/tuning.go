package kernels

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ganlib/device"
)

// Tuning holds, for products and convolutions on one kind of GPU, which version of the kernels was measured to be
// the fastest and into how many slices it cuts the sum. Without one both are estimated, from the shape alone, so
// that results do not depend on the card; with one they may differ in rounding, and are still the same each time.
type Tuning struct {
	mu    sync.Mutex
	known map[problem]Choice
	learn bool
}

// problem is what is computed: by which kernels, of what size, in what precision.
type problem struct {
	kernel string
	contraction
	in device.Precision
}

// Choice is what was measured for a product.
type Choice struct {
	Kernel    string  `json:"kernel"` // "conv2d_forward"
	Count     int     `json:"count"`  // products of (M,K) and (K,N)
	M         int     `json:"m"`
	N         int     `json:"n"`
	K         int     `json:"k"`
	Aligned   string  `json:"aligned"`   // which of operands a, b and result c can be moved in four numbers at a time
	Precision string  `json:"precision"` // "tf32"
	Tile      string  `json:"tile"`      // "tf32_128x128"
	Slices    int     `json:"slices"`
	Seconds   float64 `json:"seconds"`
	Default   Way     `json:"default"`        // the estimate
	Ways      []Way   `json:"ways,omitempty"` // all that were tried
}

// Way is a way to compute a product, and how long it took.
type Way struct {
	Tile    string  `json:"tile"`
	Slices  int     `json:"slices"`
	Seconds float64 `json:"seconds"`
}

// TFLOPS is the speed of a choice.
func (c Choice) TFLOPS() float64 {
	return 2 * float64(c.Count) * float64(c.M) * float64(c.N) * float64(c.K) / c.Seconds / 1e12
}

// Tune does work, which must not matter, on a GPU that t is used on ([device.CUDA.SetTuning]), and measures each
// product in it that t does not know. What work computes is of no use: products are computed many times over.
func (t *Tuning) Tune(dev *device.CUDA, work func() error) error {
	graphs := dev.SetGraphs(false)
	defer dev.SetGraphs(graphs)
	t.learning(true)
	defer t.learning(false)
	return work()
}

func (t *Tuning) learning(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.learn = on
	if t.known == nil {
		t.known = map[problem]Choice{}
	}
}

// Choices returns what is known, in a fixed order.
func (t *Tuning) Choices() []Choice {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Choice, 0, len(t.known))
	for _, c := range t.known {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Choice) int {
		return cmp.Or(strings.Compare(a.Precision, b.Precision), strings.Compare(a.Kernel, b.Kernel), a.Count-b.Count, a.M-b.M, a.N-b.N, a.K-b.K, strings.Compare(a.Aligned, b.Aligned))
	})
	return list
}

// MarshalJSON writes the choices.
func (t *Tuning) MarshalJSON() ([]byte, error) { return json.Marshal(t.Choices()) }

// tuning returns what is known of a GPU, or nil.
func (g gpu) tuning() *Tuning {
	on := g.cuda
	if g.plan != nil {
		on = g.plan.GPU()
	}
	t, _ := on.Tuning().(*Tuning)
	return t
}

// cut returns how a product is computed. If t is learning it is measured first, by launch.
func (t *Tuning) cut(dev gpu, p problem, tilings []tiling, launch func(cut) error) (cut, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	estimate := p.plan(tilings, p.in)
	c, ok := t.known[p]
	if !ok && t.learn && dev.plan == nil {
		var err error
		if c, err = p.measure(dev.cuda, estimate, tilings, launch); err != nil {
			return estimate, fmt.Errorf("kernels: tuning: %w", err)
		}
		t.known[p], ok = c, true
	}
	if ok {
		for _, tile := range tilings {
			if tile.name == c.Tile && tile.fits(p.contraction) {
				return p.inSlices(tile, c.Slices), nil
			}
		}
	}
	return estimate, nil
}

const (
	tuneRounds = 3                      // of which the least time counts
	tuneTime   = 300 * time.Microsecond // the least that a round lasts
	tuneMost   = 40                     // launches in a round, at most
	tuneGain   = 0.97                   // of the estimate's time, or the estimate stays
)

// measure times all ways.
func (p problem) measure(dev *device.CUDA, estimate cut, tilings []tiling, launch func(cut) error) (Choice, error) {
	var all []cut
	p.cuts(tilings, p.in, func(c cut) { all = append(all, c) })
	ways := make([]Way, len(all))
	for round := range tuneRounds {
		for i, c := range all {
			once, err := dev.Time(func() error { return launch(c) })
			if err != nil {
				return Choice{}, err
			}
			n := min(max(int(tuneTime/max(once, 1)), 1), tuneMost)
			took, err := dev.Time(func() error {
				for range n {
					if err := launch(c); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return Choice{}, err
			}
			seconds := took.Seconds() / float64(n)
			if round == 0 || seconds < ways[i].Seconds {
				ways[i] = Way{c.name, c.slices, seconds}
			}
		}
	}
	c := Choice{Kernel: strings.TrimSuffix(p.kernel, "_"), Count: p.count, M: p.m, N: p.n, K: p.k, Precision: p.in.String(), Ways: ways}
	for _, operand := range []struct {
		aligned bool
		name    string
	}{{p.a, "a"}, {p.b, "b"}, {p.c, "c"}, {p.slabs, "k"}} {
		if operand.aligned {
			c.Aligned += operand.name
		}
	}
	best := slices.MinFunc(ways, func(a, b Way) int { return cmp.Compare(a.Seconds, b.Seconds) })
	for _, w := range ways {
		if w.Tile == estimate.name && w.Slices == estimate.slices {
			c.Default = w
		}
	}
	if best.Seconds > tuneGain*c.Default.Seconds {
		best = c.Default
	}
	c.Tile, c.Slices, c.Seconds = best.Tile, best.Slices, best.Seconds
	return c, nil
}
