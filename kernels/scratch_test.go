package kernels

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestScratch(t *testing.T) {
	shelfOf[float64]().free = nil // what other tests gave back
	a, b := borrow[float64](10), borrow[float64](7)
	assert.Len(t, a.data, 10)
	assert.Len(t, b.data, 7)
	for i := range a.data {
		a.data[i] = 1
	}
	for i := range b.data {
		b.data[i] = 2
	}
	assert.NotContains(t, a.data, 2.0, "pieces that are out at the same time do not overlap")
	memory := &a.data[0]
	giveBack(a)
	giveBack(b)
	c := borrow[float64](9)
	assert.Same(t, memory, &c.data[0], "the piece that is large enough is taken")
	d := borrow[float64](20)
	assert.Len(t, d.data, 20, "a piece grows if none is large enough")
	giveBack(c)
	giveBack(d)
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		large, small := borrow[float64](20), borrow[float64](10)
		giveBack(small)
		giveBack(large)
	}))
}
