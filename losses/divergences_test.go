package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/losses"
)

func TestDivergences(t *testing.T) {
	for _, c := range []struct {
		name   string
		p, q   []float64
		kl, js float64
	}{
		{"equal", []float64{0.25, 0.75}, []float64{0.25, 0.75}, 0, 0},
		{"disjoint", []float64{1, 0}, []float64{0, 1}, math.Inf(1), math.Ln2},
		{"a coin against a biased one", []float64{0.5, 0.5}, []float64{0.25, 0.75}, 0.5 * math.Log(4.0/3), 0.5*(0.5*math.Log(4.0/3)+0.5*math.Log(4.0/5)) + 0.5*(0.25*math.Log(2.0/3)+0.75*math.Log(6.0/5))},
		{"an outcome that p lacks", []float64{1, 0}, []float64{0.5, 0.5}, math.Ln2, 0.5*math.Log(4.0/3) + 0.5*(0.5*math.Log(2.0/3)+0.5*math.Ln2)},
		{"smallest probabilities", []float64{1, 5e-324}, []float64{1, 0}, math.Inf(1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			kl, err := losses.KL(c.p, c.q)
			require.NoError(t, err)
			js, err := losses.JS(c.p, c.q)
			require.NoError(t, err)
			mirrored, err := losses.JS(c.q, c.p)
			require.NoError(t, err)
			if math.IsInf(c.kl, 1) {
				assert.Equal(t, c.kl, kl)
			} else {
				assert.InDelta(t, c.kl, kl, 1e-15)
			}
			assert.InDelta(t, c.js, js, 1e-15)
			assert.InDelta(t, js, mirrored, 1e-15, "symmetric")
		})
	}
}

func TestDivergencesRefuse(t *testing.T) {
	for _, c := range []struct {
		p, q []float64
		want string
	}{
		{[]float64{1}, []float64{0.5, 0.5}, "p has 1 outcomes, q has 2"},
		{nil, nil, "p sums to 0"},
		{[]float64{1.5, -0.5}, []float64{0.5, 0.5}, "p[1] is -0.5"},
		{[]float64{0.5, 0.5}, []float64{math.NaN(), 1}, "q[0] is NaN"},
		{[]float64{0.5, 0.5}, []float64{0.5, 0.4}, "q sums to 0.9"},
		{[]float64{0.5, 0.5}, []float64{math.Inf(1), 0}, "q sums to +Inf"},
	} {
		_, err := losses.KL(c.p, c.q)
		assert.ErrorContains(t, err, "losses: kl: "+c.want)
		_, err = losses.JS(c.p, c.q)
		assert.ErrorContains(t, err, "losses: js: "+c.want)
	}
}
