package driver

import (
	"errors"
	"fmt"
	"slices"
)

// Sentinel errors that callers branch on. An [Error] is one of them as its code says.
var (
	ErrNoDriver    = errors.New("no NVIDIA driver")
	ErrNoDevice    = errors.New("no CUDA device")
	ErrOldDriver   = errors.New("the NVIDIA driver is too old")
	ErrOutOfMemory = errors.New("out of device memory")
	ErrBadImage    = errors.New("the device cannot run the module")
	ErrLost        = errors.New("the device is lost") // its context is of no more use
)

// Result is a code that the driver returns. 0 is success.
type Result int

// The codes that ganlib knows by name, as cuda.h has them.
const (
	InvalidValue           Result = 1
	OutOfMemory            Result = 2
	NotInitialized         Result = 3
	Deinitialized          Result = 4
	NoDevice               Result = 100
	InvalidDevice          Result = 101
	InvalidImage           Result = 200
	InvalidContext         Result = 201
	NoBinaryForGPU         Result = 209
	ECCUncorrectable       Result = 214
	InvalidPTX             Result = 218
	JITCompilerNotFound    Result = 221
	UnsupportedPTXVersion  Result = 222
	NotFound               Result = 500
	IllegalAddress         Result = 700
	LaunchOutOfResources   Result = 701
	LaunchTimeout          Result = 702
	IllegalInstruction     Result = 715
	MisalignedAddress      Result = 716
	LaunchFailed           Result = 719
	SystemDriverMismatch   Result = 803
	NotSupported           Result = 801
	StreamCaptureInvalid   Result = 901
	Unknown                Result = 999
	InsufficientDriverCode Result = 35
)

var resultNames = map[Result]string{
	InvalidValue: "CUDA_ERROR_INVALID_VALUE", OutOfMemory: "CUDA_ERROR_OUT_OF_MEMORY", NotInitialized: "CUDA_ERROR_NOT_INITIALIZED",
	Deinitialized: "CUDA_ERROR_DEINITIALIZED", NoDevice: "CUDA_ERROR_NO_DEVICE", InvalidDevice: "CUDA_ERROR_INVALID_DEVICE",
	InvalidImage: "CUDA_ERROR_INVALID_IMAGE", InvalidContext: "CUDA_ERROR_INVALID_CONTEXT", NoBinaryForGPU: "CUDA_ERROR_NO_BINARY_FOR_GPU",
	ECCUncorrectable: "CUDA_ERROR_ECC_UNCORRECTABLE", InvalidPTX: "CUDA_ERROR_INVALID_PTX", UnsupportedPTXVersion: "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
	NotFound: "CUDA_ERROR_NOT_FOUND", IllegalAddress: "CUDA_ERROR_ILLEGAL_ADDRESS", LaunchOutOfResources: "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
	LaunchTimeout: "CUDA_ERROR_LAUNCH_TIMEOUT", IllegalInstruction: "CUDA_ERROR_ILLEGAL_INSTRUCTION", MisalignedAddress: "CUDA_ERROR_MISALIGNED_ADDRESS",
	LaunchFailed: "CUDA_ERROR_LAUNCH_FAILED", SystemDriverMismatch: "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", NotSupported: "CUDA_ERROR_NOT_SUPPORTED",
	JITCompilerNotFound:  "CUDA_ERROR_JIT_COMPILER_NOT_FOUND",
	StreamCaptureInvalid: "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", Unknown: "CUDA_ERROR_UNKNOWN", InsufficientDriverCode: "CUDA_ERROR_INSUFFICIENT_DRIVER",
}

// kinds are the sentinel errors that results are.
var kinds = []struct {
	is      error
	results []Result
}{
	{ErrOutOfMemory, []Result{OutOfMemory}},
	{ErrNoDevice, []Result{NoDevice, InvalidDevice}},
	{ErrOldDriver, []Result{SystemDriverMismatch, UnsupportedPTXVersion, InsufficientDriverCode}},
	{ErrBadImage, []Result{InvalidImage, NoBinaryForGPU, InvalidPTX, JITCompilerNotFound, UnsupportedPTXVersion}},
	{ErrLost, []Result{Deinitialized, InvalidContext, ECCUncorrectable, IllegalAddress, LaunchTimeout, IllegalInstruction, MisalignedAddress, LaunchFailed, Unknown}},
}

// Error is a call that the driver refused.
type Error struct {
	Call   string // "cuMemAlloc"
	Result Result
	Detail string // what else is known: the translator's log, the line of an access; often empty
}

// Error names the call, the driver's name for the result, and what else is known.
func (e *Error) Error() string {
	name := resultNames[e.Result]
	if name == "" {
		name = "CUDA error"
	}
	text := fmt.Sprintf("%s: %s (%d)", e.Call, name, int(e.Result))
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Is reports whether the result is the sentinel error target.
func (e *Error) Is(target error) bool {
	for _, kind := range kinds {
		if kind.is == target {
			return slices.Contains(kind.results, e.Result)
		}
	}
	return false
}

// Check returns an *Error for a result that is not success.
func Check(call string, r Result) error {
	if r == 0 {
		return nil
	}
	return &Error{Call: call, Result: r}
}
