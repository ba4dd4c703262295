package process

import (
	"errors"
	"fmt"
	"math"
)

// ErrMemory is wrapped by the error for what needs more memory than may be taken.
var ErrMemory = errors.New("not enough memory")

// Unlimited is the limit of those who want no check of memory.
const Unlimited = -1

// Budget is how much memory may be added to what the process has.
type Budget struct {
	Free  int64 // bytes that may be added
	Taken int64 // bytes that the process has
	Limit int64 // most bytes that it may have in all, if somebody has said so; otherwise 0
}

// NewBudget returns what a limit allows: so many bytes in all for the process, which has taken some of them;
// with 0, as many more as are available; with Unlimited, any number. Where available fails, nothing is known
// and only a limit counts.
func NewBudget(limit, taken int64, available func() (int64, error)) Budget {
	b := Budget{Free: math.MaxInt64, Taken: taken}
	if limit < 0 {
		return b
	}
	if n, err := available(); err == nil {
		b.Free = n
	}
	if limit > 0 {
		b.Limit = limit
		b.Free = min(b.Free, max(b.planned()-taken, 0))
	}
	return b
}

// card is a device with a memory of its own.
type card interface {
	Memory() (free, total uint64, err error)
}

// BudgetOn returns what a limit allows on a device: of a GPU's memory, of which the process has nothing that
// counts, or of the computer's, which available tells.
func BudgetOn(dev any, limit int64, available func() (int64, error)) Budget {
	c, ok := dev.(card)
	if !ok {
		return NewBudget(limit, Settled(), available)
	}
	return NewBudget(limit, 0, func() (int64, error) {
		free, _, err := c.Memory()
		return int64(free), err
	})
}

// planned is how much of the limit a plan may fill: plans are off by 5 % at most.
func (b Budget) planned() int64 { return b.Limit - b.Limit/21 }

// Part is a part of the memory that something takes.
type Part struct {
	Name  string // as after "the largest part is"
	Bytes int64
}

// Check refuses what adds more bytes than there are. The error says what would take how much, which part of
// it is the largest, and what to do.
func (b Budget) Check(what string, adds int64, parts []Part, advice func() string) error {
	if adds <= b.Free {
		return nil
	}
	takes, most := Size(adds), Size(b.Free)+" are available"
	if b.Limit > 0 && b.Free == max(b.planned()-b.Taken, 0) {
		takes, most = Size(b.Taken+adds)+" in all", fmt.Sprintf("a plan may fill %s of the limit of %s", Size(b.planned()), Size(b.Limit))
	}
	largest := Part{"the program itself", b.Taken}
	for _, p := range parts {
		if p.Bytes > largest.Bytes {
			largest = p
		}
	}
	return fmt.Errorf("%w: %s takes %s, and %s; the largest part is %s with %s; %s",
		ErrMemory, what, takes, most, largest.Name, Size(largest.Bytes), advice())
}

// Largest returns the largest n of 0 to below fails for which fits is true, if it is for all that are smaller.
func Largest(fails int, fits func(n int) bool) int {
	found := 0
	for fails-found > 1 {
		if n := found + (fails-found)/2; fits(n) {
			found = n
		} else {
			fails = n
		}
	}
	return found
}

// Size writes bytes in a unit that people read.
func Size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
}
