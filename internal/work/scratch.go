package work

import (
	"math/bits"
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"

	"ganlib/device"
)

// Scratch is memory that a CPU kernel borrows for the time of one call.
type Scratch[T device.Float] struct {
	Data   []T // as long as asked for, contents undefined
	memory []T
}

// shelf keeps the scratch memory that is not in use: for each size the pieces of that size, the one
// used last on top, since it is the likeliest to be in a cache.
type shelf[T device.Float] struct {
	mu   sync.Mutex
	free [4 * bits.UintSize][]*Scratch[T]
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

// sizes are four to an octave: 4·2^k, 5·2^k, 6·2^k and 7·2^k elements.
const perOctave = 4

// sizeOf returns the index of the smallest size that holds n elements, and that size.
func sizeOf(n int) (index, size int) {
	n = max(n, perOctave)
	octave := bits.Len(uint(n-1)) - 3 // of the size, or of the one before
	if octave < 0 {
		return 0, perOctave
	}
	quarters := (n + 1<<octave - 1) >> octave // 5 to 8
	return perOctave*octave + quarters - perOctave, quarters << octave
}

// Borrow returns scratch of n elements, to be given back: a free piece of the next size, or of one up to
// twice as large, or else a new one.
func Borrow[T device.Float](n int) *Scratch[T] {
	s := shelfOf[T]()
	index, size := sizeOf(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := index; i <= index+perOctave; i++ {
		if last := len(s.free[i]) - 1; last >= 0 {
			p := s.free[i][last]
			s.free[i] = s.free[i][:last]
			p.Data = p.memory[:n]
			return p
		}
	}
	memory := device.NewSlice[T](size)
	held.Add(int64(size) * int64(unsafe.Sizeof(T(0))))
	return &Scratch[T]{Data: memory[:n], memory: memory}
}

// held counts the bytes of all pieces.
var held atomic.Int64

// Held returns the bytes of all scratch memory, lent or not: it is kept for good.
func Held() int64 { return held.Load() }

// Forget lets go of all float32 and float64 scratch memory that is not lent.
func Forget() {
	forget[float32]()
	forget[float64]()
}

func forget[T device.Float]() {
	s := shelfOf[T]()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, pieces := range s.free {
		for _, p := range pieces {
			held.Add(-int64(len(p.memory)) * int64(unsafe.Sizeof(T(0))))
		}
		s.free[i] = nil
	}
}

// GiveBack returns borrowed scratch.
func GiveBack[T device.Float](p *Scratch[T]) {
	s := shelfOf[T]()
	index, _ := sizeOf(len(p.memory))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free[index] = append(s.free[index], p)
}
