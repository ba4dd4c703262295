package checkpoint

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/variants"
)

// Snapshot is a copy of a training's state, from which a checkpoint is written while the training goes on:
// [Snapshot.Take] between two steps, [Snapshot.Fetch] until it says that all is there, and then
// [Snapshot.Write], which another goroutine may call. Its memory is used again by the next Take.
//
// On a CPU the copy is all there is to it. On a GPU the copy lies on the device, where it takes next to no
// time, and Fetch brings it over piece by piece, between later steps.
type Snapshot struct {
	parts   []part
	fetched int // parts that are on the host
	list    []Entry
	fixed   *device.Tensor // on the host; nil if there is none
	meta    map[string]string
}

// part is a tensor of the training and its copies.
type part struct {
	of, copied *device.Tensor
	host       *device.Tensor // copied itself on a CPU
	at         int            // numbers fetched
}

// NewSnapshot takes the memory for the state of v: as much as its parameters, buffers and optimisers have,
// on a GPU there and on the host.
func NewSnapshot(v variants.Variant) (*Snapshot, error) {
	s := new(Snapshot)
	for _, p := range playersOf(v) {
		if err := s.add(p); err != nil {
			return nil, fmt.Errorf("checkpoint: snapshot of the %s: %w", p.net.Name(), err)
		}
	}
	return s, nil
}

// add adds a player's state: one copy of all parameters together, of each buffer, and of each memory of the
// optimiser.
func (s *Snapshot) add(p player) error {
	list := State(p.net, p.optimizer)
	rest := list // whose values are not in a copy yet
	params := func(flat *device.Tensor) error {
		host, err := s.copyOf(flat)
		if err != nil {
			return err
		}
		for _, q := range p.net.Params() {
			rest[0].Values = host.Slice(p.net.Offset(q), q.Shape)
			rest = rest[1:]
		}
		return nil
	}
	if err := params(p.net.Values()); err != nil {
		return err
	}
	for _, q := range p.net.Buffers() {
		host, err := s.copyOf(q.Value)
		if err != nil {
			return err
		}
		rest[0].Values, rest = host, rest[1:]
	}
	for _, state := range p.optimizer.State() {
		if err := params(state.Tensor); err != nil {
			return err
		}
	}
	s.list = append(s.list, list...)
	return nil
}

// copyOf makes the copies of a tensor and returns that on the host.
func (s *Snapshot) copyOf(t *device.Tensor) (host *device.Tensor, err error) {
	p := part{of: t}
	if p.copied, err = t.Device().New(t.Shape()); err != nil {
		return nil, err
	}
	if err := kernels.Copy(p.copied, t); err != nil { // or the first Take would wait for the system to give the memory
		return nil, err
	}
	if p.host = p.copied; onGPU(t) {
		if p.host, err = device.NewCPU(1).New(t.Shape()); err != nil {
			return nil, err
		}
	}
	s.parts = append(s.parts, p)
	return p.host, nil
}

func onGPU(t *device.Tensor) bool {
	_, ok := t.Device().(*device.CUDA)
	return ok
}

// Take copies the state of t, of the variant that the snapshot was made for, as it is between two steps. The
// arguments are those of [Write].
func (s *Snapshot) Take(t *variants.Trainer, config map[string]string, fixed *device.Tensor) error {
	s.meta, s.fixed, s.fetched = metadata(t, config), nil, 0
	for i := range s.parts {
		p := &s.parts[i]
		if err := kernels.Copy(p.copied, p.of); err != nil {
			return fmt.Errorf("checkpoint: snapshot: %w", err)
		}
		p.at = 0
	}
	if fixed == nil {
		return nil
	}
	values, err := fixed.Float32s()
	if err == nil {
		if s.fixed, err = device.NewCPU(1).New(fixed.Shape()); err == nil {
			err = s.fixed.CopyFrom(values)
		}
	}
	if err != nil {
		return fmt.Errorf("checkpoint: snapshot: fixed noise: %w", err)
	}
	return nil
}

// fetchNumbers is how many numbers are fetched at a time: 256 KiB, which take some 50 µs.
const fetchNumbers = 64 << 10

// Fetch brings a part of the snapshot from the device to the host, for as long as the given time after the
// device has finished what it does, and reports whether all is there.
func (s *Snapshot) Fetch(d time.Duration) (done bool, err error) {
	if s.fetched == len(s.parts) {
		return true, nil
	}
	if err := s.parts[0].of.Device().Sync(); err != nil {
		return false, fmt.Errorf("checkpoint: snapshot: %w", err)
	}
	for start := time.Now(); s.fetched < len(s.parts); {
		p := &s.parts[s.fetched]
		if p.host == p.copied || p.at == p.of.Len() {
			s.fetched++
			continue
		}
		n := min(fetchNumbers, p.of.Len()-p.at)
		piece := p.copied.Slice(p.at, device.Shape{n})
		if err := piece.CopyTo(device.Data[float32](p.host)[p.at : p.at+n]); err != nil {
			return false, fmt.Errorf("checkpoint: snapshot: %w", err)
		}
		p.at += n
		if time.Since(start) > d {
			return false, nil
		}
	}
	return true, nil
}

// Write writes what was taken, the bytes that [Write] would have written then. It calls rest often, a pause
// in which makes it take less of the processor at a time.
func (s *Snapshot) Write(w io.Writer, rest func()) error {
	if s.fetched < len(s.parts) {
		return fmt.Errorf("checkpoint: snapshot: %d of %d parts were fetched", s.fetched, len(s.parts))
	}
	tensors, err := stateTensors(s.list, s.fixed)
	if err == nil {
		err = write(restful{w, rest}, tensors, s.meta, rest)
	}
	if err != nil {
		return fmt.Errorf("checkpoint: snapshot: %w", err)
	}
	return nil
}

// Entries lists the state that was taken, on the host, when all was fetched; another Take changes it.
func (s *Snapshot) Entries() []Entry { return s.list }

// Steps returns how many steps the optimiser of the network with the given name had made.
func (s *Snapshot) Steps(network string) int {
	steps, _ := strconv.Atoi(s.meta[optimizerSteps(network)]) // of no network: 0
	return steps
}

// restful calls rest after each write.
type restful struct {
	io.Writer
	rest func()
}

func (w restful) Write(p []byte) (int, error) {
	defer w.rest()
	return w.Writer.Write(p)
}
