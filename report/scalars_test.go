package report_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report"
)

const header = "step,epoch,critic_loss,critic_loss_gp,penalty,generator_loss,images_per_s,seconds\n"

func row(step int64) report.Scalars {
	return report.Scalars{Step: step, Epoch: int(step / 10), CriticLoss: -1.5, CriticLossGP: 0.1, Penalty: 0.16,
		GeneratorLoss: 1e-7, ImagesPerSecond: 1234.5, Seconds: float64(step) / 4}
}

func open(t *testing.T, dir string) *report.ScalarWriter {
	t.Helper()
	w, err := report.OpenScalars(dir)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// appendRows appends the rows of steps lo to hi-1 and closes.
func appendRows(t *testing.T, w *report.ScalarWriter, lo, hi int64) {
	t.Helper()
	for step := lo; step < hi; step++ {
		require.NoError(t, w.Append(row(step)))
	}
	require.NoError(t, w.Close())
}

func content(t *testing.T, dir string) (jsonl, csv string) {
	t.Helper()
	j, err := os.ReadFile(filepath.Join(dir, "scalars.jsonl"))
	require.NoError(t, err)
	c, err := os.ReadFile(filepath.Join(dir, "scalars.csv"))
	require.NoError(t, err)
	return string(j), string(c)
}

func TestScalarsFormat(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	s := row(7)
	s.CriticLoss = 1.0 / 3
	require.NoError(t, w.Append(s))
	s = report.Scalars{Step: 8, CriticLoss: float32(math.NaN()), CriticLossGP: float32(math.Inf(1)),
		Penalty: float32(math.Inf(-1)), GeneratorLoss: 1e30, ImagesPerSecond: math.Inf(1), Seconds: math.NaN()}
	require.NoError(t, w.Append(s))
	require.NoError(t, w.Close())
	jsonl, table := content(t, dir)
	assert.Equal(t, header+"7,0,0.33333334,0.1,0.16,1e-07,1234.5,1.75\n8,0,NaN,+Inf,-Inf,1e+30,+Inf,NaN\n", table)
	assert.Equal(t, `{"step":7,"epoch":0,"critic_loss":0.33333334,"critic_loss_gp":0.1,"penalty":0.16,`+
		`"generator_loss":1e-07,"images_per_s":1234.5,"seconds":1.75}`+"\n"+
		`{"step":8,"epoch":0,"critic_loss":null,"critic_loss_gp":null,"penalty":null,`+
		`"generator_loss":1e+30,"images_per_s":null,"seconds":null}`+"\n", jsonl)

	for line := range strings.Lines(jsonl) {
		assert.True(t, json.Valid([]byte(line)), line)
	}
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	require.NoError(t, err)
	assert.Len(t, rows, 3)
}

func TestScalarsAppendOnReopen(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	appendRows(t, open(t, whole), 0, 20)
	appendRows(t, open(t, parts), 0, 8)
	appendRows(t, open(t, parts), 8, 20)
	j, c := content(t, whole)
	pj, pc := content(t, parts)
	assert.Equal(t, j, pj)
	assert.Equal(t, c, pc)
}

func TestScalarsFlush(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	require.NoError(t, w.Append(row(0)))
	jsonl, _ := content(t, dir)
	assert.Empty(t, jsonl, "rows are buffered")
	require.NoError(t, w.Flush())
	jsonl, table := content(t, dir)
	assert.Equal(t, 1, strings.Count(jsonl, "\n"))
	assert.Equal(t, 2, strings.Count(table, "\n"))
	require.NoError(t, w.Append(row(1)))
	require.NoError(t, w.Sync())
	jsonl, _ = content(t, dir)
	assert.Equal(t, 2, strings.Count(jsonl, "\n"))
}

// A run that stopped at step 20 and resumes at any step has the files of a run that never stopped,
// whatever the crash left at the end.
func TestScalarsTruncateAndContinue(t *testing.T) {
	whole := t.TempDir()
	appendRows(t, open(t, whole), 0, 30)
	wantJSON, wantCSV := content(t, whole)
	tails := map[string][2]string{
		"clean":          {"", ""},
		"half a row":     {`{"step":20,"epo`, "20,2,-1.5,0."},
		"one byte":       {"{", "2"},
		"no newline":     {strings.TrimSpace(`{"step":20}`), "20,2,-1.5,0.1,0.16,1e-07,1234.5,5"},
		"zeros":          {strings.Repeat("\x00", 80_000), strings.Repeat("\x00", 80_000)},
		"rubbish line":   {"rubbish\n", "20,rubbish\n"},
		"a long line":    {strings.Repeat("x", 200_000) + "\n", strings.Repeat("0,", 100_000) + "\n"},
		"empty line":     {"\n", "\n"},
		"rubbish, a row": {"rubbish\n{\"step\":21}\n", "rubbish\n21,2,0,0,0,0,0,0\n"},
	}
	for name, tail := range tails {
		for _, at := range []int64{0, 1, 13, 20} {
			dir := t.TempDir()
			appendRows(t, open(t, dir), 0, 20)
			jsonl, table := content(t, dir)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "scalars.jsonl"), []byte(jsonl+tail[0]), 0o666))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "scalars.csv"), []byte(table+tail[1]), 0o666))
			w := open(t, dir)
			require.NoError(t, w.Truncate(at))
			appendRows(t, w, at, 30)
			gotJSON, gotCSV := content(t, dir)
			require.Equal(t, wantJSON, gotJSON, "%s, step %d", name, at)
			require.Equal(t, wantCSV, gotCSV, "%s, step %d", name, at)
		}
	}
}

