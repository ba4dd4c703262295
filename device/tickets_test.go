package device_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
)

// TestTickets wants zeros, in the same place as long as there are enough. It reads them as float32.
func TestTickets(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, d *device.CUDA) {
		const many = 3000
		first, err := d.Tickets(1)
		require.NoError(t, err)
		again, err := d.Tickets(20)
		require.NoError(t, err)
		assert.Equal(t, first, again)
		more, err := d.Tickets(many)
		require.NoError(t, err)
		assert.NotEqual(t, first, more)

		y, err := d.New(device.Shape{many})
		require.NoError(t, err)
		live, err := d.Live(uint64(math.Float32bits(1)))
		require.NoError(t, err)
		require.NoError(t, d.Launch(axpy, "axpy", [3]int{(many + 31) / 32, 1, 1}, [3]int{32, 1, 1}, 0, y.Address(), more, live, many))
		values, err := y.Float32s()
		require.NoError(t, err)
		assert.Equal(t, make([]float32, many), values)
	})
}
