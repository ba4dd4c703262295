package page

import (
	"context"
	"fmt"
	"sync"

	"ganlib/device"
	"ganlib/runs"
	"ganlib/sampler"
)

// Checkpoints is the [Painter] of a run in its folder: it paints with the run's newest checkpoint,
// whatever that is when a picture is wanted, and one picture at a time.
type Checkpoints struct {
	dev     device.Device
	run     *runs.Run
	mu      sync.Mutex
	newest  runs.Checkpoint // the one that the sampler has
	sampler *sampler.Sampler
}

// NewCheckpoints returns the painter of a run, computing on dev, which its owner closes. The run needs
// no checkpoint yet.
func NewCheckpoints(dev device.Device, run *runs.Run) *Checkpoints {
	return &Checkpoints{dev: dev, run: run}
}

// Paint implements [Painter]. A run without checkpoints gives [runs.ErrNoCheckpoint].
func (c *Checkpoints) Paint(ctx context.Context, l Latent) (*Painting, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil { // who asked has left while others were served
		return nil, err
	}
	if err := c.open(); err != nil {
		return nil, err
	}
	x, err := l.samples(c.sampler)
	if err != nil {
		return nil, fmt.Errorf("page: paint: %w", err)
	}
	img, err := draw(c.sampler, x, c.sampler.Config())
	if err != nil {
		return nil, fmt.Errorf("page: paint: %w", err)
	}
	return &Painting{img, c.newest.Step}, nil
}

// open sees to it that the sampler is that of the newest checkpoint.
func (c *Checkpoints) open() error {
	newest, err := c.run.Latest()
	if err != nil {
		return err
	}
	if c.sampler != nil && newest == c.newest {
		return nil
	}
	c.sampler = nil // so that there need not be memory for two
	s, err := sampler.OpenOn(c.dev, newest.Path)
	if err != nil {
		return err
	}
	c.sampler, c.newest = s, newest
	return nil
}
