//go:build cuda

package cudrv

import (
	"errors"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"gorgonia.org/cu"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// cu's things must be nothing but a pointer, for thing and handle.
func TestThings(t *testing.T) {
	const want = unsafe.Sizeof(libcuda.Handle(0))
	assert.Equal(t, want, unsafe.Sizeof(cu.CUContext{}))
	assert.Equal(t, want, unsafe.Sizeof(cu.Stream{}))
	assert.Equal(t, want, unsafe.Sizeof(cu.Module{}))
	assert.Equal(t, want, unsafe.Sizeof(cu.Function{}))
	assert.Equal(t, want, unsafe.Sizeof(cu.Graph{}))
	assert.Equal(t, want, unsafe.Sizeof(cu.ExecGraph{}))
	assert.Equal(t, want, unsafe.Sizeof(cu.Event{}))
	const h = libcuda.Handle(0x12345678)
	assert.Equal(t, h, handle(thing[cu.Stream](h)))
}

func TestResult(t *testing.T) {
	assert.Equal(t, driver.Result(0), result(nil))
	assert.Equal(t, driver.OutOfMemory, result(cu.OutOfMemory))
	assert.Equal(t, driver.InvalidPTX, result(cu.InvalidPtx))
	assert.Panics(t, func() { result(errors.New("not cu's")) })
}
