package kernels

import (
	"fmt"

	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// engine is an implementation of the operations, chosen by the tensors' device.
type engine int

const (
	engineMeta        engine = iota // checks and counts only
	engineReference                 // plain loops in float32
	engineReference64               // the same in float64
	engineFast                      // assembly, in float32
	engineCUDA                      // an NVIDIA GPU, in float32
)

// prepare checks that all tensors lie on one device and have memory there, counts the operation and
// returns the engine that runs it. tensors[0] names the device; nil tensors are passed over.
func prepare(op string, flops int64, tensors ...*device.Tensor) (engine, error) {
	dev := tensors[0].Device()
	for i, t := range tensors {
		if t == nil {
			continue
		}
		if t.Device() != dev {
			return 0, fmt.Errorf("kernels: %s: tensor %d %v is on device %v, want %v as the first", op, i, t.Shape(), t.Device(), dev)
		}
		if err := t.Err(); err != nil && err != device.ErrMeta {
			return 0, fmt.Errorf("kernels: %s: %w", op, err)
		}
	}
	dev.Counter().Add(op, flops)
	switch d := dev.(type) {
	case *device.Meta:
		if d.GPU() != nil {
			return engineCUDA, nil // which plans
		}
		return engineMeta, nil
	case *device.CPU:
		switch {
		case d.Float64():
			return engineReference64, nil
		case d.Engine() != device.EngineReference:
			return engineFast, nil
		}
		return engineReference, nil
	case *device.CUDA:
		for i, t := range tensors {
			if t != nil && t.Len() > largest {
				return 0, fmt.Errorf("kernels: %s: tensor %d %v has %d elements: CUDA kernels take at most %d", op, i, t.Shape(), t.Len(), largest)
			}
		}
		return engineCUDA, nil
	}
	return 0, fmt.Errorf("kernels: %s: no implementation for device %v", op, dev)
}

// shapeError reports that argument arg of op has the wrong shape.
func shapeError(op, arg string, got *device.Tensor, format string, args ...any) error {
	return &device.ShapeError{Op: "kernels: " + op, Arg: arg, Got: got.Shape(), Want: fmt.Sprintf(format, args...)}
}

// sameShape checks that b has the shape of a.
func sameShape(op, an string, a *device.Tensor, bn string, b *device.Tensor) error {
	if a.Shape() != b.Shape() {
		return shapeError(op, bn, b, "want the shape of %s %v", an, a.Shape())
	}
	return nil
}

// elementGrain is how many elements of elementwise work a task takes at a time: enough to hide the
// cost of handing it out, and small enough to stay in the second-level cache.
const elementGrain = 16 << 10

// cpuOf returns the CPU that t lies on.
func cpuOf(t *device.Tensor) *device.CPU { return t.Device().(*device.CPU) }

// launch runs kernel k over [0,n) on t's device in ranges of at most grain indices. The kernel is
// copied to memory that is kept for the next launch of its type, so that nothing is allocated.
func launch[K any, P interface {
	*K
	device.Task
}](t *device.Tensor, n, grain int, k K) {
	work.Run[K, P](cpuOf(t).Pool(), n, grain, k)
}

// isaOf returns the instruction set that the fast engine of t's device runs on.
func isaOf(t *device.Tensor) simd.ISA {
	return isaFor(cpuOf(t))
}

// isaFor returns the instruction set that the fast engine of a CPU runs on.
func isaFor(cpu *device.CPU) simd.ISA {
	switch cpu.Engine() {
	case device.EngineAVX512:
		return simd.AVX512
	case device.EngineAVX2:
		return simd.AVX2
	}
	return simd.Go
}
