package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report"
)

// tables returns the two tables of a run with rows of the given steps.
func tables(t *testing.T, steps ...int64) (csv, jsonl string) {
	t.Helper()
	dir := t.TempDir()
	w, err := report.OpenScalars(dir)
	require.NoError(t, err)
	for _, step := range steps {
		loss := float32(step) / 3
		require.NoError(t, w.Append(report.Scalars{Step: step, CriticLoss: loss, Penalty: 0.1, CriticLossGP: loss + 0.1, GeneratorLoss: -loss, Seconds: 0.25}))
	}
	require.NoError(t, w.Close())
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return string(text)
	}
	return read("scalars.csv"), read("scalars.jsonl")
}

func check(csv, jsonl string, settled int64) (int64, error) {
	return report.CheckScalars(strings.NewReader(csv), strings.NewReader(jsonl), settled)
}

func TestCheckScalars(t *testing.T) {
	csv, jsonl := tables(t, 0, 1, 2)
	for _, settled := range []int64{0, 3} {
		rows, err := check(csv, jsonl, settled)
		require.NoError(t, err)
		assert.EqualValues(t, 3, rows)
	}
	_, err := check(csv, jsonl, 4)
	assert.ErrorContains(t, err, "it ends after 3 rows, but step 3 is done")
	for name, cut := range map[string]int{"half a line": 5, "a line": len(jsonl) - strings.LastIndex(jsonl[:len(jsonl)-1], "\n") - 1} {
		rows, err := check(csv, jsonl[:len(jsonl)-cut], 2)
		assert.NoError(t, err, "%s that a training is about to write", name)
		assert.EqualValues(t, 2, rows)
		_, err = check(csv, jsonl[:len(jsonl)-cut], 3)
		assert.ErrorIs(t, err, report.ErrDamaged, name)
		assert.ErrorContains(t, err, "scalars.jsonl")
	}
	rows, err := check(tables2(tables(t)))
	assert.NoError(t, err)
	assert.Zero(t, rows)
	_, err = check(tables2(tables(t, 0, 1, 3)))
	assert.ErrorContains(t, err, "step 3: want 2")
	csv, jsonl = tables(t, 7, 8)
	rows, err = check(csv, jsonl, 9)
	assert.NoError(t, err, "a run that was imported begins later")
	assert.EqualValues(t, 2, rows)
}

func tables2(csv, jsonl string) (string, string, int64) { return csv, jsonl, 0 }

// Every bit of the tables counts.
func TestCheckScalarsFindsABit(t *testing.T) {
	csv, jsonl := tables(t, 0, 1, 2)
	flip := func(text string, i int) string { return text[:i] + string(text[i]^1) + text[i+1:] }
	for i := range csv {
		_, err := check(flip(csv, i), jsonl, 3)
		require.ErrorIs(t, err, report.ErrDamaged, fmt.Sprint("csv ", i))
	}
	for i := range jsonl {
		_, err := check(csv, flip(jsonl, i), 3)
		require.ErrorIs(t, err, report.ErrDamaged, fmt.Sprint("jsonl ", i))
	}
	_, err := check(strings.Replace(csv, "1,0,0.33333334,0.43333334", "1,0,0.33333334,0.43333337", 1), strings.Replace(jsonl, "0.43333334", "0.43333337", 1), 3)
	assert.ErrorContains(t, err, "want critic_loss and penalty", "the same error in both")
}
