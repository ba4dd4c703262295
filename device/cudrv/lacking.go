//go:build cuda

package cudrv

// #cgo CFLAGS: -I/usr/local/cuda/include -I/opt/cuda/include
// #cgo LDFLAGS: -L/usr/local/cuda/lib64 -L/usr/local/cuda/lib64/stubs -L/opt/cuda/lib64 -lcuda -Wl,--wrap=cuInit
// #include <cuda.h>
//
// // Package cu calls cuInit when the program starts, and ends the program if that fails: where there is no GPU, no
// // program of this build would run. So its call, to which the linker gives this function, finds nothing wrong, and
// // the first one to ask for devices makes the real one.
// CUresult __wrap_cuInit(unsigned int flags) { return CUDA_SUCCESS; }
// CUresult __real_cuInit(unsigned int flags);
//
// // launch makes the array of pointers that cuLaunchKernel wants. A kernel with more parameters than there are words
// // finds zeros.
// static CUresult launch(CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx, unsigned int by,
//                        unsigned int bz, unsigned int shared, CUstream s, const unsigned long long *words, int n) {
//   static unsigned long long zero;
//   void *params[64];
//   for (int i = 0; i < 64; i++) params[i] = i < n ? (void *)&words[i] : &zero;
//   return cuLaunchKernel(f, gx, gy, gz, bx, by, bz, shared, s, params, 0);
// }
import "C"

import (
	"unsafe"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// pointer returns a handle as C has it: T is a pointer of C's.
func pointer[T any](h libcuda.Handle) T { return *(*T)(unsafe.Pointer(&h)) }

func (library) Init() driver.Result { return driver.Result(C.__real_cuInit(0)) }

func (library) DriverGetVersion() (int, driver.Result) {
	var version C.int
	r := C.cuDriverGetVersion(&version)
	return int(version), driver.Result(r)
}

func (library) GetErrorName(of driver.Result) string {
	var text *C.char
	C.cuGetErrorName(C.CUresult(of), &text)
	return C.GoString(text)
}

func (library) GetErrorString(of driver.Result) string {
	var text *C.char
	C.cuGetErrorString(C.CUresult(of), &text)
	return C.GoString(text)
}

func (library) FuncSetAttribute(function libcuda.Handle, attribute, value int) driver.Result {
	return driver.Result(C.cuFuncSetAttribute(pointer[C.CUfunction](function), C.CUfunction_attribute(attribute), C.int(value)))
}

func (library) LaunchKernel(function libcuda.Handle, grid, block [3]uint32, shared uint32, stream libcuda.Handle, args []uint64) driver.Result {
	return driver.Result(C.launch(pointer[C.CUfunction](function), C.uint(grid[0]), C.uint(grid[1]), C.uint(grid[2]),
		C.uint(block[0]), C.uint(block[1]), C.uint(block[2]), C.uint(shared), pointer[C.CUstream](stream),
		(*C.ulonglong)(unsafe.Pointer(unsafe.SliceData(args))), C.int(len(args))))
}

func (library) StreamBeginCapture(stream libcuda.Handle, mode int) driver.Result {
	return driver.Result(C.cuStreamBeginCapture(pointer[C.CUstream](stream), C.CUstreamCaptureMode(mode)))
}

func (library) StreamEndCapture(stream libcuda.Handle) (libcuda.Handle, driver.Result) {
	var graph C.CUgraph
	r := C.cuStreamEndCapture(pointer[C.CUstream](stream), &graph)
	return handle(graph), driver.Result(r)
}

func (library) GraphInstantiate(graph libcuda.Handle) (libcuda.Handle, driver.Result) {
	var exec C.CUgraphExec
	r := C.cuGraphInstantiateWithFlags(&exec, pointer[C.CUgraph](graph), 0)
	return handle(exec), driver.Result(r)
}

func (library) GraphLaunch(exec, stream libcuda.Handle) driver.Result {
	return driver.Result(C.cuGraphLaunch(pointer[C.CUgraphExec](exec), pointer[C.CUstream](stream)))
}
