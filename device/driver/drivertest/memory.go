package drivertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/driver"
)

// large is memory that a device notices: they hand it out in pages of megabytes.
const large = 64 << 20

func memory(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	free, total, err := c.Memory()
	require.NoError(t, err)
	assert.LessOrEqual(t, free, total)
	require.Greater(t, free, uint64(2*large))

	a, err := c.Alloc(large)
	require.NoError(t, err)
	less, _, err := c.Memory()
	require.NoError(t, err)
	assert.LessOrEqual(t, less, free-large/2, "free memory after an allocation")
	require.NoError(t, c.Free(a))
	again, _, err := c.Memory()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, again, less+large/2, "free memory after giving it back")

	seen := map[driver.Address]bool{}
	for _, n := range []int{1, 3, 255, 256, 257, 1 << 20} {
		a, err := c.Alloc(n)
		require.NoError(t, err, "%d bytes", n)
		assert.NotZero(t, a, "%d bytes", n)
		assert.Zero(t, a%256, "%d bytes at %#x", n, uint64(a))
		assert.False(t, seen[a], "%d bytes at %#x, which is in use", n, uint64(a))
		seen[a] = true
	}
	for _, n := range []int{0, -1} {
		_, err := c.Alloc(n)
		assert.Error(t, err, "%d bytes", n)
	}
	assert.Error(t, c.Free(0x1234), "memory that was never allocated")
	for a := range seen {
		require.NoError(t, c.Free(a))
		assert.Error(t, c.Free(a), "memory that was freed")
	}
}

// copies are of sizes on both sides of 64 KiB, to which CUDA does them in another way.
func copies(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	for _, n := range []int{1, 5, 4096, 64 << 10, 64<<10 + 1, 3 << 20} {
		src := pattern(n)
		kept := append([]byte(nil), src...)
		a, err := c.Alloc(n + 2)
		require.NoError(t, err)
		require.NoError(t, c.Clear(a, n+2))
		require.NoError(t, c.Upload(a+1, src))
		clear(src) // the caller's again
		got := make([]byte, n+2)
		require.NoError(t, c.Download(got, a))
		require.Equal(t, kept, got[1:n+1], "%d bytes", n)
		assert.Zero(t, got[0], "the byte before %d bytes", n)
		assert.Zero(t, got[n+1], "the byte after %d bytes", n)

		require.NoError(t, c.Clear(a+1, n-1))
		require.NoError(t, c.Download(got, a))
		require.Equal(t, make([]byte, n), got[:n], "%d bytes, cleared but for the last", n)
		assert.Equal(t, kept[n-1], got[n])

		require.NoError(t, c.Upload(a, nil))
		require.NoError(t, c.Download(nil, a))
		require.NoError(t, c.Clear(a, 0))
	}
}

func outOfMemory(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	for range 2 {
		_, err := c.Alloc(int(2 * c.Properties().Memory))
		require.ErrorIs(t, err, driver.ErrOutOfMemory)
		assert.NotErrorIs(t, err, driver.ErrLost)
		assert.Contains(t, err.Error(), "CUDA_ERROR_OUT_OF_MEMORY")
		works(t, c)
	}
}

// pattern returns n bytes none of which is zero.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i%255 + 1)
	}
	return b
}
