package kernels_test

import (
	"testing"

	"ganlib/kernels"
)

// winogradShapes are convolutions that Winograd's algorithm can compute.
var winogradShapes = []convShape{
	{"one tile", 1, 4, 4, 8, 8, kernels.Square(4, 2, 1)},
	{"one result", 1, 2, 2, 8, 16, kernels.Square(4, 2, 1)},
	{"tiles of images with odd results", 3, 14, 10, 16, 24, kernels.Square(4, 2, 1)},
	{"odd images", 2, 15, 13, 24, 16, kernels.Square(4, 2, 1)},
	{"odd images, results at the border", 2, 13, 11, 16, 8, kernels.Window{KernelH: 4, KernelW: 4, StrideH: 2, StrideW: 2, Top: 1, Bottom: 2, Left: 2, Right: 1}},
	{"more than a tile of tiles", 9, 16, 16, 8, 72, kernels.Square(4, 2, 1)},
	{"more columns than a tile", 2, 8, 8, 136, 72, kernels.Square(4, 2, 1)},
	{"no padding", 2, 10, 12, 16, 16, kernels.Square(4, 2, 0)},
	{"much padding", 2, 5, 6, 8, 16, kernels.Square(4, 2, 3)},
	{"stride 1", 2, 7, 6, 16, 24, kernels.Square(2, 1, 0)},
	{"stride 1 and 3", 2, 7, 11, 8, 16, kernels.Window{KernelH: 2, KernelW: 6, StrideH: 1, StrideW: 3, Top: 1, Bottom: 0, Left: 2, Right: 3}},
	{"stride 3 and 2", 2, 11, 9, 16, 8, kernels.Window{KernelH: 6, KernelW: 4, StrideH: 3, StrideW: 2, Top: 2, Bottom: 2, Left: 1, Right: 1}},
}

func TestWinogradOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, "winograd_128x64")
	var cases []cudaCase
	for _, s := range winogradShapes {
		cases = append(cases, s.passes())
	}
	equivalent(t, cases)
}
