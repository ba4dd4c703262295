package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/losses"
)

func TestPenaltyOptionsReachTheKernel(t *testing.T) {
	dev := device.NewCPU64(1)
	g, err := dev.New(device.Shape{2, 2})
	require.NoError(t, err)
	copy(device.Data[float64](g), []float64{0.3, 0.4, 3, 4})
	for _, c := range []struct {
		name    string
		penalty losses.GradientPenalty
		norms   []float64
		want    float64
	}{
		{"paper", losses.PaperPenalty(), []float64{0.5, 5}, 10 * (0.25 + 16) / 2},
		{"one-sided", losses.GradientPenalty{Lambda: 1, Target: 1, OneSided: true}, []float64{0.5, 5}, 16.0 / 2},
		{"eps", losses.GradientPenalty{Lambda: 1, Eps: 11}, []float64{math.Sqrt(11.25), 6}, (11.25 + 36) / 2},
		{"per pixel", losses.GradientPenalty{Lambda: 1, Target: 2, PerPixel: true}, []float64{0.5, 5}, (2.25 + 9) / 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := dev.New(g.Shape())
			require.NoError(t, err)
			norms, penalty := scores(t, dev, []float64{0, 0}), scores(t, dev, []float64{0})
			require.NoError(t, c.penalty.Direction(v, norms, penalty, g))
			assert.InDeltaSlice(t, c.norms, valuesOf(norms), 1e-14)
			assert.InDelta(t, c.want, valuesOf(penalty)[0], 1e-12)
		})
	}
}

func TestPenaltyValidate(t *testing.T) {
	assert.NoError(t, losses.PaperPenalty().Validate())
	assert.NoError(t, losses.GradientPenalty{}.Validate())
	for _, c := range []struct {
		penalty losses.GradientPenalty
		want    string
	}{
		{losses.GradientPenalty{Lambda: -1}, "Lambda -1"},
		{losses.GradientPenalty{Lambda: math.NaN()}, "Lambda NaN"},
		{losses.GradientPenalty{Target: math.Inf(1)}, "Target +Inf"},
		{losses.GradientPenalty{Eps: -1e-9}, "Eps -1e-09"},
	} {
		assert.ErrorContains(t, c.penalty.Validate(), "losses: gradient penalty: "+c.want)
	}
}
