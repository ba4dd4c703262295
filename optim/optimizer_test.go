package optim_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/optim"
)

// An optimiser that gets another's state, steps and rate goes on in the same way, bit for bit.
func TestRestoredStateContinues(t *testing.T) {
	dev := device.NewCPU(1)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			value, grad := tensorOn(t, dev, 0.5, -0.25, 0, 1), tensorOn(t, dev, 0, 0, 0, 0)
			o, err := r.make(value, grad)
			require.NoError(t, err)
			step := func(o optim.Optimizer, k int) {
				set(grad, []float64{gradient(k, 0), gradient(k, 1), gradient(k, 2), gradient(k, 3)})
				require.NoError(t, o.Step())
			}
			for k := range 3 {
				step(o, k)
			}
			require.NoError(t, o.SetLearningRate(0.002))

			other := tensorOn(t, dev, valuesOf(value)...)
			restored, err := r.make(other, grad)
			require.NoError(t, err)
			require.Len(t, restored.State(), len(o.State()))
			for i, s := range o.State() {
				assert.Equal(t, s.Name, restored.State()[i].Name)
				assert.Equal(t, value.Shape(), s.Tensor.Shape())
				require.NoError(t, kernels.Copy(restored.State()[i].Tensor, s.Tensor))
			}
			require.NoError(t, restored.SetSteps(o.Steps()))
			require.NoError(t, restored.SetLearningRate(o.LearningRate()))
			for k := range 4 {
				step(o, 3+k)
				step(restored, 3+k)
				require.Equal(t, valuesOf(value), valuesOf(other), "step %d", k)
			}
		})
	}
}

func TestStateNames(t *testing.T) {
	dev := device.NewCPU(1)
	for name, want := range map[string][]string{
		"adam pytorch": {"m", "v"}, "rmsprop tf1": {"square_avg"}, "sgd": nil, "sgd nesterov": {"momentum_buffer"},
	} {
		for _, r := range rules {
			if r.name != name {
				continue
			}
			o, err := r.make(tensorOn(t, dev, 1), tensorOn(t, dev, 1))
			require.NoError(t, err)
			var got []string
			for _, s := range o.State() {
				got = append(got, s.Name)
			}
			assert.Equal(t, want, got, name)
		}
	}
}

func TestLearningRate(t *testing.T) {
	value, grad := tensorOn(t, device.NewCPU(1), 1, 2), tensorOn(t, device.NewCPU(1), 1, 2)
	_, err := optim.NewAdam(value, grad, optim.AdamDefaults(optim.PyTorch))
	assert.ErrorContains(t, err, "optim: adam: grad is on device")

	grad = tensorOn(t, value.Device(), 1, 2)
	o, err := optim.NewAdam(value, grad, optim.AdamDefaults(optim.PyTorch))
	require.NoError(t, err)
	require.NoError(t, o.SetLearningRate(0))
	require.NoError(t, o.Step())
	assert.Equal(t, []float64{1, 2}, valuesOf(value), "a rate of zero moves nothing")
	require.NoError(t, o.SetLearningRate(0.5))
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		assert.ErrorContains(t, o.SetLearningRate(bad), "optim: adam: learning rate")
		assert.Equal(t, 0.5, o.LearningRate())
	}
	assert.ErrorContains(t, o.SetSteps(-1), "optim: adam: steps -1")
	assert.Equal(t, 1, o.Steps())
}

func TestValidateNamesFields(t *testing.T) {
	for _, c := range []optim.Convention{optim.PyTorch, optim.Keras, optim.Keras211, optim.TF1} {
		assert.NoError(t, optim.AdamDefaults(c).Validate())
		assert.NoError(t, optim.RMSPropDefaults(c).Validate())
	}
	assert.NoError(t, optim.SGDDefaults().Validate())

	for _, c := range []struct {
		config interface{ Validate() error }
		want   []string
	}{
		{optim.AdamConfig{}, []string{"adam: LearningRate 0: ", "adam: Eps 0: ", `adam: Convention "": `}},
		{optim.AdamConfig{LearningRate: math.NaN(), Beta1: 1, Beta2: -0.1, Eps: math.Inf(1), Convention: "torch"}, []string{"LearningRate NaN", "Beta1 1", "Beta2 -0.1", "Eps +Inf", `"torch"`}},
		{optim.RMSPropConfig{LearningRate: -1, Rho: math.NaN(), Eps: -1, Convention: "x"}, []string{"rmsprop: LearningRate -1", "rmsprop: Rho NaN", "rmsprop: Eps -1", `rmsprop: Convention "x"`}},
		{optim.SGDConfig{Momentum: 1}, []string{"sgd: LearningRate 0", "sgd: Momentum 1"}},
		{optim.SGDConfig{LearningRate: 1, Nesterov: true}, []string{"sgd: Nesterov without momentum"}},
	} {
		err := c.config.Validate()
		for _, want := range c.want {
			assert.ErrorContains(t, err, want)
		}
	}
}

func TestConstructorsRefuse(t *testing.T) {
	dev := device.NewCPU(1)
	value := tensorOn(t, dev, 1, 2)
	for _, r := range rules {
		o, err := r.make(value, tensorOn(t, dev, 1, 2, 3))
		var shapes *device.ShapeError
		require.ErrorAs(t, err, &shapes, r.name)
		assert.Equal(t, "grad", shapes.Arg)
		assert.Nil(t, o)
	}
	_, err := optim.NewAdam(value, value, optim.AdamConfig{})
	assert.Error(t, err)
	_, err = optim.NewRMSProp(value, value, optim.RMSPropConfig{})
	assert.Error(t, err)
	_, err = optim.NewSGD(value, value, optim.SGDConfig{})
	assert.Error(t, err)
}

// A tensor without memory fails in the step, which then does not count.
func TestFailedStepDoesNotCount(t *testing.T) {
	dev := device.NewCPU(1)
	w := device.NewWorkspace(dev)
	broken := w.View(tensorOn(t, dev, 1, 2), device.Shape{3})
	for _, r := range rules {
		o, err := r.make(broken, broken)
		require.NoError(t, err)
		var shapes *device.ShapeError
		require.ErrorAs(t, o.Step(), &shapes)
		assert.ErrorContains(t, o.Step(), "optim: "+o.Name()+": step 1: ")
		assert.Zero(t, o.Steps())
	}
}

func TestStepsAllocateNothing(t *testing.T) {
	dev := device.NewCPU(2)
	defer dev.Close()
	for _, r := range rules {
		o, err := r.make(tensorOn(t, dev, make([]float64, 40000)...), tensorOn(t, dev, make([]float64, 40000)...))
		require.NoError(t, err)
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			if err := o.Step(); err != nil {
				panic(err)
			}
		}), r.name)
	}
}

func TestZeroGradientsMoveNothing(t *testing.T) {
	dev := device.NewCPU(1)
	for _, r := range rules {
		value := tensorOn(t, dev, 0.5, -1)
		o, err := r.make(value, tensorOn(t, dev, 0, 0))
		require.NoError(t, err)
		for range 3 {
			require.NoError(t, o.Step())
		}
		assert.Equal(t, []float64{0.5, -1}, valuesOf(value), r.name)
	}
}

func TestMeta(t *testing.T) {
	dev, counter := device.NewMeta(), new(device.Counter)
	dev.SetCounter(counter)
	for _, r := range rules {
		counter.Reset()
		o, err := r.make(tensorOn(t, dev, 1, 2), tensorOn(t, dev, 1, 2))
		require.NoError(t, err)
		require.NoError(t, o.Step())
		assert.Equal(t, 1, counter.Calls(o.Name()), r.name)
	}
}
