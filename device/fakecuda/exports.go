//go:build cuda && emulated

package fakecuda

// #include <stddef.h>
// #include <stdint.h>
// #include <stdlib.h>
import "C"

import (
	"sync"
	"unsafe"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
	"ganlib/device/ptxsim"
)

// The functions of libcuda as C has them, each over its method of lib. Handles are uintptr_t here, and what is
// int in Go's interface is as wide as in cuda.h.

var lib = over(ptxsim.New(ptxsim.Options{}))

// out stores what C gets through a pointer, if there is a result.
func out[T any](to *T, value T, r driver.Result) C.int {
	if r == 0 {
		*to = value
	}
	return C.int(r)
}

func handles(to *C.uintptr_t, h libcuda.Handle, r driver.Result) C.int {
	return out(to, C.uintptr_t(h), r)
}

//export cuInit
func cuInit(C.uint) C.int { return C.int(lib.Init()) }

//export cuDriverGetVersion
func cuDriverGetVersion(version *C.int) C.int {
	v, r := lib.DriverGetVersion()
	return out(version, C.int(v), r)
}

//export cuGetErrorName
func cuGetErrorName(of C.int, text **C.char) C.int {
	return out(text, cString(lib.GetErrorName(driver.Result(of))), 0)
}

//export cuGetErrorString
func cuGetErrorString(of C.int, text **C.char) C.int {
	return out(text, cString(lib.GetErrorString(driver.Result(of))), 0)
}

// texts are those that C has been given: they must stay.
var texts sync.Map

func cString(s string) *C.char {
	if text, ok := texts.Load(s); ok {
		return text.(*C.char)
	}
	text := C.CString(s)
	texts.Store(s, text)
	return text
}

//export cuDeviceGetCount
func cuDeviceGetCount(count *C.int) C.int {
	n, r := lib.DeviceGetCount()
	return out(count, C.int(n), r)
}

//export cuDeviceGet
func cuDeviceGet(device *C.int, ordinal C.int) C.int {
	d, r := lib.DeviceGet(int(ordinal))
	return out(device, C.int(d), r)
}

//export cuDeviceGetName
func cuDeviceGetName(name *C.char, length, device C.int) C.int {
	text, r := lib.DeviceGetName(int(device))
	to := unsafe.Slice((*byte)(unsafe.Pointer(name)), length)
	to[copy(to[:length-1], text)] = 0
	return C.int(r)
}

//export cuDeviceGetAttribute
func cuDeviceGetAttribute(value *C.int, attribute, device C.int) C.int {
	v, r := lib.DeviceGetAttribute(int(attribute), int(device))
	return out(value, C.int(v), r)
}

//export cuDeviceTotalMem_v2
func cuDeviceTotalMem_v2(bytes *C.size_t, device C.int) C.int {
	n, r := lib.DeviceTotalMem(int(device))
	return out(bytes, C.size_t(n), r)
}

//export cuDevicePrimaryCtxRetain
func cuDevicePrimaryCtxRetain(ctx *C.uintptr_t, device C.int) C.int {
	h, r := lib.DevicePrimaryCtxRetain(int(device))
	return handles(ctx, h, r)
}

//export cuDevicePrimaryCtxRelease_v2
func cuDevicePrimaryCtxRelease_v2(device C.int) C.int {
	return C.int(lib.DevicePrimaryCtxRelease(int(device)))
}

//export cuCtxSetCurrent
func cuCtxSetCurrent(ctx C.uintptr_t) C.int { return C.int(lib.CtxSetCurrent(libcuda.Handle(ctx))) }

//export cuMemGetInfo_v2
func cuMemGetInfo_v2(free, total *C.size_t) C.int {
	f, t, r := lib.MemGetInfo()
	out(free, C.size_t(f), r)
	return out(total, C.size_t(t), r)
}

//export cuMemAlloc_v2
func cuMemAlloc_v2(a *C.ulonglong, bytes C.size_t) C.int {
	at, r := lib.MemAlloc(int(bytes))
	return out(a, C.ulonglong(at), r)
}

//export cuMemFree_v2
func cuMemFree_v2(a C.ulonglong) C.int { return C.int(lib.MemFree(driver.Address(a))) }

//export cuMemsetD8Async
func cuMemsetD8Async(dst C.ulonglong, value C.uchar, bytes C.size_t, stream C.uintptr_t) C.int {
	return C.int(lib.MemsetD8Async(driver.Address(dst), byte(value), int(bytes), libcuda.Handle(stream)))
}

//export cuMemcpyHtoDAsync_v2
func cuMemcpyHtoDAsync_v2(dst C.ulonglong, src unsafe.Pointer, bytes C.size_t, stream C.uintptr_t) C.int {
	return C.int(lib.MemcpyHtoDAsync(driver.Address(dst), unsafe.Slice((*byte)(src), bytes), libcuda.Handle(stream)))
}

//export cuMemcpyDtoHAsync_v2
func cuMemcpyDtoHAsync_v2(dst unsafe.Pointer, src C.ulonglong, bytes C.size_t, stream C.uintptr_t) C.int {
	return C.int(lib.MemcpyDtoHAsync(unsafe.Slice((*byte)(dst), bytes), driver.Address(src), libcuda.Handle(stream)))
}

