package kernels_test

import (
	"fmt"
	"testing"

	"ganlib/device"
	"ganlib/kernels"
)

// BenchmarkElementwise runs operations that memory limits, on images of 64×64 pixels: 32 KB of them
// lie in the cache, 25 MB do not. It counts the bytes that each reads and writes.
func BenchmarkElementwise(b *testing.B) {
	for _, op := range []struct {
		name  string
		bytes int // for each element
		build func(like func(scale float64) *device.Tensor) func() error
	}{
		{"leakyrelu", 8, func(like func(float64) *device.Tensor) func() error {
			y, x := like(0), like(1)
			return func() error { return kernels.LeakyReLU(y, x, 0.2) }
		}},
		{"leakyrelu mask", 12, func(like func(float64) *device.Tensor) func() error {
			dst, x, v := like(0), like(1), like(2)
			return func() error { return kernels.LeakyReLUMask(dst, x, v, 0.2) }
		}},
		{"add bias", 8, func(like func(float64) *device.Tensor) func() error {
			y := like(1)
			bias := tensorOn(b, y.Device(), device.Shape{y.Shape().Last()})
			return func() error { return kernels.AddBias(y, bias) }
		}},
		{"bias grad", 4, func(like func(float64) *device.Tensor) func() error {
			dy := like(1)
			db := tensorOn(b, dy.Device(), device.Shape{dy.Shape().Last()})
			return func() error { return kernels.BiasGrad(db, dy) }
		}},
		{"copy", 8, func(like func(float64) *device.Tensor) func() error {
			y, x := like(0), like(1)
			return func() error { return kernels.Copy(y, x) }
		}},
		{"fill", 4, func(like func(float64) *device.Tensor) func() error {
			x := like(0)
			return func() error { return kernels.Fill(x, 0.5) }
		}},
		{"clip", 8, func(like func(float64) *device.Tensor) func() error {
			x := like(1)
			return func() error { return kernels.Clip(x, 0.01) }
		}},
		{"tanh", 8, func(like func(float64) *device.Tensor) func() error {
			y, x := like(0), like(2)
			return func() error { return kernels.Tanh(y, x) }
		}},
		{"tanh slope", 12, func(like func(float64) *device.Tensor) func() error {
			dst, y, v := like(0), like(1), like(2)
			return func() error { return kernels.TanhSlope(dst, y, v) }
		}},
		{"uniform", 4, func(like func(float64) *device.Tensor) func() error {
			x := like(0)
			return func() error { return kernels.Uniform(x, -1, 1, device.Random{Seed: 1}) }
		}},
		{"normal", 4, func(like func(float64) *device.Tensor) func() error {
			x := like(0)
			return func() error { return kernels.Normal(x, 0, 1, device.Random{Seed: 1}) }
		}},
		{"interpolate", 12, func(like func(float64) *device.Tensor) func() error {
			dst, real, fake := like(0), like(1), like(2)
			alpha := tensorOn(b, dst.Device(), device.Shape{dst.Shape()[0]}, 0.3, 0.8)
			return func() error { return kernels.Interpolate(dst, real, fake, alpha) }
		}},
		{"adam", 28, func(like func(float64) *device.Tensor) func() error {
			p, g, m, v := like(1), like(1e-3), like(0), like(0)
			return func() error {
				return kernels.Adam(p, g, m, v, kernels.AdamStep{Rate: 1e-4, Beta1: 0.5, Beta2: 0.9, Root: 1, Eps: 1e-8})
			}
		}},
		{"rmsprop", 20, func(like func(float64) *device.Tensor) func() error {
			p, g, s := like(1), like(1e-3), like(0)
			return func() error { return kernels.RMSProp(p, g, s, kernels.RMSPropStep{Rate: 1e-4, Rho: 0.9, Eps: 1e-8}) }
		}},
	} {
		for _, shape := range []device.Shape{{2, 8, 8, 64}, {25, 64, 64, 64}, {533, 64, 64, 3}} {
			b.Run(fmt.Sprintf("%s/%v", op.name, shape), func(b *testing.B) {
				dev := device.NewCPU(0)
				defer dev.Close()
				run := op.build(func(scale float64) *device.Tensor { return tensorOn(b, dev, shape, wave(1<<12, scale)...) })
				b.SetBytes(int64(op.bytes * shape.Len()))
				for b.Loop() {
					if err := run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
