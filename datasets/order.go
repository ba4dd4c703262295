package datasets

import (
	"fmt"

	"ganlib/device"
)

// Streams of random numbers ([device.Random]) that this package draws from. Whatever else is drawn
// under the same seed must use other streams.
const (
	StreamOrder  uint32 = 0x0da7a00 // the order of each pass; its step is the pass
	StreamPoints uint32 = 0x0da7a01 // toy sets
)

// OrderConfig says how a data set of N images is cut into batches. It can be compared and stored.
type OrderConfig struct {
	Seed     uint64
	N        int  // images in the set, at least 1
	Batch    int  // images in a batch, at least 1
	DropLast bool // drop a pass's last batch if it is not full; then N must be at least Batch
	Shuffle  bool // a new random order for each pass; else 0, 1, 2, … each time
}

// Validate reports the first field that is out of range.
func (c OrderConfig) Validate() error {
	switch {
	case c.N < 1:
		return fmt.Errorf("datasets: order: N %d: want at least 1 image", c.N)
	case c.Batch < 1:
		return fmt.Errorf("datasets: order: batch %d: want at least 1", c.Batch)
	case c.DropLast && c.N < c.Batch:
		return fmt.Errorf("datasets: order: batch %d of %d images with the last batch dropped: there would be none; want at most %d", c.Batch, c.N, c.N)
	}
	return nil
}

// Batches returns the number of batches in a pass, ⌈N/Batch⌉, or ⌊N/Batch⌋ with DropLast: 938 for
// MNIST's 60,000 images at batch 64, 468 at 128 with DropLast.
func (c OrderConfig) Batches() int {
	if c.DropLast {
		return c.N / c.Batch
	}
	return (c.N-1)/c.Batch + 1
}

// Cursor is a place in the endless row of passes: that of the next batch's first image. With the
// OrderConfig it is all that a resumed run needs.
type Cursor struct {
	Pass     uint64 `json:"pass"`
	Position int    `json:"position"` // within the pass: a multiple of Batch, less than N
}

// Batch names the images of one batch without listing them, so that the device which gathers them
// can work them out.
type Batch struct {
	Order    device.Permutation // of the pass; not used if Shuffled is false
	Shuffled bool
	Start, N int // the batch is places Start to Start+N-1 of the pass
}

// Index returns the number of the batch's i-th image, 0 <= i < N.
func (b Batch) Index(i int) int {
	if !b.Shuffled {
		return b.Start + i
	}
	return b.Order.At(b.Start + i)
}

// Order walks through a data set pass after pass. In a pass every image comes once, but for those
// of a dropped last batch. The pass numbered p has the order of device.Random{Seed, StreamOrder, p},
// whatever came before. One goroutine at a time may use it.
type Order struct {
	config OrderConfig
	cursor Cursor
}

// NewOrder returns an order at its start. It fails if c is not valid.
func NewOrder(c OrderConfig) (*Order, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Order{config: c}, nil
}

// Config returns what the order was made from.
func (o *Order) Config() OrderConfig { return o.config }

// Cursor returns the place of the batch that Next will return.
func (o *Order) Cursor() Cursor { return o.cursor }

// Seek moves to a place that Cursor returned. A place where no batch begins is an error.
func (o *Order) Seek(c Cursor) error {
	n, batch := o.config.N, o.config.Batch
	if c.Position < 0 || c.Position >= n || c.Position%batch != 0 || o.config.DropLast && n-c.Position < batch {
		return fmt.Errorf("datasets: order: position %d of a pass: no batch of %d begins there, of %d images", c.Position, batch, n)
	}
	o.cursor = c
	return nil
}

// Next returns the next batch and moves on. Batches have Batch images; the last of a pass has what
// is left, or is dropped.
func (o *Order) Next() Batch {
	c := o.config
	b := Batch{
		Order:    device.Permutation{Random: device.Random{Seed: c.Seed, Stream: StreamOrder, Step: o.cursor.Pass}, N: c.N},
		Shuffled: c.Shuffle,
		Start:    o.cursor.Position,
		N:        min(c.Batch, c.N-o.cursor.Position),
	}
	o.cursor.Position += b.N
	left := c.N - o.cursor.Position
	if left == 0 || c.DropLast && left < c.Batch {
		o.cursor = Cursor{Pass: o.cursor.Pass + 1}
	}
	return b
}
