package kernels

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"ganlib/device"
)

// Tuning holds how products are computed on one kind of GPU: by which version of their kernels, and with their sums
// in how many slices, as [Tuning.Tune] has measured it. Without one, and for products that it does not know, both are
// estimated, from the shape alone, so that results do not depend on the card. With one they may differ in rounding,
// and are still the same each time.
//
// [ganlib/device.CUDA.SetTuning] puts one to use. The zero value is empty. Its methods may be called by several goroutines,
// also while it is in use.
type Tuning struct {
	mu      sync.Mutex // of changes
	known   atomic.Pointer[map[Product]tuned]
	learner atomic.Pointer[learner]
}

// tuned is a choice, ready for use.
type tuned struct {
	Choice
	cut cut
}

// Add adds choices, in place of those for the same products. A choice that cannot be used is left out and named in
// the error; the others are added all the same.
func (t *Tuning) Add(choices ...Choice) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := maps.Clone(t.all())
	if known == nil {
		known = map[Product]tuned{}
	}
	var failed error
	bad := 0
	for _, c := range choices {
		cut, err := c.cut()
		if err != nil {
			if bad++; failed == nil {
				failed = err
			}
			continue
		}
		known[c.Product] = tuned{c, cut}
	}
	t.known.Store(&known)
	if failed != nil {
		return fmt.Errorf("kernels: tuning: %d of %d choices cannot be used, the first: %w", bad, len(choices), failed)
	}
	return nil
}

// Suit leaves out the choices that a GPU has not the kernels for, and names them in its error. A product that is computed on
// such a GPU all the same is computed as is estimated.
func (t *Tuning) Suit(dev *device.CUDA) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	suiting := maps.Clone(t.all())
	var first *Choice
	for _, c := range t.Choices() {
		if tuned := suiting[c.Product]; !tuned.cut.runsOn(gpu{cuda: dev}) {
			delete(suiting, c.Product)
			if first == nil {
				first = &c
			}
		}
	}
	if first == nil {
		return nil
	}
	left := len(t.all()) - len(suiting)
	t.known.Store(&suiting)
	return fmt.Errorf("kernels: tuning: %d of %d choices are not for this GPU, the first: %v with %s", left, left+len(suiting), first.Product, first.Tile)
}

// all returns what is known, which is replaced and never changed: reading needs no lock.
func (t *Tuning) all() map[Product]tuned {
	if known := t.known.Load(); known != nil {
		return *known
	}
	return nil
}

// cut returns how a product is to be computed, if that is known. It is asked at each product, and allocates nothing.
func (t *Tuning) cut(p Product) (cut, bool) {
	c, ok := t.all()[p]
	return c.cut, ok
}

// Choices returns what is known, in order.
func (t *Tuning) Choices() []Choice {
	known := t.all()
	list := make([]Choice, 0, len(known))
	for _, c := range known {
		list = append(list, c.Choice)
	}
	slices.SortFunc(list, func(a, b Choice) int { return a.Compare(b.Product) })
	return list
}

// Missing returns the products that are not known.
func (t *Tuning) Missing(products []Product) []Product {
	known := t.all()
	return slices.DeleteFunc(slices.Clone(products), func(p Product) bool {
		_, ok := known[p]
		return ok
	})
}

// Only returns a tuning that knows nothing but some products.
func (t *Tuning) Only(products []Product) *Tuning {
	only, known := map[Product]tuned{}, t.all()
	for _, p := range products {
		if c, ok := known[p]; ok {
			only[p] = c
		}
	}
	o := new(Tuning)
	o.known.Store(&only)
	return o
}

// Deviations returns the choices that are not the estimate, in order and without times: they are all that makes
// results differ from those without a tuning.
func (t *Tuning) Deviations() []Choice {
	var list []Choice
	for _, c := range t.Choices() {
		p, tilings, in, err := c.contraction()
		if err != nil {
			continue // Add has refused it
		}
		if w := p.plan(tilings, in).way(0); !w.same(c.Way) {
			list = append(list, Choice{Product: c.Product, Way: Way{Tile: c.Tile, Slices: c.Slices}})
		}
	}
	return list
}

// SumOf returns a SHA-256, in hexadecimal, that tells lists of choices apart, whatever their times. That of none is "".
func SumOf(choices []Choice) string {
	if len(choices) == 0 {
		return ""
	}
	hash := sha256.New()
	for _, c := range choices {
		fmt.Fprintf(hash, "%v %s %d %s %d\n", c.Product, c.Aligned, c.Tiles, c.Tile, c.Slices)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// tuning returns what is known of a GPU, or nil.
func (g gpu) tuning() *Tuning {
	on := g.cuda
	if g.plan != nil {
		on = g.plan.GPU()
	}
	t, _ := on.Tuning().(*Tuning)
	return t
}
