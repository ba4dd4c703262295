package sgemm

import (
	"runtime"
	"sync"

	"ganlib/device"
)

// single runs small products on the goroutine that asks for them.
var single = device.NewPool(1)

// workers are those that large products share.
var workers shared

// shared is a pool of GOMAXPROCS workers, made when it is first needed, and anew when GOMAXPROCS has
// changed.
type shared struct {
	mu   sync.RWMutex // held for reading while the pool is in use
	pool *device.Pool
}

// acquire returns the pool, to be released.
func (s *shared) acquire() *device.Pool {
	for {
		n := runtime.GOMAXPROCS(0)
		s.mu.RLock()
		if s.pool != nil && s.pool.Threads() == n {
			return s.pool
		}
		s.mu.RUnlock()
		s.renew(n)
	}
}

func (s *shared) release() { s.mu.RUnlock() }

// renew waits until nobody uses the pool and replaces it by one of n workers.
func (s *shared) renew(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		if s.pool.Threads() == n {
			return
		}
		s.pool.Close()
	}
	s.pool = device.NewPool(n)
}
