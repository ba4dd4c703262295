package device

import "sync"

// hold is what engines keep of a tensor whose owner has promised not to write it.
type hold struct {
	mu   sync.Mutex
	held bool
	kept [keptKinds]Kept
}

// keptKinds is how many things an engine can derive from one tensor.
const keptKinds = 2

// Kept is something that an engine derives from a held tensor: weights in another layout. Whoever uses
// it locks it while he looks whether it is Valid and, if not, fills Data.
type Kept struct {
	sync.Mutex
	Data  []float32
	Valid bool
}

// Hold promises that the tensor will not be written until Release, except by CopyFrom. Engines may then
// keep what they compute from it, so that repeated passes with the same weights are faster. A tensor
// can be held by one owner at a time; a second Hold changes nothing.
func (t *Tensor) Hold() {
	if t.hold == nil {
		t.hold = new(hold)
	}
	t.hold.mu.Lock()
	defer t.hold.mu.Unlock()
	if !t.hold.held {
		t.hold.held = true
		t.hold.forget()
	}
}

// Release ends a Hold: the tensor may be written again. The memory of what was kept stays for the next
// Hold.
func (t *Tensor) Release() {
	if t.hold == nil {
		return
	}
	t.hold.mu.Lock()
	defer t.hold.mu.Unlock()
	t.hold.held = false
}

// Held reports whether the tensor is held.
func (t *Tensor) Held() bool {
	if t.hold == nil {
		return false
	}
	t.hold.mu.Lock()
	defer t.hold.mu.Unlock()
	return t.hold.held
}

// Keep returns the place of n numbers of the given kind, an index below two that the engine chooses,
// or nil if the tensor is not held.
func (t *Tensor) Keep(kind, n int) *Kept {
	if t.hold == nil {
		return nil
	}
	t.hold.mu.Lock()
	defer t.hold.mu.Unlock()
	if !t.hold.held {
		return nil
	}
	k := &t.hold.kept[kind]
	k.Lock()
	defer k.Unlock()
	if len(k.Data) != n {
		k.Data, k.Valid = NewSlice[float32](n), false
	}
	return k
}

func (h *hold) forget() {
	for i := range h.kept {
		h.kept[i].Lock()
		h.kept[i].Valid = false
		h.kept[i].Unlock()
	}
}
