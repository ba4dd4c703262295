package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
)

// watched is a driver that counts what its contexts are asked for.
type watched struct {
	driver.Driver
	asked *asked
}

// asked counts calls.
type asked struct{ launches, graphs, uploads, waits, allocations int }

func (d watched) Open(n int) (driver.Context, error) {
	ctx, err := d.Driver.Open(n)
	return watchedContext{ctx, d.asked}, err
}

type watchedContext struct {
	driver.Context
	asked *asked
}

func (c watchedContext) Launch(l *driver.Launch) error {
	c.asked.launches++
	return c.Context.Launch(l)
}

func (c watchedContext) Upload(dst driver.Address, src []byte) error {
	c.asked.uploads++
	return c.Context.Upload(dst, src)
}

func (c watchedContext) Download(dst []byte, src driver.Address) error {
	c.asked.waits++
	return c.Context.Download(dst, src)
}

func (c watchedContext) Sync() error {
	c.asked.waits++
	return c.Context.Sync()
}

func (c watchedContext) Alloc(bytes int) (driver.Address, error) {
	c.asked.allocations++
	return c.Context.Alloc(bytes)
}

func (c watchedContext) EndCapture() (driver.Graph, error) {
	g, err := c.Context.EndCapture()
	return watchedGraph{g, c.asked}, err
}

type watchedGraph struct {
	driver.Graph
	asked *asked
}

func (g watchedGraph) Launch() error {
	g.asked.graphs++
	return g.Graph.Launch()
}

// TestStepIsAGraph counts what steps ask a GPU for. From the third on it is one copy of the arguments that
// change, one graph with everything in it, and one launch that puts the losses aside: nothing is allocated,
// and nothing is waited for.
func TestStepIsAGraph(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	for _, s := range smallSystems {
		t.Run(s.preset, func(t *testing.T) {
			var count asked
			dev, err := device.OpenCUDA(watched{ptxsim.New(ptxsim.Options{}), &count}, 0)
			require.NoError(t, err)
			defer dev.Close()
			trainer := trainingOf(t, dev, s.preset, s.sets)
			for range 2 {
				require.NoError(t, trainer.Step())
			}
			for range 3 {
				count = asked{}
				require.NoError(t, trainer.Step())
				assert.Equal(t, asked{launches: 1, graphs: 1, uploads: 1}, count)
			}
		})
	}
}
