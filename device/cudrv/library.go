//go:build cuda

package cudrv

import (
	"bytes"
	"reflect"
	"unsafe"

	"gorgonia.org/cu"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// New returns the driver "cu". It says driver.ErrOldDriver if the driver is older than CUDA 11.4 and
// driver.ErrNoDevice if there is no GPU.
func New() driver.Driver {
	return libcuda.New("cu", func() (libcuda.Library, error) { return library{}, nil })
}

// library implements [libcuda.Library] with what cu has. What it lacks is in lacking.go.
type library struct{}

// thing returns what cu has for a handle: a struct of nothing but the pointer.
func thing[T any](h libcuda.Handle) (t T) {
	*(*libcuda.Handle)(unsafe.Pointer(&t)) = h
	return t
}

// handle returns the pointer in a thing of cu's.
func handle[T any](t T) libcuda.Handle { return *(*libcuda.Handle)(unsafe.Pointer(&t)) }

// result returns the code that an error of cu is: a whole number, of a type that is not exported.
func result(err error) driver.Result {
	if err == nil {
		return 0
	}
	return driver.Result(reflect.ValueOf(err).Int())
}

func (library) DeviceGetCount() (int, driver.Result) {
	count, err := cu.NumDevices()
	return count, result(err)
}

func (library) DeviceGet(ordinal int) (int, driver.Result) {
	device, err := cu.GetDevice(ordinal)
	return int(device), result(err)
}

func (library) DeviceGetName(device int) (string, driver.Result) {
	name, err := cu.Device(device).Name()
	return name, result(err)
}

func (library) DeviceGetAttribute(attribute, device int) (int, driver.Result) {
	value, err := cu.Device(device).Attribute(cu.DeviceAttribute(attribute))
	return value, result(err)
}

func (library) DeviceTotalMem(device int) (uint64, driver.Result) {
	total, err := cu.Device(device).TotalMem()
	return uint64(total), result(err)
}

func (library) DevicePrimaryCtxRetain(device int) (libcuda.Handle, driver.Result) {
	ctx, err := cu.Device(device).RetainPrimaryCtx()
	return handle(ctx), result(err)
}

func (library) DevicePrimaryCtxRelease(device int) driver.Result {
	return result(cu.Device(device).ReleasePrimaryCtx())
}

func (library) CtxSetCurrent(ctx libcuda.Handle) driver.Result {
	return result(cu.SetCurrentContext(thing[cu.CUContext](ctx)))
}

func (library) MemGetInfo() (uint64, uint64, driver.Result) {
	free, total, err := cu.MemInfo()
	return uint64(free), uint64(total), result(err)
}

func (library) MemAlloc(bytes int) (driver.Address, driver.Result) {
	a, err := cu.MemAlloc(int64(bytes))
	return driver.Address(a), result(err)
}

func (library) MemFree(a driver.Address) driver.Result { return result(cu.MemFree(cu.DevicePtr(a))) }

func (library) MemsetD8Async(dst driver.Address, value byte, bytes int, stream libcuda.Handle) driver.Result {
	return result(cu.MemsetD8Async(cu.DevicePtr(dst), value, int64(bytes), thing[cu.Stream](stream)))
}

func (library) MemcpyHtoDAsync(dst driver.Address, src []byte, stream libcuda.Handle) driver.Result {
	return result(cu.MemcpyHtoDAsync(cu.DevicePtr(dst), unsafe.Pointer(unsafe.SliceData(src)), int64(len(src)), thing[cu.Stream](stream)))
}

func (library) MemcpyDtoHAsync(dst []byte, src driver.Address, stream libcuda.Handle) driver.Result {
	return result(cu.MemcpyDtoHAsync(unsafe.Pointer(unsafe.SliceData(dst)), cu.DevicePtr(src), int64(len(dst)), thing[cu.Stream](stream)))
}

func (library) ModuleLoadData(image []byte) (libcuda.Handle, string, driver.Result) {
	log := make([]byte, 8<<10)
	m, err := cu.LoadDataEx(string(bytes.TrimRight(image, "\x00")), &cu.JITErrorLogBuffer{Buffer: log})
	said, _, _ := bytes.Cut(log, []byte{0})
	return handle(m), string(said), result(err)
}

func (library) ModuleUnload(module libcuda.Handle) driver.Result {
	return result(thing[cu.Module](module).Unload())
}

func (library) ModuleGetFunction(module libcuda.Handle, name string) (libcuda.Handle, driver.Result) {
	f, err := thing[cu.Module](module).Function(name)
	return handle(f), result(err)
}

func (library) StreamCreate(flags int) (libcuda.Handle, driver.Result) {
	s, err := cu.MakeStream(cu.StreamFlags(flags))
	return handle(s), result(err)
}

func (library) StreamDestroy(stream libcuda.Handle) driver.Result {
	s := thing[cu.Stream](stream)
	return result(s.Destroy())
}

func (library) StreamSynchronize(stream libcuda.Handle) driver.Result {
	return result(thing[cu.Stream](stream).Synchronize())
}

func (library) GraphDestroy(graph libcuda.Handle) driver.Result {
	return result(thing[cu.Graph](graph).Destroy())
}

func (library) GraphExecDestroy(exec libcuda.Handle) driver.Result {
	return result(thing[cu.ExecGraph](exec).Destroy())
}

func (library) EventCreate(flags int) (libcuda.Handle, driver.Result) {
	e, err := cu.MakeEvent(cu.EventFlags(flags))
	return handle(e), result(err)
}

func (library) EventDestroy(event libcuda.Handle) driver.Result {
	e := thing[cu.Event](event)
	return result(cu.DestroyEvent(&e))
}

func (library) EventRecord(event, stream libcuda.Handle) driver.Result {
	return result(thing[cu.Event](event).Record(thing[cu.Stream](stream)))
}

func (library) EventSynchronize(event libcuda.Handle) driver.Result {
	return result(thing[cu.Event](event).Synchronize())
}

func (library) EventElapsedTime(start, end libcuda.Handle) (float32, driver.Result) {
	ms, err := thing[cu.Event](start).Elapsed(thing[cu.Event](end))
	return float32(ms), result(err)
}
