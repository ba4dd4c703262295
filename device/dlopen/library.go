//go:build linux && (amd64 || arm64) && !nocuda

package dlopen

import (
	"bytes"
	"unsafe"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// library implements [libcuda.Library] over functions that were looked up. The fields are named as the
// functions are in the library: cuda.h makes cuMemAlloc of cuMemAlloc_v2, and the plain name is another
// function, with the arguments of 32-bit times. Nothing checks arguments here but the eye: above each method
// stands the function's declaration from cuda.h.
type library struct {
	cuInit                       function
	cuDriverGetVersion           function
	cuGetErrorName               function
	cuGetErrorString             function
	cuDeviceGetCount             function
	cuDeviceGet                  function
	cuDeviceGetName              function
	cuDeviceGetAttribute         function
	cuDeviceTotalMem_v2          function
	cuDevicePrimaryCtxRetain     function
	cuDevicePrimaryCtxRelease_v2 function
	cuCtxSetCurrent              function
	cuMemGetInfo_v2              function
	cuMemAlloc_v2                function
	cuMemFree_v2                 function
	cuMemsetD8Async              function
	cuMemcpyHtoDAsync_v2         function
	cuMemcpyDtoHAsync_v2         function
	cuModuleLoadDataEx           function
	cuModuleUnload               function
	cuModuleGetFunction          function
	cuFuncSetAttribute           function
	cuLaunchKernel               function
	cuStreamCreate               function
	cuStreamDestroy_v2           function
	cuStreamSynchronize          function
	cuStreamBeginCapture_v2      function
	cuStreamEndCapture           function
	cuGraphInstantiateWithFlags  function
	cuGraphDestroy               function
	cuGraphExecDestroy           function
	cuGraphLaunch                function
	cuEventCreate                function
	cuEventDestroy_v2            function
	cuEventRecord                function
	cuEventSynchronize           function
	cuEventElapsedTime           function
}

// CUresult cuInit(unsigned int Flags);
func (l *library) Init() driver.Result { return l.cuInit.call(0) }

// CUresult cuDriverGetVersion(int *driverVersion);
func (l *library) DriverGetVersion() (int, driver.Result) {
	var version int32
	r := l.cuDriverGetVersion.call(uintptr(unsafe.Pointer(&version)))
	return int(version), r
}

// CUresult cuGetErrorName(CUresult error, const char **pStr);
func (l *library) GetErrorName(of driver.Result) string {
	var text *byte
	l.cuGetErrorName.call(uintptr(of), uintptr(unsafe.Pointer(&text)))
	return goString(text)
}

// CUresult cuGetErrorString(CUresult error, const char **pStr);
func (l *library) GetErrorString(of driver.Result) string {
	var text *byte
	l.cuGetErrorString.call(uintptr(of), uintptr(unsafe.Pointer(&text)))
	return goString(text)
}

// CUresult cuDeviceGetCount(int *count);
func (l *library) DeviceGetCount() (int, driver.Result) {
	var count int32
	r := l.cuDeviceGetCount.call(uintptr(unsafe.Pointer(&count)))
	return int(count), r
}

// CUresult cuDeviceGet(CUdevice *device, int ordinal);
func (l *library) DeviceGet(ordinal int) (int, driver.Result) {
	var device int32
	r := l.cuDeviceGet.call(uintptr(unsafe.Pointer(&device)), uintptr(ordinal))
	return int(device), r
}

// CUresult cuDeviceGetName(char *name, int len, CUdevice dev);
func (l *library) DeviceGetName(device int) (string, driver.Result) {
	var name [256]byte
	r := l.cuDeviceGetName.call(uintptr(unsafe.Pointer(&name)), uintptr(len(name)), uintptr(device))
	return cut(name[:]), r
}

// CUresult cuDeviceGetAttribute(int *pi, CUdevice_attribute attrib, CUdevice dev);
func (l *library) DeviceGetAttribute(attribute, device int) (int, driver.Result) {
	var value int32
	r := l.cuDeviceGetAttribute.call(uintptr(unsafe.Pointer(&value)), uintptr(attribute), uintptr(device))
	return int(value), r
}

// CUresult cuDeviceTotalMem(size_t *bytes, CUdevice dev);
func (l *library) DeviceTotalMem(device int) (uint64, driver.Result) {
	var bytes uint64
	r := l.cuDeviceTotalMem_v2.call(uintptr(unsafe.Pointer(&bytes)), uintptr(device))
	return bytes, r
}

// CUresult cuDevicePrimaryCtxRetain(CUcontext *pctx, CUdevice dev);
func (l *library) DevicePrimaryCtxRetain(device int) (libcuda.Handle, driver.Result) {
	var ctx libcuda.Handle
	r := l.cuDevicePrimaryCtxRetain.call(uintptr(unsafe.Pointer(&ctx)), uintptr(device))
	return ctx, r
}

// CUresult cuDevicePrimaryCtxRelease(CUdevice dev);
func (l *library) DevicePrimaryCtxRelease(device int) driver.Result {
	return l.cuDevicePrimaryCtxRelease_v2.call(uintptr(device))
}

// CUresult cuCtxSetCurrent(CUcontext ctx);
func (l *library) CtxSetCurrent(ctx libcuda.Handle) driver.Result {
	return l.cuCtxSetCurrent.quick(uintptr(ctx))
}

// CUresult cuMemGetInfo(size_t *free, size_t *total);
func (l *library) MemGetInfo() (uint64, uint64, driver.Result) {
	var free, total uint64
	r := l.cuMemGetInfo_v2.call(uintptr(unsafe.Pointer(&free)), uintptr(unsafe.Pointer(&total)))
	return free, total, r
}

// CUresult cuMemAlloc(CUdeviceptr *dptr, size_t bytesize);
func (l *library) MemAlloc(bytes int) (driver.Address, driver.Result) {
	var a driver.Address
	r := l.cuMemAlloc_v2.call(uintptr(unsafe.Pointer(&a)), uintptr(bytes))
	return a, r
}

// CUresult cuMemFree(CUdeviceptr dptr);
func (l *library) MemFree(a driver.Address) driver.Result { return l.cuMemFree_v2.call(uintptr(a)) }

// CUresult cuMemsetD8Async(CUdeviceptr dstDevice, unsigned char uc, size_t N, CUstream hStream);
func (l *library) MemsetD8Async(dst driver.Address, value byte, bytes int, stream libcuda.Handle) driver.Result {
	return l.cuMemsetD8Async.quick(uintptr(dst), uintptr(value), uintptr(bytes), uintptr(stream))
}

// CUresult cuMemcpyHtoDAsync(CUdeviceptr dstDevice, const void *srcHost, size_t ByteCount, CUstream hStream);
func (l *library) MemcpyHtoDAsync(dst driver.Address, src []byte, stream libcuda.Handle) driver.Result {
	return l.cuMemcpyHtoDAsync_v2.call(uintptr(dst), uintptr(unsafe.Pointer(unsafe.SliceData(src))), uintptr(len(src)), uintptr(stream))
}

// CUresult cuMemcpyDtoHAsync(void *dstHost, CUdeviceptr srcDevice, size_t ByteCount, CUstream hStream);
func (l *library) MemcpyDtoHAsync(dst []byte, src driver.Address, stream libcuda.Handle) driver.Result {
	return l.cuMemcpyDtoHAsync_v2.call(uintptr(unsafe.Pointer(unsafe.SliceData(dst))), uintptr(src), uintptr(len(dst)), uintptr(stream))
}

// CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int numOptions, CUjit_option *options, void **optionValues);
func (l *library) ModuleLoadData(image []byte) (libcuda.Handle, string, driver.Result) {
	log := new([8 << 10]byte)
	options := [2]int32{5, 6} // CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES
	values := struct {
		log  *[8 << 10]byte
		size uintptr
	}{log, uintptr(len(log))}
	var module libcuda.Handle
	r := l.cuModuleLoadDataEx.call(uintptr(unsafe.Pointer(&module)), uintptr(unsafe.Pointer(unsafe.SliceData(image))),
		uintptr(len(options)), uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&values)))
	return module, cut(log[:]), r
}

