package device

import (
	"fmt"
	"math"
	"slices"
)

// A workspace takes its memory in slabs. The first has firstSlab elements, 256 KiB of float32, and
// each has twice as many as the one before, up to slabLen, 16 MiB; larger tensors get their own.
const (
	firstSlab = 64 << 10
	slabLen   = 4 << 20
)

// alignLen rounds every tensor up to a cache line of float32.
const alignLen = 16

// Workspace hands out the tensors of one step: the first step allocates, later steps get the same
// memory and the same tensors again, in the same order. Contents are undefined until written.
// A Workspace belongs to one goroutine.
type Workspace struct {
	dev     Device
	slabs   []*Tensor
	slab    int // index of the slab in use
	offset  int // first free element in it
	headers []*Tensor
	next    int // first free header
	used    int // elements handed out since Reset
	peak    int
	poison  bool
}

// Mark is a position in a workspace, to go back to.
type Mark struct{ slab, offset, next, used int }

// NewWorkspace returns an empty workspace on dev.
func NewWorkspace(dev Device) *Workspace { return &Workspace{dev: dev} }

// Device returns the device that the workspace's tensors lie on.
func (w *Workspace) Device() Device { return w.dev }

// SetPoison makes New fill every tensor with NaN, so that a test sees the use of unwritten memory.
func (w *Workspace) SetPoison(on bool) { w.poison = on }

// Reserve takes memory for the given number of bytes, in float32, in one piece: a workspace whose
// [Workspace.Peak] is known then takes no more than that. It has an effect before the first New only.
func (w *Workspace) Reserve(bytes int) error {
	if _, meta := w.dev.(*Meta); meta || len(w.slabs) > 0 || bytes < 4 {
		return nil
	}
	slab, err := w.dev.New(Shape{bytes / 4})
	if err != nil {
		return fmt.Errorf("device: reserve a workspace of %d bytes: %w", bytes, err)
	}
	w.slabs = append(w.slabs, slab)
	return nil
}

// Reset takes back every tensor, at the start of a step.
func (w *Workspace) Reset() { w.Release(Mark{}) }

// Mark notes the current position.
func (w *Workspace) Mark() Mark { return Mark{w.slab, w.offset, w.next, w.used} }

// Release takes back every tensor that was handed out since m.
func (w *Workspace) Release(m Mark) {
	w.slab, w.offset, w.next, w.used = m.slab, m.offset, m.next, m.used
}

// Peak returns the largest number of bytes in use at a time, in float32.
func (w *Workspace) Peak() int { return 4 * w.peak }

// New returns a tensor of undefined contents. If the device has no memory for it, or the shape is
// not valid, the tensor carries the error and every kernel that gets it returns that error.
func (w *Workspace) New(shape Shape) *Tensor {
	t := w.header()
	if !shape.Valid() {
		*t = Tensor{dev: w.dev, shape: shape, err: &ShapeError{Op: "device: workspace", Arg: "shape", Got: shape, Want: "want one to four positive dimensions"}}
		return t
	}
	n := alignedLen(shape.Len())
	w.used += n
	w.peak = max(w.peak, w.used)
	if _, meta := w.dev.(*Meta); meta {
		*t = Tensor{dev: w.dev, shape: shape, err: ErrMeta}
		return t
	}
	for w.slab < len(w.slabs) && w.offset+n > w.slabs[w.slab].Len() {
		w.slab, w.offset = w.slab+1, 0
	}
	if w.slab == len(w.slabs) {
		slab, err := w.dev.New(Shape{max(n, min(firstSlab<<min(len(w.slabs), 10), slabLen))})
		if err != nil {
			*t = Tensor{dev: w.dev, shape: shape, err: fmt.Errorf("device: workspace tensor %v: %w", shape, err)}
			return t
		}
		w.slabs = append(w.slabs, slab)
	}
	w.slabs[w.slab].slice(t, w.offset, shape)
	w.offset += n
	if w.poison {
		t.poison()
	}
	return t
}

// Each calls f with every tensor and view that was handed out and not taken back: for tests.
func (w *Workspace) Each(f func(t *Tensor)) {
	for _, t := range w.headers[:w.next] {
		f(t)
	}
}

// View returns t's elements in another shape of the same length.
func (w *Workspace) View(t *Tensor, shape Shape) *Tensor {
	v := w.header()
	if shape.Len() != t.Len() {
		*v = Tensor{dev: w.dev, shape: shape, err: &ShapeError{Op: "device: view", Arg: "shape", Got: shape, Want: fmt.Sprintf("want as many elements as in %v", t.shape)}}
		return v
	}
	t.slice(v, 0, shape)
	return v
}

// Rows returns the rows from lo up to but not including hi, sharing memory.
func (w *Workspace) Rows(t *Tensor, lo, hi int) *Tensor {
	v := w.header()
	shape := t.shape
	shape[0] = hi - lo
	if lo < 0 || lo >= hi || hi > t.shape[0] {
		*v = Tensor{dev: w.dev, shape: shape, err: fmt.Errorf("device: rows %d to %d of tensor %v", lo, hi, t.shape)}
		return v
	}
	t.slice(v, lo*t.shape.RowLen(), shape)
	return v
}

// poison fills the tensor with NaN.
func (t *Tensor) poison() {
	for i := range t.f32 {
		t.f32[i] = float32(math.NaN())
	}
	for i := range t.f64 {
		t.f64[i] = math.NaN()
	}
	if t.block != nil {
		t.err = t.CopyFrom(slices.Repeat([]float32{float32(math.NaN())}, t.Len()))
	}
}

func (w *Workspace) header() *Tensor {
	if w.next == len(w.headers) {
		w.headers = append(w.headers, new(Tensor))
	}
	w.next++
	return w.headers[w.next-1]
}
