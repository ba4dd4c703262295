package work

import (
	"reflect"
	"sync"

	"ganlib/device"
)

// Scratch is memory that a CPU kernel borrows for the time of one call.
type Scratch[T device.Float] struct {
	Data   []T // as long as asked for, contents undefined
	memory []T
}

// shelf keeps the scratch memory that is not in use.
type shelf[T device.Float] struct {
	mu   sync.Mutex
	free []*Scratch[T]
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

// Borrow returns scratch of n elements, to be given back. Of the free pieces it takes one that is
// large enough, else it lets one grow.
func Borrow[T device.Float](n int) *Scratch[T] {
	s := shelfOf[T]()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		memory := device.NewSlice[T](n)
		return &Scratch[T]{Data: memory, memory: memory}
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
		p.memory = device.NewSlice[T](n)
	}
	p.Data = p.memory[:n]
	return p
}

// GiveBack returns borrowed scratch.
func GiveBack[T device.Float](p *Scratch[T]) {
	s := shelfOf[T]()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, p)
}
