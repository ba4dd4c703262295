package kernels

import (
	"reflect"
	"sync"

	"ganlib/device"
)

// scratch is memory that a CPU kernel borrows for the time of one call.
type scratch[T device.Float] struct {
	data   []T // as long as asked for, contents undefined
	memory []T
}

// shelf keeps the scratch memory that is not in use.
type shelf[T device.Float] struct {
	mu   sync.Mutex
	free []*scratch[T]
}

// shelves holds a *shelf[T] for each element type.
var shelves sync.Map

func shelfOf[T device.Float]() *shelf[T] {
	t := reflect.TypeFor[T]()
	if s, ok := shelves.Load(t); ok {
		return s.(*shelf[T])
	}
	s, _ := shelves.LoadOrStore(t, new(shelf[T]))
	return s.(*shelf[T])
}

// borrow returns scratch of n elements, to be given back. Of the free pieces it takes one that is
// large enough, else it lets one grow.
func borrow[T device.Float](n int) *scratch[T] {
	s := shelfOf[T]()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		memory := make([]T, n)
		return &scratch[T]{data: memory, memory: memory}
	}
	at := len(s.free) - 1
	for i, f := range s.free {
		if len(f.memory) >= n {
			at = i
			break
		}
	}
	p := s.free[at]
	s.free = append(s.free[:at], s.free[at+1:]...)
	if len(p.memory) < n {
		p.memory = make([]T, n)
	}
	p.data = p.memory[:n]
	return p
}

// giveBack returns borrowed scratch.
func giveBack[T device.Float](p *scratch[T]) {
	s := shelfOf[T]()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, p)
}
