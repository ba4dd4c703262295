// Package libcuda drives NVIDIA's GPUs through the functions of their driver's library, libcuda, in
// whichever way those are called: ganlib/device/dlopen finds them at run time, ganlib/device/cudrv links
// to them, and tests put an emulator in their place. Start with [Library].
package libcuda

import "ganlib/device/driver"

// Handle is what the library knows a thing by: a context, a stream, a module, a function, a graph or an
// event. They are pointers in C.
type Handle uintptr

// Library is the functions of libcuda that ganlib calls, named as there without the cu in front. What C
// returns through pointers comes first here, the result last. All but the first group want a context to be
// current in the calling thread.
type Library interface {
	Init() driver.Result
	DriverGetVersion() (version int, r driver.Result)
	GetErrorName(of driver.Result) string
	GetErrorString(of driver.Result) string
	DeviceGetCount() (count int, r driver.Result)
	DeviceGet(ordinal int) (device int, r driver.Result)
	DeviceGetName(device int) (name string, r driver.Result)
	DeviceGetAttribute(attribute, device int) (value int, r driver.Result)
	DeviceTotalMem(device int) (bytes uint64, r driver.Result)
	DevicePrimaryCtxRetain(device int) (ctx Handle, r driver.Result)
	DevicePrimaryCtxRelease(device int) driver.Result
	CtxSetCurrent(ctx Handle) driver.Result

	MemGetInfo() (free, total uint64, r driver.Result)
	MemAlloc(bytes int) (a driver.Address, r driver.Result)
	MemFree(a driver.Address) driver.Result
	MemsetD8Async(dst driver.Address, value byte, bytes int, stream Handle) driver.Result
	MemcpyHtoDAsync(dst driver.Address, src []byte, stream Handle) driver.Result
	MemcpyDtoHAsync(dst []byte, src driver.Address, stream Handle) driver.Result

	// ModuleLoadData is cuModuleLoadDataEx, for what the translator has to say.
	ModuleLoadData(image []byte) (module Handle, log string, r driver.Result)
	ModuleUnload(module Handle) driver.Result
	ModuleGetFunction(module Handle, name string) (function Handle, r driver.Result)
	FuncSetAttribute(function Handle, attribute, value int) driver.Result
	// LaunchKernel makes the array of pointers that C wants of args itself. They are at most MaxArgs.
	LaunchKernel(function Handle, grid, block [3]uint32, shared uint32, stream Handle, args []uint64) driver.Result

	StreamCreate(flags int) (stream Handle, r driver.Result)
	StreamDestroy(stream Handle) driver.Result
	StreamSynchronize(stream Handle) driver.Result
	StreamBeginCapture(stream Handle, mode int) driver.Result
	StreamEndCapture(stream Handle) (graph Handle, r driver.Result)

	// GraphInstantiate is cuGraphInstantiateWithFlags, whose signature no version changed.
	GraphInstantiate(graph Handle) (exec Handle, r driver.Result)
	GraphDestroy(graph Handle) driver.Result
	GraphExecDestroy(exec Handle) driver.Result
	GraphLaunch(exec, stream Handle) driver.Result

	EventCreate(flags int) (event Handle, r driver.Result)
	EventDestroy(event Handle) driver.Result
	EventRecord(event, stream Handle) driver.Result
	EventSynchronize(event Handle) driver.Result
	EventElapsedTime(start, end Handle) (milliseconds float32, r driver.Result)
}

// MaxArgs is the most arguments of a kernel.
const MaxArgs = 64

// What cuda.h calls CU_DEVICE_ATTRIBUTE_, CU_FUNC_ATTRIBUTE_, CU_STREAM_ and so on.
const (
	AttributeMultiprocessors = 16
	AttributeMajor           = 75
	AttributeMinor           = 76
	AttributeShared          = 97 // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
	FuncMaxShared            = 8  // MAX_DYNAMIC_SHARED_SIZE_BYTES
	StreamNonBlocking        = 1
	CaptureRelaxed           = 2
	EventDefault             = 0
)
