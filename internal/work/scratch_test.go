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
