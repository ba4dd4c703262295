package optim_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/optim"
)

func tensorOn(t testing.TB, dev device.Device, values ...float64) *device.Tensor {
	t.Helper()
	x, err := dev.New(device.Shape{len(values)})
	require.NoError(t, err)
	set(x, values)
	return x
}

func set(x *device.Tensor, values []float64) {
	for i := range device.Data[float32](x) {
		device.Data[float32](x)[i] = float32(values[i])
	}
	copy(device.Data[float64](x), values)
}

func valuesOf(x *device.Tensor) []float64 {
	var values []float64
	for _, v := range device.Data[float32](x) {
		values = append(values, float64(v))
	}
	return append(values, device.Data[float64](x)...)
}

// rules builds every optimiser in every convention.
var rules = []struct {
	name string
	make func(value, grad *device.Tensor) (optim.Optimizer, error)
	// update is the change of the t-th step (from 1), after gradients g[0] to g[t-1].
	update func(g []float64) float64
}{
	{"adam pytorch", adam(0.5, 0.99, 1e-3, optim.PyTorch), func(g []float64) float64 {
		t := float64(len(g))
		m, v := average(g, 0.5)/(1-math.Pow(0.5, t)), average(squares(g), 0.99)/(1-math.Pow(0.99, t))
		return -0.01 * m / (math.Sqrt(v) + 1e-3)
	}},
	{"adam without momentum", adam(0, 0.9, 1e-8, optim.PyTorch), func(g []float64) float64 {
		v := average(squares(g), 0.9) / (1 - math.Pow(0.9, float64(len(g))))
		return -0.01 * g[len(g)-1] / (math.Sqrt(v) + 1e-8)
	}},
	{"adam keras", adam(0.5, 0.99, 1e-3, optim.Keras), kerasAdam},
	{"adam keras-2.11", adam(0.5, 0.99, 1e-3, optim.Keras211), kerasAdam},
	{"adam tf1", adam(0.5, 0.99, 1e-3, optim.TF1), kerasAdam},
	{"rmsprop pytorch", rmsProp(0.9, 1e-3, optim.PyTorch), func(g []float64) float64 {
		return -0.01 * g[len(g)-1] / (math.Sqrt(average(squares(g), 0.9)) + 1e-3)
	}},
	{"rmsprop keras", rmsProp(0.9, 1e-3, optim.Keras), func(g []float64) float64 {
		return -0.01 * g[len(g)-1] / (math.Sqrt(average(squares(g), 0.9)) + 1e-3)
	}},
	{"rmsprop keras-2.11", rmsProp(0.9, 1e-3, optim.Keras211), func(g []float64) float64 {
		return -0.01 * g[len(g)-1] / math.Sqrt(average(squares(g), 0.9)+1e-3)
	}},
	{"rmsprop tf1", rmsProp(0.9, 1e-3, optim.TF1), func(g []float64) float64 {
		s := average(squares(g), 0.9) + math.Pow(0.9, float64(len(g)))
		return -0.01 * g[len(g)-1] / math.Sqrt(s+1e-3)
	}},
	{"sgd", sgd(0, false), func(g []float64) float64 { return -0.01 * g[len(g)-1] }},
	{"sgd momentum", sgd(0.8, false), func(g []float64) float64 { return -0.01 * average(g, 0.8) / 0.2 }},
	{"sgd nesterov", sgd(0.8, true), func(g []float64) float64 {
		return -0.01 * (g[len(g)-1] + 0.8*average(g, 0.8)/0.2)
	}},
}

func adam(beta1, beta2, eps float64, c optim.Convention) func(value, grad *device.Tensor) (optim.Optimizer, error) {
	return func(value, grad *device.Tensor) (optim.Optimizer, error) {
		return optim.NewAdam(value, grad, optim.AdamConfig{LearningRate: 0.01, Beta1: beta1, Beta2: beta2, Eps: eps, Convention: c})
	}
}

