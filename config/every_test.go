package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEvery(t *testing.T) {
	cases := map[string]struct {
		want      Every
		canonical string
	}{
		"100":       {Every{Steps: 100}, "100"},
		"1":         {Every{Steps: 1}, "1"},
		"0":         {Every{}, "never"},
		"never":     {Every{}, "never"},
		"epoch":     {Every{Epochs: 1}, "epoch"},
		"1 epoch":   {Every{Epochs: 1}, "epoch"},
		"1 epochs":  {Every{Epochs: 1}, "epoch"},
		"25 epochs": {Every{Epochs: 25}, "25 epochs"},
		"10m":       {Every{Time: 10 * time.Minute}, "10m"},
		"600s":      {Every{Time: 10 * time.Minute}, "10m"},
		"90m":       {Every{Time: 90 * time.Minute}, "1h30m"},
		"2h":        {Every{Time: 2 * time.Hour}, "2h"},
		"10h":       {Every{Time: 10 * time.Hour}, "10h"},
		"1m30s":     {Every{Time: 90 * time.Second}, "1m30s"},
		"1.5s":      {Every{Time: 1500 * time.Millisecond}, "1.5s"},
	}
	for text, tt := range cases {
		t.Run(text, func(t *testing.T) {
			got, err := ParseEvery(text)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.canonical, got.String())
			again, err := ParseEvery(tt.canonical)
			require.NoError(t, err)
			assert.Equal(t, got, again)
		})
	}
	for _, text := range []string{"", "-1", "1.5", "epochs", "0 epochs", "-2 epochs", "x epochs", "99999999999", "99999999999 epochs", "0s", "-1m", "1ms", "20000h", "ten minutes"} {
		_, err := ParseEvery(text)
		assert.ErrorContains(t, err, "config: parse interval: got "+quote(text)+", want a number of generator steps", text)
	}
}

func TestEveryDue(t *testing.T) {
	var steps, epochs []int
	for i := range 25 {
		if EverySteps(10).OnStep(i) {
			steps = append(steps, i)
		}
		if EveryEpochs(7).OnEpoch(i) {
			epochs = append(epochs, i)
		}
		assert.False(t, EverySteps(1).OnEpoch(i) || EveryEpochs(1).OnStep(i) || Every{}.OnStep(i) || Every{}.OnEpoch(i))
	}
	assert.Equal(t, []int{0, 10, 20}, steps)
	assert.Equal(t, []int{0, 7, 14, 21}, epochs)
}
