package kernels

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ganlib/device"
)

// Product is a product of matrices as a GPU computes it: an operation, or a convolution's pass, of a size, in a
// precision. Convolutions whose passes are products of the same size count as one.
type Product struct {
	Kernel    string `json:"kernel"` // "conv2d_forward", "conv2d_input", "conv2d_weight", "gemm_nt" for A·Bᵀ, …
	Count     int    `json:"count"`  // products of (M,K) and (K,N)
	M         int    `json:"m"`
	N         int    `json:"n"`
	K         int    `json:"k"`
	Aligned   string `json:"aligned"`         // which of operands a, b and result c can be moved in four numbers at a time: "abc"; with k, a tap's are slabs; with r, operands were rounded when they were written
	Tiles     int    `json:"tiles,omitempty"` // of 2×2 results, or gradients of them, by which Winograd's algorithm computes it; 0: it cannot
	Precision string `json:"precision"`       // "tf32"
}

// String describes the product in a line.
func (p Product) String() string {
	return fmt.Sprintf("%s of %d×(%d,%d,%d) in %s", p.Kernel, p.Count, p.M, p.N, p.K, p.Precision)
}

// Compare orders products: it is negative if p comes first.
func (p Product) Compare(q Product) int {
	return cmp.Or(strings.Compare(p.Precision, q.Precision), strings.Compare(p.Kernel, q.Kernel), cmp.Compare(p.Count, q.Count),
		cmp.Compare(p.M, q.M), cmp.Compare(p.N, q.N), cmp.Compare(p.K, q.K), strings.Compare(p.Aligned, q.Aligned), cmp.Compare(p.Tiles, q.Tiles))
}

// Flops is the number of its floating-point operations.
func (p Product) Flops() float64 {
	return 2 * float64(p.Count) * float64(p.M) * float64(p.N) * float64(p.K)
}

// aligned are the values of Aligned.
var aligned = func() (values [1 << len(alignedLetters)]string) {
	for i := range values {
		for bit, letter := range alignedLetters {
			if i>>bit&1 != 0 {
				values[i] += string(letter)
			}
		}
	}
	return values
}()

const alignedLetters = "abckr"

// tapped reports whether a kernel's sums run over taps, which may not be slabs.
func tapped(kernel string) bool { return kernel == "conv2d_forward" || kernel == "conv2d_input" }

// product returns what a contraction is outside of this package. It allocates nothing.
func (p contraction) product(kernel string, in device.Precision) Product {
	i := 0
	for bit, on := range [...]bool{p.a, p.b, p.c, p.slabs && tapped(kernel), p.rounded && in != device.Float32} {
		if on {
			i |= 1 << bit
		}
	}
	q := Product{Kernel: kernel, Count: p.count, M: p.m, N: p.n, K: p.k, Aligned: aligned[i], Precision: in.String()}
	if in == device.Float32 {
		q.Tiles = p.tiles
	}
	return q
}

// contraction is the inverse of product. Sizes that no operation has are refused.
func (p Product) contraction() (c contraction, tilings []tiling, in device.Precision, err error) {
	tilings, ok := tilingsOf(p.Kernel)
	if !ok {
		return c, nil, in, fmt.Errorf("kernel %q: want conv2d_forward, conv2d_input, conv2d_weight, gemm_nn, gemm_nt, gemm_tn or gemm_tt", p.Kernel)
	}
	i := slices.Index(aligned[:], p.Aligned)
	if i < 0 {
		return c, nil, in, fmt.Errorf("aligned %q: want some of %s", p.Aligned, alignedLetters)
	}
	if in, err = device.ParsePrecision(p.Precision); err != nil || p.Precision == "" {
		return c, nil, in, fmt.Errorf("precision %q: want float32, tf32 or bf16", p.Precision)
	}
	results := float64(p.Count) * float64(p.M) * float64(p.N)
	if min(p.Count, p.M, p.N, p.K) < 1 || p.K > largest || results > min(largest, math.MaxInt/4) {
		return c, nil, in, fmt.Errorf("%d products of (%d,%d) and (%d,%d): want sizes from 1 on, and no more than %d sums of %d", p.Count, p.M, p.K, p.K, p.N, largest, largest)
	}
	if p.Tiles != 0 && !p.tiled() {
		return c, nil, in, fmt.Errorf("%v in %d tiles of 2×2: want none, or a convolution's", p, p.Tiles)
	}
	return contraction{
		m: p.M, n: p.N, k: p.K, count: p.Count, a: i&1 != 0, b: i&2 != 0, c: i&4 != 0, slabs: i&8 != 0 || !tapped(p.Kernel), rounded: i&16 != 0, winograd: winograd{tiles: p.Tiles, weights: p.Tiles != 0 && !tapped(p.Kernel)},
	}, tilings, in, nil
}

// tiled reports whether its tiles may be a convolution's.
func (p Product) tiled() bool {
	switch {
	case tapped(p.Kernel):
		return p.Tiles > 0 && p.Tiles <= p.M && p.K%(4*winogradDepth) == 0
	case p.Kernel == "conv2d_weight":
		return p.Tiles > 0 && p.Tiles <= p.K && p.N%16 == 0
	}
	return false
}

// tilingsOf returns the versions of a kernel.
func tilingsOf(kernel string) ([]tiling, bool) {
	switch kernel {
	case "conv2d_forward", "conv2d_input":
		return conv2DTilings, true
	case "conv2d_weight":
		return conv2DWeightTilings, true
	}
	for operands, name := range gemmNames {
		if name == kernel {
			return gemmTilings[operands], true
		}
	}
	return nil, false
}

// Products returns the products in the operations called on a meta device so far, in order, if it stands for a GPU.
func Products(dev *device.Meta) []Product {
	if dev.GPU() == nil {
		return nil
	}
	var list []Product
	for p := range planOf(dev).products {
		list = append(list, p)
	}
	slices.SortFunc(list, Product.Compare)
	return list
}

// Way is a way to compute a product.
type Way struct {
	Tile    string  `json:"tile"`              // the version of the kernels: "tf32_128x128"
	Slices  int     `json:"slices"`            // that the sum is cut into
	Seconds float64 `json:"seconds,omitempty"` // that it takes; 0: unknown
	Wrong   string  `json:"wrong,omitempty"`   // what is wrong with its result, by which it is out of the question
}

func (w Way) same(v Way) bool { return w.Tile == v.Tile && w.Slices == v.Slices }

// way is what a cut is outside of this package.
func (c cut) way(seconds float64) Way { return Way{Tile: c.name, Slices: c.slices, Seconds: seconds} }

// Choice is how a product is to be computed.
type Choice struct {
	Product
	Way
	Default Way   `json:"default,omitzero"` // the estimate's
	Ways    []Way `json:"ways,omitempty"`   // all that were tried
}

// cut returns what a choice says. A way that the product cannot be computed in, or not any more, is refused.
func (c Choice) cut() (cut, error) {
	p, tilings, in, err := c.contraction()
	if err != nil {
		return cut{}, err
	}
	for _, s := range []float64{c.Seconds, c.Default.Seconds} {
		if !(s >= 0 && s < math.MaxInt32) {
			return cut{}, fmt.Errorf("%g seconds", s)
		}
	}
	var found *cut
	p.cuts(tilings, in, func(w cut) {
		if w.name == c.Tile && w.slices == c.Slices {
			found = &w
		}
	})
	if found == nil {
		return cut{}, fmt.Errorf("%v: there is no way to do it with %s in %d slices", c.Product, c.Tile, c.Slices)
	}
	return *found, nil
}