func kerasAdam(g []float64) float64 {
	t := float64(len(g))
	rate := 0.01 * math.Sqrt(1-math.Pow(0.99, t)) / (1 - math.Pow(0.5, t))
	return -rate * average(g, 0.5) / (math.Sqrt(average(squares(g), 0.99)) + 1e-3)
}

func rmsProp(rho, eps float64, c optim.Convention) func(value, grad *device.Tensor) (optim.Optimizer, error) {
	return func(value, grad *device.Tensor) (optim.Optimizer, error) {
		return optim.NewRMSProp(value, grad, optim.RMSPropConfig{LearningRate: 0.01, Rho: rho, Eps: eps, Convention: c})
	}
}

func sgd(momentum float64, nesterov bool) func(value, grad *device.Tensor) (optim.Optimizer, error) {
	return func(value, grad *device.Tensor) (optim.Optimizer, error) {
		return optim.NewSGD(value, grad, optim.SGDConfig{LearningRate: 0.01, Momentum: momentum, Nesterov: nesterov})
	}
}

// average is the exponential average that starts at zero, written as a sum instead of a recursion.
func average(x []float64, decay float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += (1 - decay) * math.Pow(decay, float64(len(x)-1-i)) * v
	}
	return sum
}

func squares(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v * v
	}
	return y
}

// gradient returns the gradient of step t for parameter i: of several sizes, zero now and then.
func gradient(t, i int) float64 {
	size := []float64{1, 0.01, 1e-4, 3}[i]
	return size * math.Round(4*math.Sin(float64(3*t+i))) / 4
}

func TestCheck14TenSteps(t *testing.T) {
	for _, r := range rules {
		for _, dev := range []*device.CPU{device.NewCPU64(1), device.NewCPU(1)} {
			tolerance := 2e-7 // float32 parameters around 1
			if dev.Float64() {
				tolerance = 1e-15
			}
			t.Run(fmt.Sprint(r.name, " ", dev), func(t *testing.T) {
				want := []float64{0.5, -0.25, 0, 1}
				value, grad := tensorOn(t, dev, want...), tensorOn(t, dev, 0, 0, 0, 0)
				o, err := r.make(value, grad)
				require.NoError(t, err)
				history := make([][]float64, 4)
				for step := range 10 {
					for i := range history {
						history[i] = append(history[i], gradient(step, i))
						want[i] += r.update(history[i])
					}
					set(grad, []float64{gradient(step, 0), gradient(step, 1), gradient(step, 2), gradient(step, 3)})
					require.NoError(t, o.Step())
					assert.InDeltaSlice(t, want, valuesOf(value), float64(step+1)*tolerance, "step %d", step)
				}
				assert.Equal(t, 10, o.Steps())
			})
		}
	}
}

func TestCheck14FirstSteps(t *testing.T) {
	g := []float64{0.3, -2, 1e-8, 0}
	dev := device.NewCPU64(1)
	first := func(o func(value, grad *device.Tensor) (optim.Optimizer, error)) []float64 {
		value, grad := tensorOn(t, dev, 0, 0, 0, 0), tensorOn(t, dev, g...)
		opt, err := o(value, grad)
		require.NoError(t, err)
		require.NoError(t, opt.Step())
		assert.Equal(t, g, valuesOf(grad), "gradients are left alone")
		return valuesOf(value)
	}
	paper, tf1, keras := first(adam(0, 0.9, 1e-8, optim.PyTorch)), first(rmsProp(0.9, 1e-10, optim.TF1)), first(rmsProp(0.9, 1e-10, optim.Keras211))
	for i, x := range g {
		assert.InDelta(t, -0.01*x/(math.Abs(x)+1e-8), paper[i], 1e-16, "adam with beta1 0")
		assert.InDelta(t, -0.01*x/math.Sqrt(0.9+0.1*x*x+1e-10), tf1[i], 1e-16, "s starts at one")
		assert.InDelta(t, -0.01*x/math.Sqrt(0.1*x*x+1e-10), keras[i], 1e-16, "s starts at zero")
	}
}
