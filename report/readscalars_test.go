package report

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is written is read, from both files.
func TestReadScalars(t *testing.T) {
	dir := t.TempDir()
	w, err := OpenScalars(dir)
	require.NoError(t, err)
	inf := float32(math.Inf(1))
	want := []Scalars{
		{Step: 0, Epoch: 0, CriticLoss: -0.1, CriticLossGP: 9.4, Penalty: 9.5, GeneratorLoss: 1e-20, ImagesPerSecond: 12.3, Seconds: 0.5},
		{Step: 1, Epoch: 7, CriticLoss: inf, CriticLossGP: inf, Penalty: 0.25, GeneratorLoss: 3, Seconds: 1e9},
	}
	for _, row := range want {
		require.NoError(t, w.Append(row))
	}
	require.NoError(t, w.Close())
	for _, name := range []string{"scalars.csv", "scalars.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		var got []Scalars
		each := func(s Scalars) error { got = append(got, s); return nil }
		require.NoError(t, ReadScalars(strings.NewReader(string(text)+`{"step":2,"cri`), each), name)
		require.Len(t, got, 2, name)
		if name == "scalars.jsonl" { // which has no word for infinity
			assert.True(t, math.IsNaN(float64(got[1].CriticLoss)) && math.IsNaN(float64(got[1].CriticLossGP)))
			got[1].CriticLoss, got[1].CriticLossGP = inf, inf
		}
		assert.Equal(t, want, got, name)
		enough := errors.New("enough")
		assert.Equal(t, enough, ReadScalars(strings.NewReader(string(text)), func(Scalars) error { return enough }))
	}
	require.NoError(t, ReadScalars(strings.NewReader(""), nil))
}

func TestReadScalarsErrors(t *testing.T) {
	for want, text := range map[string]string{
		"line 1: want the columns step,epoch": "a,b\n",
		"line 2: 3 fields: want 8":            csvHeader + "1,2,3\n",
		"line 3: step: ":                      csvHeader + "0,0,0,0,0,0,0,0\nx,0,0,0,0,0,0,0\n",
		"critic_loss: ":                       csvHeader + "0,0,cat,0,0,0,0,0\n",
		"line 1: no step":                     "{}\n",
		"line 1: invalid character":           "{]\n",
		"line 1: longer than 65536":           "{" + strings.Repeat(" ", maxLine) + "\n",
	} {
		assert.ErrorContains(t, ReadScalars(strings.NewReader(text), func(Scalars) error { return nil }), want)
	}
	assert.ErrorContains(t, ReadScalars(strings.NewReader(csvHeader+strings.Repeat(fmt.Sprint(1), maxLine+1)), nil), "line 2: longer")
}
