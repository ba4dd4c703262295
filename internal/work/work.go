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
	free := launches[K]()
	p := free.get()
	*p = k
	pool.For(n, grain, P(p))
	free.put(p)
}

// freeList keeps kernel structs between launches.
type freeList[K any] struct {
	mu   sync.Mutex
	free []*K
}

func (l *freeList[K]) get() *K {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		k := l.free[n-1]
		l.free = l.free[:n-1]
		return k
	}
	return new(K)
}

func (l *freeList[K]) put(k *K) {
	var zero K
	*k = zero // keep no tensors alive
	l.mu.Lock()
	l.free = append(l.free, k)
	l.mu.Unlock()
}

// freeLists holds a *freeList[K] for each kernel type.
var freeLists sync.Map

func launches[K any]() *freeList[K] {
	t := reflect.TypeFor[K]()
	if l, ok := freeLists.Load(t); ok {
		return l.(*freeList[K])
	}
	l, _ := freeLists.LoadOrStore(t, new(freeList[K]))
	return l.(*freeList[K])
}
