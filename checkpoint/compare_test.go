package checkpoint_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
)

func TestCompare(t *testing.T) {
	trainer := training(t)
	steps(t, trainer, 1)
	a := open(t, state(t, trainer))
	compare := func() (lines []string) {
		list, err := a.Compare(trainer, nil)
		require.NoError(t, err)
		other, err := a.CompareTo(open(t, state(t, trainer)))
		require.NoError(t, err)
		for _, d := range other {
			lines = append(lines, d.String())
		}
		var names []string
		for _, d := range list {
			names = append(names, d.Name)
		}
		for _, d := range other {
			assert.Contains(t, names, d.Name, "both find it")
		}
		return lines
	}
	assert.Empty(t, compare())
	p := trainer.Variant().Networks().Critic.Params()[0]
	values, err := p.Torch()
	require.NoError(t, err)
	values[3] = math.Nextafter32(values[3], 9)
	require.NoError(t, p.SetTorch(values))
	lines := compare()
	require.Len(t, lines, 1)
	assert.Regexp(t, `^critic\.`+p.Name+`: 1 of \d+ numbers, by up to 1 ulp$`, lines[0])
	steps(t, trainer, 1)
	assert.Contains(t, compare(), `progress.generator_steps is "1" and "2"`)
}

func TestULP(t *testing.T) {
	zero, tiny := float32(0), float32(math.SmallestNonzeroFloat32)
	for _, c := range []struct {
		a, b float32
		want uint64
	}{
		{1, 1, 0}, {1, math.Nextafter32(1, 2), 1}, {2, math.Nextafter32(2, 1), 1}, {zero, -zero, 0}, {tiny, -tiny, 2}, {0, -tiny, 1}, {1, 2, 1 << 23},
	} {
		assert.Equal(t, c.want, checkpoint.ULP(c.a, c.b), "%g %g", c.a, c.b)
		assert.Equal(t, c.want, checkpoint.ULP(c.b, c.a), "%g %g", c.b, c.a)
	}
}
