package device

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"ganlib/internal/simd"
)

// Task is work over a range of indices that may be cut anywhere: a CPU kernel. Run must not panic.
type Task interface{ Run(lo, hi int) }

// Pool is a set of goroutines that share out tasks. Workers sleep when there has been nothing to do for
// a while.
// Any number of goroutines may call For at a time, and a task may call For itself.
type Pool struct {
	threads int
	spins   bool // there is a processor for each goroutine
	jobs    chan *job
	mu      sync.Mutex
	free    []*job
	closing sync.Once
}

// job is one call of For. It is shared by the caller and the workers that were woken for it; the
// last of them to let go returns it to the pool.
type job struct {
	task     Task
	n, grain int
	chunks   int64
	shares   []share // of each goroutine
	caller   int     // the caller's processor
	finished atomic.Int64
	holders  atomic.Int64
	done     chan struct{}
}

// share is a run of chunks that one goroutine begins with, and others help with when theirs are done.
// Since the same goroutine gets the same share of every job, what it wrote in one kernel is often still
// in its core's cache in the next.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte // a cache line each
}

// NewPool returns a pool in which For runs on up to the given number of goroutines, the caller
// being one of them.
func NewPool(threads int) *Pool {
	p := &Pool{threads: threads, spins: threads <= runtime.GOMAXPROCS(0), jobs: make(chan *job, 4*threads)}
	// One caller can leave a job with each worker and each place in the queue. Making them all here
	// keeps a later call from allocating one, whenever workers happen to be slow.
	for range 6 * threads {
		p.free = append(p.free, p.newJob())
	}
	for id := 1; id < threads; id++ {
		go p.worker(id)
	}
	return p
}

// Threads returns the number of goroutines that For uses.
func (p *Pool) Threads() int { return p.threads }

// Close ends the workers. For still works afterwards, on the caller alone.
func (p *Pool) Close() { p.closing.Do(func() { close(p.jobs) }) }

// For calls task.Run on consecutive ranges of at most grain indices that together cover [0,n), and
// returns when all have finished. The cuts depend on n and grain only, never on the number of
// workers or on timing.
func (p *Pool) For(n, grain int, task Task) {
	if n <= 0 {
		return
	}
	grain = max(grain, 1)
	chunks := (n + grain - 1) / grain
	if chunks == 1 || p.threads == 1 {
		for lo := 0; lo < n; lo += grain {
			task.Run(lo, min(lo+grain, n))
		}
		return
	}
	j := p.job()
	j.task, j.n, j.grain, j.chunks = task, n, grain, int64(chunks)
	for i := range j.shares {
		j.shares[i].next.Store(int64(i * chunks / p.threads))
		j.shares[i].end = int64((i + 1) * chunks / p.threads)
	}
	j.caller = processor()
	j.finished.Store(0)
	j.holders.Store(1)
	for range min(chunks, p.threads) - 1 {
		if !p.wake(j) {
			break
		}
	}
	j.work(0)
	p.spin(func() bool { return j.finished.Load() == j.chunks })
	<-j.done
	p.release(j)
}

// wake hands j to a worker, if the queue has room; the caller can finish the job alone.
func (p *Pool) wake(j *job) (ok bool) {
	defer func() {
		if recover() != nil { // the pool was closed
			j.holders.Add(-1)
			ok = false
		}
	}()
	j.holders.Add(1)
	select {
	case p.jobs <- j:
		return true
	default:
		j.holders.Add(-1)
		return false
	}
}

func (p *Pool) worker(id int) {
	var seat seat
	seat.settle()
	for {
		p.spin(func() bool { return len(p.jobs) > 0 })
		j, open := <-p.jobs
		if !open {
			return
		}
		seat.leave(j.caller)
		j.work(id)
		p.release(j)
	}
}

// spinTime is how long a goroutine looks for what it waits for before it sleeps. Kernels follow one
// another within microseconds, while waking a sleeper takes tens of them, and milliseconds where the
// operating system puts the woken thread on the core of the one that woke it.
const spinTime = 5 * time.Millisecond

// spin waits for done, but not long. It does not yield to other goroutines: they run on other threads, or
// when the scheduler interrupts, and a goroutine that yields comes back on another thread.
func (p *Pool) spin(done func() bool) {
	var start time.Time
	for i := 0; p.spins && !done(); i++ {
		if i == 0 {
			start = time.Now()
		} else if i%16 == 0 && time.Since(start) > spinTime {
			return
		}
		simd.Pause()
	}
}

// work runs chunks until none is left, those of share id first.
func (j *job) work(id int) {
	for i := range j.shares {
		s := &j.shares[(id+i)%len(j.shares)]
		for {
			c := s.next.Add(1) - 1
			if c >= s.end {
				break
			}
			lo := int(c) * j.grain
			j.task.Run(lo, min(lo+j.grain, j.n))
			if j.finished.Add(1) == j.chunks {
				j.done <- struct{}{}
			}
		}
	}
}

func (p *Pool) job() *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		j := p.free[n-1]
		p.free = p.free[:n-1]
		return j
	}
	return p.newJob()
}

func (p *Pool) newJob() *job {
	return &job{shares: make([]share, p.threads), done: make(chan struct{}, 1)}
}

func (p *Pool) release(j *job) {
	if j.holders.Add(-1) > 0 {
		return
	}
	j.task = nil
	p.mu.Lock()
	p.free = append(p.free, j)
	p.mu.Unlock()
}