// The options are those that ganlib gives: the buffer of the error log, and its size.
//
//export cuModuleLoadDataEx
func cuModuleLoadDataEx(module *C.uintptr_t, image *C.char, count C.uint, options *C.int, values *unsafe.Pointer) C.int {
	h, log, r := lib.ModuleLoadData(append([]byte(C.GoString(image)), 0))
	if count == 2 && log != "" {
		v := unsafe.Slice(values, 2)
		to := unsafe.Slice((*byte)(v[0]), uintptr(v[1]))
		to[copy(to[:len(to)-1], log)] = 0
	}
	return handles(module, h, r)
}

//export cuModuleUnload
func cuModuleUnload(module C.uintptr_t) C.int {
	return C.int(lib.ModuleUnload(libcuda.Handle(module)))
}

//export cuModuleGetFunction
func cuModuleGetFunction(function *C.uintptr_t, module C.uintptr_t, name *C.char) C.int {
	h, r := lib.ModuleGetFunction(libcuda.Handle(module), C.GoString(name))
	return handles(function, h, r)
}

//export cuFuncSetAttribute
func cuFuncSetAttribute(function C.uintptr_t, attribute, value C.int) C.int {
	return C.int(lib.FuncSetAttribute(libcuda.Handle(function), int(attribute), int(value)))
}

// C does not say how many parameters there are: the kernel knows.
//
//export cuLaunchKernel
func cuLaunchKernel(function C.uintptr_t, gx, gy, gz, bx, by, bz, shared C.uint, stream C.uintptr_t, params, extra *unsafe.Pointer) C.int {
	if params == nil || extra != nil {
		return C.int(driver.InvalidValue)
	}
	args := make([]uint64, lib.parameters(libcuda.Handle(function)))
	for i, p := range unsafe.Slice(params, len(args)) {
		args[i] = *(*uint64)(p)
	}
	return C.int(lib.LaunchKernel(libcuda.Handle(function), [3]uint32{uint32(gx), uint32(gy), uint32(gz)},
		[3]uint32{uint32(bx), uint32(by), uint32(bz)}, uint32(shared), libcuda.Handle(stream), args))
}

// parameters returns how many a function has.
func (l *library) parameters(handle libcuda.Handle) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f, ok := get[*function](l, handle); ok {
		return f.parameters
	}
	return 0
}

//export cuStreamCreate
func cuStreamCreate(stream *C.uintptr_t, flags C.uint) C.int {
	h, r := lib.StreamCreate(int(flags))
	return handles(stream, h, r)
}

//export cuStreamDestroy_v2
func cuStreamDestroy_v2(stream C.uintptr_t) C.int {
	return C.int(lib.StreamDestroy(libcuda.Handle(stream)))
}

//export cuStreamSynchronize
func cuStreamSynchronize(stream C.uintptr_t) C.int {
	return C.int(lib.StreamSynchronize(libcuda.Handle(stream)))
}

//export cuStreamBeginCapture_v2
func cuStreamBeginCapture_v2(stream C.uintptr_t, mode C.int) C.int {
	return C.int(lib.StreamBeginCapture(libcuda.Handle(stream), int(mode)))
}

//export cuStreamEndCapture
func cuStreamEndCapture(stream C.uintptr_t, graph *C.uintptr_t) C.int {
	h, r := lib.StreamEndCapture(libcuda.Handle(stream))
	return handles(graph, h, r)
}

//export cuGraphInstantiateWithFlags
func cuGraphInstantiateWithFlags(exec *C.uintptr_t, graph C.uintptr_t, _ C.ulonglong) C.int {
	h, r := lib.GraphInstantiate(libcuda.Handle(graph))
	return handles(exec, h, r)
}

//export cuGraphDestroy
func cuGraphDestroy(graph C.uintptr_t) C.int { return C.int(lib.GraphDestroy(libcuda.Handle(graph))) }

//export cuGraphExecDestroy
func cuGraphExecDestroy(exec C.uintptr_t) C.int {
	return C.int(lib.GraphExecDestroy(libcuda.Handle(exec)))
}

//export cuGraphLaunch
func cuGraphLaunch(exec, stream C.uintptr_t) C.int {
	return C.int(lib.GraphLaunch(libcuda.Handle(exec), libcuda.Handle(stream)))
}

//export cuEventCreate
func cuEventCreate(event *C.uintptr_t, flags C.uint) C.int {
	h, r := lib.EventCreate(int(flags))
	return handles(event, h, r)
}

//export cuEventDestroy_v2
func cuEventDestroy_v2(event C.uintptr_t) C.int {
	return C.int(lib.EventDestroy(libcuda.Handle(event)))
}

//export cuEventRecord
func cuEventRecord(event, stream C.uintptr_t) C.int {
	return C.int(lib.EventRecord(libcuda.Handle(event), libcuda.Handle(stream)))
}

//export cuEventSynchronize
func cuEventSynchronize(event C.uintptr_t) C.int {
	return C.int(lib.EventSynchronize(libcuda.Handle(event)))
}

//export cuEventElapsedTime
func cuEventElapsedTime(ms *C.float, start, end C.uintptr_t) C.int {
	t, r := lib.EventElapsedTime(libcuda.Handle(start), libcuda.Handle(end))
	return out(ms, C.float(t), r)
}
