package device_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

func TestHold(t *testing.T) {
	x, err := device.NewCPU(1).New(device.Shape{3})
	require.NoError(t, err)
	assert.Nil(t, x.Keep(0, 5), "not held yet")
	x.Release()

	x.Hold()
	kept := x.Keep(0, 5)
	assert.Len(t, kept.Data, 5)
	assert.False(t, kept.Valid)
	kept.Valid, kept.Data[4] = true, 7
	x.Hold() // by the same owner
	assert.Same(t, kept, x.Keep(0, 5))
	assert.True(t, kept.Valid)
	assert.False(t, x.Keep(1, 5).Valid, "kinds are kept apart")
	assert.False(t, x.Keep(0, 6).Valid, "another length is something else")

	kept = x.Keep(0, 6)
	kept.Valid = true
	require.NoError(t, x.CopyFrom([]float32{1, 2, 3}))
	assert.False(t, kept.Valid, "what was made of the old values is gone")

	kept.Valid = true
	x.Release()
	assert.Nil(t, x.Keep(0, 6))
	x.Hold()
	assert.False(t, x.Keep(0, 6).Valid)
}