// CUresult cuModuleUnload(CUmodule hmod);
func (l *library) ModuleUnload(module libcuda.Handle) driver.Result {
	return l.cuModuleUnload.call(uintptr(module))
}

// CUresult cuModuleGetFunction(CUfunction *hfunc, CUmodule hmod, const char *name);
func (l *library) ModuleGetFunction(module libcuda.Handle, name string) (libcuda.Handle, driver.Result) {
	text := append([]byte(name), 0)
	var f libcuda.Handle
	r := l.cuModuleGetFunction.call(uintptr(unsafe.Pointer(&f)), uintptr(module), uintptr(unsafe.Pointer(unsafe.SliceData(text))))
	return f, r
}

// CUresult cuFuncSetAttribute(CUfunction hfunc, CUfunction_attribute attrib, int value);
func (l *library) FuncSetAttribute(f libcuda.Handle, attribute, value int) driver.Result {
	return l.cuFuncSetAttribute.call(uintptr(f), uintptr(attribute), uintptr(value))
}

// CUresult cuLaunchKernel(CUfunction f, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,
// unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ, unsigned int sharedMemBytes,
// CUstream hStream, void **kernelParams, void **extra);
func (l *library) LaunchKernel(f libcuda.Handle, grid, block [3]uint32, shared uint32, stream libcuda.Handle, args []uint64) driver.Result {
	room := frames.Get().(*frame)
	defer frames.Put(room)
	clear(room.words[copy(room.words[:], args):]) // a kernel with more parameters finds zeros
	room.args = [...]uintptr{
		uintptr(f), uintptr(grid[0]), uintptr(grid[1]), uintptr(grid[2]), uintptr(block[0]), uintptr(block[1]), uintptr(block[2]),
		uintptr(shared), uintptr(stream), uintptr(unsafe.Pointer(&room.pointers)), 0,
	}
	return room.call(l.cuLaunchKernel, len(room.args))
}

