package work

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSizes(t *testing.T) {
	last, lastSize := -1, 0
	for n := range 5000 {
		index, size := sizeOf(n)
		assert.GreaterOrEqual(t, size, n)
		if n > 8 {
			assert.LessOrEqual(t, float64(size), 1.25*float64(n), "size for %d", n)
		}
		again, same := sizeOf(size)
		assert.Equal(t, index, again)
		assert.Equal(t, size, same)
		if index == last {
			assert.Equal(t, lastSize, size)
		} else {
			assert.Equal(t, last+1, index, "at %d", n)
			assert.Greater(t, size, lastSize)
		}
		last, lastSize = index, size
	}
}

func TestScratch(t *testing.T) {
	clear(shelfOf[float64]().free[:]) // what other tests gave back
	a, b := Borrow[float64](10), Borrow[float64](7)
	assert.Len(t, a.Data, 10)
	assert.Len(t, b.Data, 7)
	for i := range a.Data {
		a.Data[i] = 1
	}
	for i := range b.Data {
		b.Data[i] = 2
	}
	assert.NotContains(t, a.Data, 2.0, "pieces that are out at the same time do not overlap")
	memory := &a.Data[0]
	GiveBack(b)
	GiveBack(a)
	c := Borrow[float64](9)
	assert.Same(t, memory, &c.Data[0], "a piece of the size is taken")
	d := Borrow[float64](40)
	assert.Len(t, d.Data, 40, "a piece is made if none is large enough")
	GiveBack(c)
	GiveBack(d)
	assert.NotSame(t, &d.Data[0], &Borrow[float64](16).Data[0], "a far larger piece is left alone")
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		large, small := Borrow[float64](20), Borrow[float64](10)
		GiveBack(small)
		GiveBack(large)
	}))
}

func TestHeld(t *testing.T) {
	Forget()
	before := Held() // what other tests have not given back
	a, b := Borrow[float32](1000), Borrow[float64](1000)
	assert.Equal(t, before+4*1024+8*1024, Held())
	GiveBack(a)
	GiveBack(Borrow[float32](900))
	assert.Equal(t, before+4*1024+8*1024, Held())
	Forget()
	assert.Equal(t, before+8*1024, Held(), "what is lent stays")
	GiveBack(b)
	Forget()
	assert.Equal(t, before, Held())
}

// A plan holds what the same calls of Borrow and GiveBack hold.
func TestPlan(t *testing.T) {
	Forget()
	before := Held()
	var plan Plan
	var pieces []*Scratch[float32]
	var planned []*Planned
	for i, n := range []int{4096, 1024, -1, -1, 7168, 3584, -1, 2048, -1, -1, 128, 160, 192, -1, -1, -1, 512} {
		if n > 0 {
			pieces, planned = append(pieces, Borrow[float32](n)), append(planned, plan.Borrow(n))
		} else {
			last := len(pieces) - 1
			GiveBack(pieces[last])
			plan.GiveBack(planned[last])
			pieces, planned = pieces[:last], planned[:last]
		}
		assert.Equal(t, Held()-before, plan.Bytes(), "after call %d; these lengths are sizes of pieces", i)
	}
	plan.GiveBack(plan.Borrow(513))
	assert.Equal(t, Held()-before+4*513, plan.Bytes(), "only as far as it is used")
}
