package kernels

import (
	"strings"

	"ganlib/device"
)

// The tilings of wgmma.cuh, for convolutions of operands that were rounded when they were written, on compute capability 9.0.
// Those in TF32 are not for gradients of weights. None has been measured: so they have no speed, by which the estimate never
// chooses them, and only [Tuning.Tune] does, where they are clearly faster.
var (
	wgmmaTF32Tilings = []tiling{
		{name: "tf32_wgmma_128x128", rows: 128, columns: 128, threads: 128, fits: contraction.read, precision: device.TF32, resident: 2, stages: 3, rounded: true},
		{name: "tf32_wgmma_128x64", rows: 128, columns: 64, threads: 128, fits: contraction.read, precision: device.TF32, resident: 3, stages: 3, rounded: true},
		{name: "tf32_wgmma_64x64", rows: 64, columns: 64, threads: 128, fits: contraction.read, precision: device.TF32, resident: 3, stages: 4, rounded: true},
		{name: "tf32_wgmma_256x128", rows: 256, columns: 128, threads: 256, fits: contraction.read, precision: device.TF32, resident: 1, stages: 4, rounded: true},
		{name: "tf32_wgmma_128x256", rows: 128, columns: 256, threads: 256, fits: contraction.read, precision: device.TF32, resident: 1, stages: 4, rounded: true},
	}
	wgmmaBFloat16Tilings = []tiling{
		{name: "bf16_wgmma_128x128", rows: 128, columns: 128, threads: 256, fits: contraction.read, precision: device.BFloat16, resident: 2, stages: 3, rounded: true},
		{name: "bf16_wgmma_128x64", rows: 128, columns: 64, threads: 256, fits: contraction.read, precision: device.BFloat16, resident: 2, stages: 4, rounded: true},
		{name: "bf16_wgmma_64x64", rows: 64, columns: 64, threads: 128, fits: contraction.read, precision: device.BFloat16, resident: 3, stages: 4, rounded: true},
		{name: "bf16_wgmma_256x128", rows: 256, columns: 128, threads: 256, fits: contraction.read, precision: device.BFloat16, resident: 1, stages: 4, rounded: true},
		{name: "bf16_wgmma_128x256", rows: 128, columns: 256, threads: 256, fits: contraction.read, precision: device.BFloat16, resident: 1, stages: 4, rounded: true},
	}
)

// wgmma reports whether a tiling is one of these.
func (t tiling) wgmma() bool { return strings.Contains(t.name, "_wgmma_") }

// wgmmaCUDA is the version of CUDA in a driver that can translate their PTX, 8.0.
const wgmmaCUDA = 12000

// runsOn reports whether a GPU, or the one that a plan is for, has what a tiling needs.
func (t tiling) runsOn(dev gpu) bool {
	if !t.wgmma() {
		return true
	}
	on := dev.cuda
	if dev.plan != nil {
		on = dev.plan.GPU()
	}
	p := on.Properties()
	return p.Major == 9 && p.Minor == 0 && p.Version >= wgmmaCUDA
}