// CUresult cuStreamCreate(CUstream *phStream, unsigned int Flags);
func (l *library) StreamCreate(flags int) (libcuda.Handle, driver.Result) {
	var stream libcuda.Handle
	r := l.cuStreamCreate.call(uintptr(unsafe.Pointer(&stream)), uintptr(flags))
	return stream, r
}

// CUresult cuStreamDestroy(CUstream hStream);
func (l *library) StreamDestroy(stream libcuda.Handle) driver.Result {
	return l.cuStreamDestroy_v2.call(uintptr(stream))
}

// CUresult cuStreamSynchronize(CUstream hStream);
func (l *library) StreamSynchronize(stream libcuda.Handle) driver.Result {
	return l.cuStreamSynchronize.quick(uintptr(stream))
}

// CUresult cuStreamBeginCapture(CUstream hStream, CUstreamCaptureMode mode);
func (l *library) StreamBeginCapture(stream libcuda.Handle, mode int) driver.Result {
	return l.cuStreamBeginCapture_v2.call(uintptr(stream), uintptr(mode))
}

// CUresult cuStreamEndCapture(CUstream hStream, CUgraph *phGraph);
func (l *library) StreamEndCapture(stream libcuda.Handle) (libcuda.Handle, driver.Result) {
	var graph libcuda.Handle
	r := l.cuStreamEndCapture.call(uintptr(stream), uintptr(unsafe.Pointer(&graph)))
	return graph, r
}

// CUresult cuGraphInstantiateWithFlags(CUgraphExec *phGraphExec, CUgraph hGraph, unsigned long long flags);
func (l *library) GraphInstantiate(graph libcuda.Handle) (libcuda.Handle, driver.Result) {
	var exec libcuda.Handle
	r := l.cuGraphInstantiateWithFlags.call(uintptr(unsafe.Pointer(&exec)), uintptr(graph), 0)
	return exec, r
}

// CUresult cuGraphDestroy(CUgraph hGraph);
func (l *library) GraphDestroy(graph libcuda.Handle) driver.Result {
	return l.cuGraphDestroy.call(uintptr(graph))
}

// CUresult cuGraphExecDestroy(CUgraphExec hGraphExec);
func (l *library) GraphExecDestroy(exec libcuda.Handle) driver.Result {
	return l.cuGraphExecDestroy.call(uintptr(exec))
}

// CUresult cuGraphLaunch(CUgraphExec hGraphExec, CUstream hStream);
func (l *library) GraphLaunch(exec, stream libcuda.Handle) driver.Result {
	return l.cuGraphLaunch.quick(uintptr(exec), uintptr(stream))
}

// CUresult cuEventCreate(CUevent *phEvent, unsigned int Flags);
func (l *library) EventCreate(flags int) (libcuda.Handle, driver.Result) {
	var event libcuda.Handle
	r := l.cuEventCreate.call(uintptr(unsafe.Pointer(&event)), uintptr(flags))
	return event, r
}

// CUresult cuEventDestroy(CUevent hEvent);
func (l *library) EventDestroy(event libcuda.Handle) driver.Result {
	return l.cuEventDestroy_v2.call(uintptr(event))
}

// CUresult cuEventRecord(CUevent hEvent, CUstream hStream);
func (l *library) EventRecord(event, stream libcuda.Handle) driver.Result {
	return l.cuEventRecord.quick(uintptr(event), uintptr(stream))
}

// CUresult cuEventSynchronize(CUevent hEvent);
func (l *library) EventSynchronize(event libcuda.Handle) driver.Result {
	return l.cuEventSynchronize.quick(uintptr(event))
}

// CUresult cuEventElapsedTime(float *pMilliseconds, CUevent hStart, CUevent hEnd);
func (l *library) EventElapsedTime(start, end libcuda.Handle) (float32, driver.Result) {
	var ms float32
	r := l.cuEventElapsedTime.call(uintptr(unsafe.Pointer(&ms)), uintptr(start), uintptr(end))
	return ms, r
}

// cut returns the text in a buffer of C's, which ends with a zero.
func cut(text []byte) string {
	text, _, _ = bytes.Cut(text, []byte{0})
	return string(text)
}

// goString returns a text of C's that lies where Go does not look, or "" for none.
func goString(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
