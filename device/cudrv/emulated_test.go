//go:build cuda && emulated

package cudrv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/cudrv"
	_ "ganlib/device/fakecuda" // the driver is in this program
)

func TestEmulated(t *testing.T) {
	list, err := cudrv.New().Devices()
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Contains(t, list[0].Name, "ptxsim")
}
