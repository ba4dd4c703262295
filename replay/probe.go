package replay

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"

	"ganlib/checkpoint"
	"ganlib/variants"
)

// probe is an algorithm that sums up the state after each of its updates.
type probe struct {
	variants.Variant
	seed    maphash.Seed
	tensors []checkpoint.Entry
	critic  int      // critic steps of the generator step at hand
	updates []update // of the generator step at hand
}

// update is an update of a network: its name, and a sum of each tensor of the state after it.
type update struct {
	name string
	sums []uint64
}

// newProbe puts a probe around v. Probes of one seed are comparable.
func newProbe(v variants.Variant, seed maphash.Seed) *probe {
	nets := v.Networks()
	generator, critic := v.Optimizers()
	return &probe{Variant: v, seed: seed, tensors: append(checkpoint.State(nets.Critic, critic), checkpoint.State(nets.Generator, generator)...)}
}

// CriticStep implements [variants.Variant].
func (p *probe) CriticStep(s *variants.Step) error {
	if err := p.Variant.CriticStep(s); err != nil {
		return err
	}
	p.critic++
	return p.note(fmt.Sprintf("critic step %d of %d", p.critic, p.CriticSteps()))
}

// GeneratorStep implements [variants.Variant].
func (p *probe) GeneratorStep(s *variants.Step) error {
	if err := p.Variant.GeneratorStep(s); err != nil {
		return err
	}
	return p.note("the generator's step")
}

// begin forgets the updates of the generator step before.
func (p *probe) begin() { p.critic, p.updates = 0, p.updates[:0] }

// note sums up the state.
func (p *probe) note(name string) error {
	u := update{name: name, sums: make([]uint64, len(p.tensors))}
	var buf []byte
	for i, t := range p.tensors {
		values, err := t.Values.Float32s()
		if err != nil {
			return fmt.Errorf("replay: %s: %w", t.Name, err)
		}
		buf = buf[:0]
		for _, v := range values {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		u.sums[i] = maphash.Bytes(p.seed, buf)
	}
	p.updates = append(p.updates, u)
	return nil
}

// parted returns the first update after which two probes differ, and the first tensor that does.
func parted(a, b *probe) (name, tensor string, found bool) {
	for i := range min(len(a.updates), len(b.updates)) {
		for k := range min(len(a.tensors), len(b.tensors)) {
			if a.tensors[k].Name != b.tensors[k].Name || a.updates[i].sums[k] != b.updates[i].sums[k] {
				return a.updates[i].name, a.tensors[k].Name, true
			}
		}
	}
	if len(a.updates) != len(b.updates) || len(a.tensors) != len(b.tensors) {
		return "the number of updates or tensors", "", true
	}
	return "", "", false
}
