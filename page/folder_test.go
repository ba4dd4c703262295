package page

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
	"ganlib/runs"
)

const header = "step,epoch,critic_loss,critic_loss_gp,penalty,generator_loss,images_per_s,seconds\n"

func row(step int) string {
	return fmt.Sprintf("%d,%d,-1.5,%d.25,0.5,2,100,0.5\n", step, step/10, step)
}

func rows(from, to int) string {
	var b strings.Builder
	for step := from; step < to; step++ {
		b.WriteString(row(step))
	}
	return b.String()
}

// The table is followed while it grows, also when only a part of a line is there, and read again when it
// was cut, as a run does that goes on from an earlier checkpoint.
func TestScalarsFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scalars.csv")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o666)) }
	s := newScalars(path)
	require.NoError(t, s.poll())
	assert.Equal(t, 0, s.series.rows(), "no table yet")
	write(header + row(0) + "1,0,-1.5")
	require.NoError(t, s.poll())
	assert.Equal(t, 1, s.series.rows())
	write(header + rows(0, 30))
	require.NoError(t, s.poll())
	assert.Equal(t, 30, s.series.rows())
	assert.Equal(t, []float64{29, 2, -1.5, 29.25, 0.5, 2, 100}, s.series.values[29*7:])
	assert.Equal(t, 2, s.epoch)

	version := s.series.version
	write(header + rows(0, 12))
	require.NoError(t, s.poll())
	assert.Equal(t, 12, s.series.rows())
	assert.Equal(t, 1, s.epoch)
	assert.Greater(t, s.series.version, version)

	version = s.series.version
	write(header + rows(0, 5) + strings.Replace(rows(5, 14), "-1.5", "-9.5", 1)) // cut and grown again in between
	s.step = 40
	require.NoError(t, s.poll())
	assert.Equal(t, 14, s.series.rows())
	assert.Greater(t, s.series.version, version)

	other := filepath.Join(t.TempDir(), "other.csv") // and replaced by a longer one
	require.NoError(t, os.WriteFile(other, []byte(header+rows(100, 150)), 0o666))
	require.NoError(t, os.Rename(other, path))
	require.NoError(t, s.poll())
	assert.Equal(t, 50, s.series.rows())
	assert.InDelta(t, 149, s.step, 0)
}

// Whatever the file holds, the rows of numbers in it are shown and nothing else happens.
func TestScalarsOddities(t *testing.T) {
	for _, c := range []struct {
		name, text string
		rows       int
	}{
		{"empty", "", 0},
		{"header alone", header, 0},
		{"no header of ours", "a,b,c\n1,2,3\n", 0},
		{"a column less and one more", "more,step,critic_loss\n7,0,1.5\n7,1,1.5\n", 2},
		{"not finite", header + "0,0,NaN,+Inf,-Inf,0,0,0\n", 1},
		{"short rows", header + "0\n1,\n2,0,1\n", 3},
		{"text", header + "zero,0,1,1,1,1,1,1\n" + row(1), 1},
		{"negative and huge steps", header + "-1,0,1,1,1,1,1,1\n1e300,0,1,1,1,1,1,1\n" + row(3), 1},
		{"steps out of order", header + row(3) + row(1) + row(4) + row(4) + row(5), 3},
		{"returns", strings.ReplaceAll(header+rows(0, 3), "\n", "\r\n"), 3},
		{"a line without end", header + strings.Repeat("x", 3*maxLine), 0},
		{"zeros", header + strings.Repeat("\x00", 1<<21) + "\n" + row(1), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "scalars.csv")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o666))
			s := newScalars(path)
			for range 3 {
				require.NoError(t, s.poll())
				assert.Equal(t, c.rows, s.series.rows())
			}
			assert.LessOrEqual(t, cap(s.rest), 2*maxLine+1<<20)
		})
	}
	require.NoError(t, os.Mkdir(filepath.Join(t.TempDir(), "d"), 0o777))
	assert.Error(t, newScalars(t.TempDir()).poll(), "a folder")
}

// FuzzScalars feeds tables in two parts: no part may be lost, and none counted twice.
func FuzzScalars(f *testing.F) {
	f.Add([]byte(header+rows(0, 4)), 40)
	f.Add([]byte("step\n1\n0\n"), 3)
	f.Add([]byte(header+"NaN,\n\n\r\n,,,,,,,,,,\n"), 9)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		feedIn := func(parts ...[]byte) *scalars {
			s := newScalars("")
			s.again = true
			for _, p := range parts {
				require.NoError(t, s.parse(p))
			}
			return s
		}
		cut = min(max(cut, 0), len(data))
		var whole *scalars
		enginetest.AllocatesAtMost(t, 64*len(data)+1<<20, func() { whole = feedIn(data) })
		parts := feedIn(data[:cut], data[cut:])
		assert.Equal(t, string(whole.series.json(nil, 0)), string(parts.series.json(nil, 0)))
		assert.LessOrEqual(t, whole.series.rows(), strings.Count(string(data), "\n")+1)
	})
}

func newRun(t testing.TB) *runs.Run {
	t.Helper()
	run, err := runs.Create(t.TempDir(), "train", map[string][]byte{runs.ConfigFile: nil})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	return run
}

func TestAlbum(t *testing.T) {
	run := newRun(t)
	a := album{run: run}
	require.NoError(t, a.poll())
	assert.Empty(t, a.list)
	draw := func(path string) { require.NoError(t, os.WriteFile(path, []byte("png"), 0o666)) }
	draw(run.Pictures(0, 5).Single)
	require.NoError(t, a.poll())
	assert.Equal(t, []moment{{0, 5}}, a.list, "a run without grids has single samples")

	for _, m := range []moment{{10, 0}, {0, 0}, {2, 100}, {2, 20}} {
		draw(run.Pictures(m.epoch, m.batch).FixedGrid)
	}
	for _, name := range []string{"generated_img_final.png", ".generated_img3_0.png.tmp-X", "generated_img1_.png", "generated_img1_2.png~", "generated_img0000000001_2.png"} {
		draw(run.Join(runs.FixedGridFolder, name))
	}
	require.NoError(t, os.Mkdir(run.Pictures(7, 7).FixedGrid, 0o777))
	version := a.version
	require.NoError(t, a.poll())
	assert.Equal(t, []moment{{0, 0}, {2, 20}, {2, 100}, {10, 0}}, a.list)
	assert.Greater(t, a.version, version)
	assert.Equal(t, "[[2,100],[10,0]]", string(a.json(nil, 2)))

	version = a.version
	draw(run.Pictures(11, 0).FixedGrid)
	require.NoError(t, a.poll())
	assert.Len(t, a.list, 5)
	assert.Equal(t, version, a.version, "one more at the end")
	require.NoError(t, os.Remove(run.Pictures(0, 0).FixedGrid))
	require.NoError(t, a.poll())
	assert.Len(t, a.list, 4)
	assert.Greater(t, a.version, version)

	// A folder that has not changed for a while is not read again.
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(run.Join(runs.FixedGridFolder), old, old))
	require.NoError(t, a.poll())
	a.list = a.list[:1]
	require.NoError(t, a.poll())
	assert.Len(t, a.list, 1)
}
