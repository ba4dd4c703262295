// Package work runs CPU kernels without allocating: kernel structs and scratch memory are kept from
// call to call.
package work

import (
	"reflect"
	"sync"

	"ganlib/device"
)

// Run calls kernel k on pool over [0,n) in ranges of at most grain indices. The kernel is copied to
// memory that is kept for the next call with its type, so that nothing is allocated.
func Run[K any, P interface {
	*K
	device.Task
}](pool *device.Pool, n, grain int, k K) {
	free := Free[K]()
	p := free.Get()
	*p = k
	pool.For(n, grain, P(p))
	free.Put(p)
}

// FreeList keeps structs between calls.
type FreeList[K any] struct {
	mu   sync.Mutex
	free []*K
}

// Get takes a struct from the list, or makes one.
func (l *FreeList[K]) Get() *K {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		k := l.free[n-1]
		l.free = l.free[:n-1]
		return k
	}
	return new(K)
}

// Put clears a struct and gives it back.
func (l *FreeList[K]) Put(k *K) {
	var zero K
	*k = zero // keep no tensors alive
	l.mu.Lock()
	l.free = append(l.free, k)
	l.mu.Unlock()
}

// Keep gives a struct back as it is, for structs that own memory.
func (l *FreeList[K]) Keep(k *K) {
	l.mu.Lock()
	l.free = append(l.free, k)
	l.mu.Unlock()
}

// freeLists holds a *FreeList[K] for each kernel type.
var freeLists sync.Map

// Free returns the list of structs of type K that are not in use. What Get returns holds a zero value,
// or what it held when Keep took it.
func Free[K any]() *FreeList[K] {
	t := reflect.TypeFor[K]()
	if l, ok := freeLists.Load(t); ok {
		return l.(*FreeList[K])
	}
	l, _ := freeLists.LoadOrStore(t, new(FreeList[K]))
	return l.(*FreeList[K])
}
