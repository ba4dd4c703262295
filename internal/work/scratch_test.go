package work

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestScratch(t *testing.T) {
	shelfOf[float64]().free = nil // what other tests gave back
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
	GiveBack(a)
	GiveBack(b)
	c := Borrow[float64](9)
	assert.Same(t, memory, &c.Data[0], "the piece that is large enough is taken")
	d := Borrow[float64](20)
	assert.Len(t, d.Data, 20, "a piece grows if none is large enough")
	GiveBack(c)
	GiveBack(d)
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		large, small := Borrow[float64](20), Borrow[float64](10)
		GiveBack(small)
		GiveBack(large)
	}))
}
