package datasets

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pass collects the sizes and images of one pass.
func pass(t *testing.T, o *Order) (sizes, images []int) {
	start := o.Cursor()
	require.Zero(t, start.Position)
	for o.Cursor().Pass == start.Pass {
		b := o.Next()
		assert.Equal(t, len(images), b.Start)
		sizes = append(sizes, b.N)
		for i := range b.N {
			images = append(images, b.Index(i))
		}
	}
	return sizes, images
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func TestOrderCutsPasses(t *testing.T) {
	for _, c := range []struct {
		n, batch      int
		drop, shuffle bool
		batches, last int
	}{
		{60_000, 64, false, true, 938, 32}, // MNIST
		{60_000, 128, true, false, 468, 128},
		{60_000, 128, false, true, 469, 96},
		{12, 4, false, true, 3, 4},
		{12, 4, true, true, 3, 4},
		{3, 8, false, true, 1, 3},
		{8, 8, true, true, 1, 8},
		{1, 1, false, true, 1, 1},
		{7, 3, false, false, 3, 1},
	} {
		config := OrderConfig{Seed: 5, N: c.n, Batch: c.batch, DropLast: c.drop, Shuffle: c.shuffle}
		o, err := NewOrder(config)
		require.NoError(t, err)
		assert.Equal(t, config, o.Config())
		assert.Equal(t, c.batches, config.Batches())
		for p := range uint64(2) {
			sizes, images := pass(t, o)
			require.Len(t, sizes, c.batches)
			assert.Equal(t, c.last, sizes[c.batches-1])
			for _, n := range sizes[:c.batches-1] {
				require.Equal(t, c.batch, n)
			}
			if !c.shuffle {
				require.Equal(t, upTo(len(images)), images)
			}
			slices.Sort(images)
			if !c.drop {
				require.Equal(t, upTo(c.n), images, "each image once")
			}
			require.Len(t, slices.Compact(images), min(c.n, c.batches*c.batch))
			assert.Equal(t, Cursor{Pass: p + 1}, o.Cursor())
		}
	}
}

func TestOrderDependsOnSeedAndPass(t *testing.T) {
	order := func(seed, first uint64) []int {
		o, err := NewOrder(OrderConfig{Seed: seed, N: 50, Batch: 8, Shuffle: true})
		require.NoError(t, err)
		require.NoError(t, o.Seek(Cursor{Pass: first}))
		_, images := pass(t, o)
		return images
	}
	assert.Equal(t, order(1, 3), order(1, 3))
	assert.NotEqual(t, order(1, 3), order(1, 4))
	assert.NotEqual(t, order(1, 3), order(2, 3))
	assert.NotEqual(t, upTo(50), order(1, 0))
}

func TestOrderResumes(t *testing.T) {
	for _, drop := range []bool{false, true} {
		config := OrderConfig{Seed: 9, N: 23, Batch: 5, DropLast: drop, Shuffle: true}
		o, err := NewOrder(config)
		require.NoError(t, err)
		for range 17 {
			stored, err := json.Marshal(o.Cursor())
			require.NoError(t, err)
			var c Cursor
			require.NoError(t, json.Unmarshal(stored, &c))
			other, err := NewOrder(config)
			require.NoError(t, err)
			require.NoError(t, other.Seek(c))
			assert.Equal(t, o.Next(), other.Next())
			assert.Equal(t, o.Cursor(), other.Cursor())
		}
	}
}

func TestOrderSeekRefuses(t *testing.T) {
	o, err := NewOrder(OrderConfig{N: 23, Batch: 5})
	require.NoError(t, err)
	for _, position := range []int{-5, -1, 3, 23, 25} {
		assert.ErrorContains(t, o.Seek(Cursor{Pass: 1, Position: position}), "no batch of 5 begins there")
	}
	assert.Equal(t, Cursor{}, o.Cursor(), "a refused place changes nothing")
	assert.NoError(t, o.Seek(Cursor{Position: 20}))
	o, err = NewOrder(OrderConfig{N: 23, Batch: 5, DropLast: true})
	require.NoError(t, err)
	assert.Error(t, o.Seek(Cursor{Position: 20}))
}

func TestOrderConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		config OrderConfig
		want   string
	}{
		{OrderConfig{N: 0, Batch: 1}, "N 0"},
		{OrderConfig{N: 1, Batch: 0}, "batch 0"},
		{OrderConfig{N: 31, Batch: 32, DropLast: true}, "batch 32 of 31 images with the last batch dropped"},
	} {
		_, err := NewOrder(c.config)
		assert.ErrorContains(t, err, c.want)
	}
}

func TestOrderNextDoesNotAllocate(t *testing.T) {
	o, err := NewOrder(OrderConfig{Seed: 1, N: 100, Batch: 7, Shuffle: true})
	require.NoError(t, err)
	sum := 0
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		b := o.Next()
		for i := range b.N {
			sum += b.Index(i)
		}
	}))
}
