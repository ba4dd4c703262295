// Package snippets is a list of small PTX kernels, one or more for every form of instruction that
// ganlib's kernels may use, with what they must give. The list runs on the emulator and on every GPU
// that there is, through a driver.Context, so that each checks the other.
//
// What is wanted is computed here in Go: exactly, with rational numbers, where the PTX manual promises a
// rounding, and in float64 with the manual's bounds where it promises an approximation.
//
// Read snippet.go first, then build.go. The lists themselves are one file for each family.
package snippets

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"ganlib/device/driver"
)

const lanes = 32

// Snippet is a kernel for one block of threads, a warp as a rule. Every thread reads its own words of the input and
// writes its own of the output.
type Snippet struct {
	Name       string
	Capability int      // the least compute capability, 75, 80 or 90
	Exactly    bool     // it runs on that capability only
	Threads    int      // of the block; 0 is a warp
	PTX        string   // a module with the entry "snippet"
	Inputs     []uint32 // lane l's are the l-th part of them
	Want       []uint32 // in the same way
	Kind       Kind     // what the words of the output are

	// Bounds of the error, for a Kind that is not Bits. An output is right if it is off by no more than
	// Absolute + Relative·|want|.
	Absolute, Relative float64
}

// Kind is how an output is compared.
type Kind uint8

const (
	Bits    Kind = iota // bit for bit
	Float32             // as a float32: NaN is as good as any other NaN
	Float64             // the same for pairs of words
	Float16             // for a float16 in the lower half of a word
	BFloat16
	Halves  // for two float16 in a word
	BHalves // for two bfloat16
)

// All returns the whole list.
func All() []Snippet {
	var all []Snippet
	for _, family := range []func() []Snippet{
		integers, logic, floats, doubles, halves, conversions, comparisons, approximations, moves, memory, atomics, votes, shuffles, barriers, asyncs, matrices, warpgroups,
	} {
		all = append(all, family()...)
	}
	return all
}

// Runs reports whether a GPU has what a snippet uses.
func (s *Snippet) Runs(p driver.Properties) bool {
	capability := 10*p.Major + p.Minor
	return capability == s.Capability || capability > s.Capability && !s.Exactly
}

func (s *Snippet) threads() int { return max(s.Threads, lanes) }

// Run runs a snippet and returns its output.
func Run(ctx driver.Context, s Snippet) (out []uint32, err error) {
	module, err := ctx.Load(s.PTX)
	if err != nil {
		return nil, fmt.Errorf("snippets: %s: %w", s.Name, err)
	}
	kernel, err := module.Kernel("snippet")
	if err != nil {
		return nil, fmt.Errorf("snippets: %s: %w", s.Name, err)
	}
	buffers := [2]driver.Address{}
	for i, words := range [2]int{len(s.Inputs), len(s.Want)} {
		a, err := ctx.Alloc(4 * max(words, 1))
		if err != nil {
			return nil, fmt.Errorf("snippets: %s: %w", s.Name, err)
		}
		buffers[i] = a
		defer func() { err = errors.Join(err, ctx.Free(a)) }()
	}
	if len(s.Inputs) > 0 {
		if err := ctx.Upload(buffers[0], toBytes(s.Inputs)); err != nil {
			return nil, fmt.Errorf("snippets: %s: %w", s.Name, err)
		}
	}
	launch := driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{s.threads(), 1, 1}, Args: []uint64{uint64(buffers[0]), uint64(buffers[1])}}
	got := make([]byte, 4*len(s.Want))
	if err := errors.Join(ctx.Launch(&launch), ctx.Sync()); err != nil {
		return nil, fmt.Errorf("snippets: %s: %w", s.Name, err)
	}
	if err := ctx.Download(got, buffers[1]); err != nil {
		return nil, fmt.Errorf("snippets: %s: %w", s.Name, err)
	}
	return toWords(got), nil
}

func toBytes(words []uint32) []byte {
	b := make([]byte, 0, 4*len(words))
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

func toWords(b []byte) []uint32 {
	words := make([]uint32, len(b)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return words
}

// Check compares an output with what is wanted. The error names the first difference.
func (s *Snippet) Check(got []uint32) error {
	if len(got) != len(s.Want) {
		return fmt.Errorf("snippets: %s: %d words, want %d", s.Name, len(got), len(s.Want))
	}
	step := 1
	if s.Kind == Float64 {
		step = 2
	}
	for i := 0; i < len(got); i += step {
		if !s.right(got[i:i+step], s.Want[i:i+step]) {
			perThread, n := len(got)/s.threads(), len(s.Inputs)/s.threads()
			thread := i / perThread
			return fmt.Errorf("snippets: %s: thread %d, output %d: %#x, want %#x (inputs %#x)", s.Name, thread, i%perThread, got[i:i+step], s.Want[i:i+step],
				s.Inputs[thread*n:(thread+1)*n])
		}
	}
	return nil
}

func (s *Snippet) right(got, want []uint32) bool {
	if s.Kind == Bits {
		return got[0] == want[0]
	}
	g, w := values(s.Kind, got), values(s.Kind, want)
	for i := range w {
		if !near(g[i], w[i], s.Absolute, s.Relative) {
			return false
		}
	}
	return true
}

func near(got, want, absolute, relative float64) bool {
	switch {
	case want != want:
		return got != got
	case absolute == 0 && relative == 0 || math.IsInf(want, 0):
		return math.Float64bits(got) == math.Float64bits(want)
	}
	return math.Abs(got-want) <= absolute+relative*math.Abs(want)
}

// values are the floats in the words of an output.
func values(k Kind, words []uint32) []float64 {
	w := words[0]
	switch k {
	case Float64:
		return []float64{math.Float64frombits(uint64(words[1])<<32 | uint64(w))}
	case Float16:
		return []float64{halfValue(uint16(w)), float64(w >> 16)}
	case BFloat16:
		return []float64{f32(w << 16), float64(w >> 16)}
	case Halves:
		return []float64{halfValue(uint16(w)), halfValue(uint16(w >> 16))}
	case BHalves:
		return []float64{f32(w << 16), f32(w &^ 0xffff)}
	}
	return []float64{f32(w)}
}
