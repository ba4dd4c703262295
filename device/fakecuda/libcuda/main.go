//go:build cuda && emulated

// Libcuda is a driver's library with the emulator behind it:
//
//	go build -buildmode=c-shared -tags cuda,emulated -o libcuda.so.1 ./device/fakecuda/libcuda
//	GANLIB_LIBCUDA=$PWD/libcuda.so.1 go test ./device/dlopen
package main

import _ "ganlib/device/fakecuda"

func main() {}