// Truncate sees rows that are still in the buffer, and works twice.
func TestScalarsTruncateUnflushed(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	for step := range int64(10) {
		require.NoError(t, w.Append(row(step)))
	}
	require.NoError(t, w.Truncate(6))
	require.NoError(t, w.Append(row(6)))
	require.NoError(t, w.Truncate(3))
	appendRows(t, w, 3, 4)
	want := t.TempDir()
	appendRows(t, open(t, want), 0, 4)
	wantJSON, wantCSV := content(t, want)
	gotJSON, gotCSV := content(t, dir)
	assert.Equal(t, wantJSON, gotJSON)
	assert.Equal(t, wantCSV, gotCSV)
}

// Half of the very first line, as after a crash just after the files were made.
func TestScalarsHalfHeader(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "scalars.csv"), []byte(header[:20]), 0o666))
	appendRows(t, open(t, dir), 0, 1)
	_, table := content(t, dir)
	assert.Equal(t, header+"0,0,-1.5,0.1,0.16,1e-07,1234.5,0\n", table)
}

// A damaged line among the rows to be kept is reported, and no row before the step is lost.
func TestScalarsTruncateDamaged(t *testing.T) {
	for _, name := range []string{"scalars.jsonl", "scalars.csv"} {
		dir := t.TempDir()
		appendRows(t, open(t, dir), 0, 10)
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		lines := strings.SplitAfter(string(data), "\n")
		lines[4] = "damaged\n"
		damaged := strings.Join(lines, "")
		require.NoError(t, os.WriteFile(path, []byte(damaged), 0o666))
		w := open(t, dir)
		err = w.Truncate(8)
		require.ErrorContains(t, err, "report: truncate scalars to step 8: ")
		require.ErrorIs(t, err, report.ErrDamaged)
		require.ErrorContains(t, err, path+": line 5: ")
		appendRows(t, w, 8, 10)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, damaged, string(after), "it goes on where it was cut")
	}
}

func TestOpenScalarsErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := report.OpenScalars(filepath.Join(dir, "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "report: open scalars: ")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "scalars.csv"), 0o777))
	_, err = report.OpenScalars(dir)
	require.ErrorContains(t, err, "scalars.csv")
	require.NoError(t, os.Remove(filepath.Join(dir, "scalars.csv")))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "scalars.csv"), []byte("a,b\n1,2\n"), 0o666))
	_, err = report.OpenScalars(dir)
	require.ErrorContains(t, err, "line 1: want the columns step,epoch,")
	require.NoError(t, os.Remove(filepath.Join(dir, "scalars.csv")))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "scalars.jsonl"), make([]byte, 2<<20), 0o666))
	_, err = report.OpenScalars(dir)
	require.ErrorContains(t, err, "want a table of scalars")
	data, err := os.ReadFile(filepath.Join(dir, "scalars.jsonl"))
	require.NoError(t, err)
	assert.Len(t, data, 2<<20, "a foreign file is left as it is")
}

func TestScalarsAfterClose(t *testing.T) {
	w := open(t, t.TempDir())
	require.NoError(t, w.Close())
	require.NoError(t, w.Append(row(0)), "buffered")
	require.ErrorIs(t, w.Flush(), os.ErrClosed)
	require.ErrorIs(t, w.Sync(), os.ErrClosed)
	require.ErrorIs(t, w.Truncate(0), os.ErrClosed)
	require.ErrorIs(t, w.Close(), os.ErrClosed)
}
