package kernels_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

func TestInterpolateOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, shape := range []device.Shape{{1, 1}, {5, 3}, {7, 1}, {5, 11, 9, 3}, {2, 1500}} {
		for _, place := range []string{"", " into real", " into fake"} {
			cases = append(cases, cudaCase{shape.String() + place, func(t testing.TB, dev device.Device) step {
				dst, real, fake := tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(shape.Len()+1, 1)[1:]...), tensorOn(t, dev, shape, wave(shape.Len(), 1)...)
				alpha := tensorOn(t, dev, device.Shape{shape[0]}, 0.3, 0, 1, 0.25, 0.9)
				s := step{nil, []*device.Tensor{dst}, []*device.Tensor{real, fake, alpha}}
				switch place {
				case " into real":
					dst, s.results, s.inputs = real, []*device.Tensor{real}, []*device.Tensor{fake, alpha}
				case " into fake":
					dst, s.results, s.inputs = fake, []*device.Tensor{fake}, []*device.Tensor{real, alpha}
				}
				s.run = func() error { return kernels.Interpolate(dst, real, fake, alpha) }
				return s
			}})
		}
	}
	identical(t, cases)
}

func TestPenaltyOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, shape := range []device.Shape{{1, 1}, {3, 1}, {300, 3}, {5, 7}, {17, 33}, {3, 11, 9, 3}, {2, 41, 20, 3}, {2, 16, 16, 17}, {70, 300}} {
		for _, c := range []struct {
			name string
			o    kernels.PenaltyOptions
		}{
			{"", kernels.PenaltyOptions{Lambda: 10, Target: 1}},
			{" one-sided, eps", kernels.PenaltyOptions{Lambda: 3, Target: 1, OneSided: true, Eps: 0.25}},
			{" pixels", kernels.PenaltyOptions{Lambda: 10, Target: 0.5, PerPixel: true}},
		} {
			for _, variant := range []string{"", " in place", " alone"} {
				cases = append(cases, cudaCase{shape.String() + c.name + variant, func(t testing.TB, dev device.Device) step {
					n := shape[0]
					if c.o.PerPixel {
						n = shape.Len() / shape.Last()
					}
					values := wave(shape.Len(), 4/math.Sqrt(float64(shape.Len()/n)))
					if n > 1 {
						clear(values[:shape.Len()/n]) // a norm of zero
					}
					g, v := tensorOn(t, dev, shape, values...), tensorOn(t, dev, shape)
					norms, penalty := tensorOn(t, dev, device.Shape{n}), tensorOn(t, dev, device.Shape{1})
					s := step{nil, []*device.Tensor{v, norms, penalty}, []*device.Tensor{g}}
					switch variant {
					case " in place":
						v = g
						s.results[0], s.inputs = g, nil
					case " alone":
						norms, penalty, s.results = nil, nil, s.results[:1]
					}
					s.run = func() error { return kernels.PenaltyDirection(v, norms, penalty, g, c.o) }
					return s
				}})
			}
		}
	}
	equivalent(t, cases)
}

// TestPenaltyOfExtremesOnGPU has norms whose squares leave the range of float32, and ones that must be seen.
func TestPenaltyOfExtremesOnGPU(t *testing.T) {
	o := kernels.PenaltyOptions{Lambda: 10, Target: 1}
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, width := range []int{2, 40, 500, 3000} {
			values := make([]float64, width)
			for _, size := range []float64{1e-30, 1e30} {
				values[0], values[width-1] = 3*size, 4*size
				g, norms := tensorOn(t, dev, device.Shape{1, width}, values...), tensorOn(t, dev, device.Shape{1})
				require.NoError(t, kernels.PenaltyDirection(g, norms, nil, g, o))
				assert.InEpsilon(t, 5*size, valuesOf(norms)[0], 1e-6)
				assert.InEpsilon(t, 20*(5*size-1)*0.6, valuesOf(g)[0], 1e-6)
			}
			for _, bad := range []float64{math.NaN(), math.Inf(1)} {
				values[width-1] = bad
				for _, oneSided := range []bool{false, true} {
					o := kernels.PenaltyOptions{Lambda: 10, Target: 1, OneSided: oneSided}
					g, penalty := tensorOn(t, dev, device.Shape{1, width}, values...), tensorOn(t, dev, device.Shape{1})
					require.NoError(t, kernels.PenaltyDirection(g, nil, penalty, g, o))
					assert.False(t, valuesOf(penalty)[0] < math.MaxFloat32, "a penalty of %v must be seen", bad)
				}
			}
		}
	})
}
