// Package cudrv reaches NVIDIA's GPUs through gorgonia.org/cu. It is there with the build tag cuda, and needs cgo,
// a C compiler, a cuda.h of CUDA 11.4 to 12.9 and a libcuda.so to link with: the driver's, that of a toolkit, or
// that of scripts/cuda/stub.sh. Where cgo does not look for them by itself, it is told:
//
//	CGO_CFLAGS=-I/folder/of/cuda.h CGO_LDFLAGS=-L/folder/of/libcuda go build -tags cuda ./...
//
// A program that is built so starts only where there is a libcuda.so.1. Without the tag, New gives a driver that
// is never there. Package ganlib/device/dlopen does the same without any of this.
package cudrv
