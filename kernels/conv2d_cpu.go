package kernels

import (
	"ganlib/device"
	"ganlib/internal/work"
)

// patchLen bounds the elements of the patch matrix that is unfolded at a time, 16 MiB of float32.
const patchLen = 4 << 20

// convolution is one convolution on the reference engine: its images as patch matrices. A row of the patch
// matrix is one output position, its columns are the KH·KW·C inputs under the kernel, so that the
// three passes are products with the weights (O, KH·KW·C). The matrix is made for as many samples at
// a time as patchLen holds.
type convolution[T device.Float] struct {
	g           Window
	x, y, w     []T
	n, h, wd, c int // images x
	oh, ow, o   int // outputs y
	image       int // elements of one image
	output      int // elements of one output
	positions   int // rows of the patch matrix for one sample
	patch       int // columns of the patch matrix
	samples     int // samples unfolded at a time
	pool        *device.Pool
}

func newConv[T device.Float](x, y, w *device.Tensor, g Window) convolution[T] {
	xs, ys := x.Shape(), y.Shape()
	k := convolution[T]{
		g: g, x: device.Data[T](x), y: device.Data[T](y), w: device.Data[T](w),
		n: xs[0], h: xs[1], wd: xs[2], c: xs[3],
		oh: ys[1], ow: ys[2], o: ys[3],
		patch: g.KernelH * g.KernelW * xs[3], pool: cpuOf(x).Pool(),
		image: xs.RowLen(), output: ys.RowLen(), positions: ys[1] * ys[2],
	}
	k.samples = patchSamples(k.n, k.positions*k.patch)
	return k
}

// patchSamples returns for how many of n samples the patch matrix is made at a time, each having so many
// elements of it.
func patchSamples(n, elements int) int { return min(max(patchLen/elements, 1), n) }

func convForward[T device.Float](k convolution[T]) {
	patches := work.Borrow[T](k.samples * k.positions * k.patch)
	for from := 0; from < k.n; from += k.samples {
		to := min(from+k.samples, k.n)
		work.Run(k.pool, (to-from)*k.oh, 1, unfold[T]{k, patches.Data, from})
		multiply(k.pool, product[T]{
			c: k.y[from*k.output:], a: patches.Data, b: k.w,
			m: (to - from) * k.positions, n: k.o, k: k.patch,
			lda: k.patch, ldb: k.patch, ldc: k.o, tb: Transp,
		})
	}
	work.GiveBack(patches)
}

func convInput[T device.Float](k convolution[T]) {
	patches := work.Borrow[T](k.samples * k.positions * k.patch)
	for from := 0; from < k.n; from += k.samples {
		to := min(from+k.samples, k.n)
		multiply(k.pool, product[T]{
			c: patches.Data, a: k.y[from*k.output:], b: k.w,
			m: (to - from) * k.positions, n: k.patch, k: k.o,
			lda: k.o, ldb: k.patch, ldc: k.patch,
		})
		work.Run(k.pool, (to-from)*k.h, 1, fold[T]{k, patches.Data, from})
	}
	work.GiveBack(patches)
}

func convWeight[T device.Float](k convolution[T]) {
	patches := work.Borrow[T](k.samples * k.positions * k.patch)
	for from := 0; from < k.n; from += k.samples {
		to := min(from+k.samples, k.n)
		work.Run(k.pool, (to-from)*k.oh, 1, unfold[T]{k, patches.Data, from})
		multiply(k.pool, product[T]{
			c: k.w, a: k.y[from*k.output:], b: patches.Data,
			m: k.o, n: k.patch, k: (to - from) * k.positions,
			lda: k.o, ldb: k.patch, ldc: k.patch, ta: Transp, accumulate: true,
		})
	}
	work.GiveBack(patches)
}

// unfold writes the patches of output rows lo to hi, counted over the samples from the first on.
type unfold[T device.Float] struct {
	conv    convolution[T]
	patches []T
	from    int
}

func (u *unfold[T]) Run(lo, hi int) {
	k := &u.conv
	across := k.g.KernelW * k.c
	for r := lo; r < hi; r++ {
		image := k.x[(u.from+r/k.oh)*k.image:]
		top := r%k.oh*k.g.StrideH - k.g.Top
		for j := range k.ow {
			left := j*k.g.StrideW - k.g.Left
			first, last := max(0, -left), min(k.g.KernelW, k.wd-left) // taps inside the image
			row := u.patches[(r*k.ow+j)*k.patch:]
			for a := range k.g.KernelH {
				taps := row[a*across : (a+1)*across]
				h := top + a
				if h < 0 || h >= k.h || first >= last {
					clear(taps)
					continue
				}
				clear(taps[:first*k.c])
				copy(taps[first*k.c:last*k.c], image[(h*k.wd+left+first)*k.c:])
				clear(taps[last*k.c:])
			}
		}
	}
}

// fold sums the patches that cover image rows lo to hi, counted over the samples from the first on.
type fold[T device.Float] struct {
	conv    convolution[T]
	patches []T
	from    int
}

func (f *fold[T]) Run(lo, hi int) {
	k := &f.conv
	for r := lo; r < hi; r++ {
		sample, h := r/k.h, r%k.h
		image := k.x[(f.from+sample)*k.image+h*k.wd*k.c:][:k.wd*k.c]
		clear(image)
		for a := range k.g.KernelH {
			i := h + k.g.Top - a
			if i < 0 || i%k.g.StrideH != 0 || i/k.g.StrideH >= k.oh {
				continue
			}
			for j := range k.ow {
				left := j*k.g.StrideW - k.g.Left
				first, last := max(0, -left), min(k.g.KernelW, k.wd-left)
				if first >= last {
					continue
				}
				taps := f.patches[((sample*k.oh+i/k.g.StrideH)*k.ow+j)*k.patch+(a*k.g.KernelW+first)*k.c:][:(last-first)*k.c]
				pixels := image[(left+first)*k.c:][:len(taps)]
				for t, v := range taps {
					pixels[t] += v
				}
			}
		}
	}
}
