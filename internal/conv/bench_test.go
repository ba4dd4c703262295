package conv

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
)

// peak returns the multiply-add peak of the engine's workers, in operations a second.
func peak(e Engine) float64 {
	threads := e.Pool.Threads()
	const rounds = 100_000
	best := 0.0
	for range 3 {
		start := time.Now()
		e.Pool.For(threads, 1, peakTask{e.ISA, rounds})
		best = max(best, float64(threads*rounds*e.ISA.PeakFlops())/time.Since(start).Seconds())
	}
	return best
}

type peakTask struct {
	isa    simd.ISA
	rounds int
}

func (t peakTask) Run(lo, hi int) {
	for range hi - lo {
		t.isa.Peak(t.rounds)
	}
}

// BenchmarkPasses times the passes of the convolutions of the CatFaces networks and of the Keras-style
// critic, batch 32 and 128, in shares of the multiply-add peak; on AVX-512 also as where [simd.Halves] is true.
func BenchmarkPasses(b *testing.B) {
	features, batch := 64, 32
	if v, err := strconv.Atoi(os.Getenv("F")); err == nil {
		features = v
	}
	if v, err := strconv.Atoi(os.Getenv("N")); err == nil {
		batch = v
	}
	threads := 1
	if v, err := strconv.Atoi(os.Getenv("T")); err == nil {
		threads = v
	}
	f := features
	layers := []struct {
		name string
		g    Geometry
	}{
		{"c1", square(batch, 64, 64, 3, f, 4, 2, 1)},
		{"c2", square(batch, 32, 32, f, 2*f, 4, 2, 1)},
		{"c3", square(batch, 16, 16, 2*f, 4*f, 4, 2, 1)},
		{"c4", square(batch, 8, 8, 4*f, 8*f, 4, 2, 1)},
		{"c5", square(batch, 4, 4, 8*f, 1, 4, 1, 0)},
		{"g1", square(batch, 4, 4, 16*f, 100, 4, 1, 0)},
		{"g2", square(batch, 8, 8, 8*f, 16*f, 4, 2, 1)},
		{"g3", square(batch, 16, 16, 4*f, 8*f, 4, 2, 1)},
		{"g4", square(batch, 32, 32, 2*f, 4*f, 4, 2, 1)},
		{"g5", square(batch, 64, 64, 3, 2*f, 4, 2, 1)},
		{"k1", same(4*batch, 28, 1, 64)},
		{"k2", same(4*batch, 14, 64, 128)},
	}
	list := engines(b, threads)
	for _, e := range list[1:] {
		name := e.ISA.String()
		if e.Halves {
			name += ",halves"
		}
		for _, l := range layers {
			g := l.g
			x, w, y := numbers(g.N*g.H*g.W*g.C, 1), numbers(g.O*g.patch(), 2), numbers(g.positions()*g.O, 3)
			weights := heldWeights(b, g, w)
			dw, dx := device.NewSlice[float32](len(w)), device.NewSlice[float32](len(x))
			for pass, run := range []func(){
				pick(func() { e.directForward(g, y, x, weights, Epilogue{}) }, func() { e.Forward(g, y, x, weights, Epilogue{}) }),
				pick(func() { e.directInput(g, dx, y, weights, Epilogue{}) }, func() { e.Input(g, dx, y, weights, Epilogue{}) }),
				pick(func() { e.directWeight(g, dw, x, y) }, func() { e.Weight(g, dw, x, y) }),
			} {
				b.Run(fmt.Sprintf("%v/%s/%s", name, l.name, []string{"y", "dx", "dw"}[pass]), func(b *testing.B) {
					run()
					before := peak(e)
					best := time.Hour
					for b.Loop() {
						start := time.Now()
						run()
						best = min(best, time.Since(start))
					}
					flops := 2 * float64(g.positions()) * float64(g.O) * float64(g.patch())
					b.ReportMetric(flops/best.Seconds()/max(before, peak(e)), "of-peak")
					b.ReportMetric(flops/best.Seconds()/1e9, "GFLOP/s")
					b.ReportMetric(best.Seconds()*1e3, "ms")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

func pick(direct, chosen func()) func() {
	if os.Getenv("CHOSEN") != "" {
		return chosen
	}
	return direct
}

// heldWeights returns weights that are packed once, as in a training step that uses them repeatedly.
func heldWeights(b *testing.B, g Geometry, w []float32) gemm.Weights {
	t, err := device.NewCPU(1).New(device.Shape{g.O, g.KH, g.KW, g.C})
	require.NoError(b, err)
	require.NoError(b, t.CopyFrom(w))
	if os.Getenv("HELD") != "" {
		t.Hold()
	}
	return gemm.WeightsOf(t)
}

// same is a convolution of the Keras-style critic: 5×5, stride 2, padding 'same'.
func same(n, size, c, o int) Geometry {
	return Geometry{N: n, H: size, W: size, C: c, OH: size / 2, OW: size / 2, O: o, KH: 5, KW: 5, SH: 2, SW: 2, Top: 1, Left: 1}
}
