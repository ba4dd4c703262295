package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// catFacesLayers are the convolutions of a critic's step of CatFaces with 64 features, batch 32: images real,
// fake and between. The generator's layers are the same, taken backwards.
var catFacesLayers = []convShape{
	{"3-64", 96, 64, 64, 3, 64, kernels.Square(4, 2, 1)},
	{"64-128", 96, 32, 32, 64, 128, kernels.Square(4, 2, 1)},
	{"128-256", 96, 16, 16, 128, 256, kernels.Square(4, 2, 1)},
	{"256-512", 96, 8, 8, 256, 512, kernels.Square(4, 2, 1)},
	{"generator's last", 32, 64, 64, 3, 64, kernels.Square(4, 2, 1)},
}

// BenchmarkTensorOnGPU times the passes of CatFaces' convolutions on a real GPU, in each precision as planned and
// with each tiling: layer/pass/precision/tiling. A few rounds of ten launches are enough: -benchtime 10x.
func BenchmarkTensorOnGPU(b *testing.B) {
	dev := enginetest.GPU(b)
	for _, l := range catFacesLayers {
		oh, ow := l.g.Out(l.h, l.w)
		xs, ys, ws := device.Shape{l.n, l.h, l.w, l.c}, device.Shape{l.n, oh, ow, l.o}, device.Shape{l.o, l.g.KernelH, l.g.KernelW, l.c}
		x, y, w := tensorOn(b, dev, xs, wave(xs.Len(), 1)...), tensorOn(b, dev, ys, wave(ys.Len(), 1)...), tensorOn(b, dev, ws, wave(ws.Len(), 0.1)...)
		flops := 2 * float64(ys.Len()) * float64(ws.RowLen())
		for _, pass := range []struct {
			name string
			run  func() error
		}{
			{"forward", func() error { return kernels.Conv2D(y, x, w, l.g) }},
			{"input", func() error { return kernels.Conv2DInput(x, y, w, l.g) }},
			{"weight", func() error { return kernels.Conv2DWeight(w, x, y, l.g) }},
		} {
			for _, p := range []device.Precision{device.Float32, device.TF32, device.BFloat16} {
				prefix := map[device.Precision]string{device.TF32: "tf32_", device.BFloat16: "bf16_"}[p]
				for _, tile := range append([]string{""}, tensorTiles...) {
					name := tile
					if tile == "" {
						name = "planned"
					} else if l.c%4 != 0 {
						continue // no tile fits
					}
					b.Run(l.name+"/"+pass.name+"/"+p.String()+"/"+name, func(b *testing.B) {
						inPrecision(b, dev, p)
						if tile != "" {
							kernels.OnlyTiling(b, prefix+tile)
						}
						const launches = 10
						again := func() {
							for range launches {
								require.NoError(b, pass.run())
							}
							require.NoError(b, dev.Sync())
						}
						again() // loads the kernel
						for b.Loop() {
							again()
						}
						seconds := b.Elapsed().Seconds() / float64(b.N*launches)
						b.ReportMetric(flops/seconds/1e12, "TFLOP/s")
						b.ReportMetric(seconds*1e6, "us/launch")
						b.ReportMetric(0, "ns/op")
					})
				}
			}
		}
	}
}
