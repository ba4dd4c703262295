package runner

import (
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/report"
	"ganlib/variants"
	"ganlib/vfs"
	"ganlib/vfs/faultfs"
)

// TestLines has each tutorial's console line, word for word.
func TestLines(t *testing.T) {
	s := variants.Stats{Step: 107, Epoch: 1, Batch: 7, CriticLoss: 1.5, Penalty: 0.25, GeneratorLoss: -0.125}
	for preset, want := range map[string]string{
		"catfaces":         "Epoch [1/10] Batch 7/100 Critic Loss: 1.75",
		"mnist-mlp-wgangp": "Epoch: 1/100, Critic Loss: 1.7500, Generator Loss: -0.1250",
		"dcgan16":          "Epoch [1/200], Step [7/100], D Loss: 1.7500, G Loss: -0.1250",
		"mnist-mlp-bce":    "Epoch [2/200], d_loss: 2.25, g_loss: 0.4375",
		"keras-wgan":       "Epoch 1/200, Discriminator Loss: 1.75, Generator Loss: -0.125",
		"toy-swissroll":    "Epoch [1/12] Batch 7/100 Critic Loss: 1.7500 Generator Loss: -0.1250",
	} {
		c, err := config.Preset(preset)
		require.NoError(t, err)
		info, err := config.Describe(preset)
		require.NoError(t, err)
		r := &Runner{config: c, info: info}
		r.mean.add(variants.Stats{Epoch: 0, CriticLoss: 100})
		r.mean.add(variants.Stats{Epoch: 1, Batch: 6, CriticLoss: 2.75, GeneratorLoss: 1})
		r.mean.add(s)
		assert.Equal(t, want, r.line(s, 100), preset)
		if preset == "mnist-mlp-bce" {
			r.config.Compat, err = config.NewCompat(config.SwitchLogLastBatch)
			require.NoError(t, err)
			assert.Equal(t, "Epoch [2/200], d_loss: 1.75, g_loss: -0.125", r.line(s, 100))
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float32]string{
		0: "0", -14.839203: "-14.839203", 1e-4: "0.0001", 9.9e-5: "9.9e-05", 16777216: "16777216", 1e16: "1e+16",
		-1e-5: "-1e-05", float32(math.Inf(1)): "+Inf", float32(math.Inf(-1)): "-Inf",
	} {
		assert.Equal(t, want, number(v))
	}
	assert.Equal(t, "NaN", number(float32(math.NaN())))
}

// TestEpochMeanIsRestored reads the rows of an epoch back from the table of scalars.
func TestEpochMeanIsRestored(t *testing.T) {
	dir := t.TempDir()
	w, err := report.OpenScalars(dir)
	require.NoError(t, err)
	var want epochMean
	for step := range int64(5) {
		s := variants.Stats{Step: step, Epoch: int(step / 3), CriticLoss: 0.1 * float32(step), Penalty: 0.7, GeneratorLoss: float32(1 / float64(step+1))}
		want.add(s)
		require.NoError(t, w.Append(report.Scalars{Step: s.Step, Epoch: s.Epoch, CriticLoss: s.CriticLoss, CriticLossGP: s.CriticLossGP(), GeneratorLoss: s.GeneratorLoss}))
	}
	require.NoError(t, w.Close())
	var got epochMean
	require.NoError(t, got.restore(vfs.OS, filepath.Join(dir, "scalars.csv"), 1))
	assert.Equal(t, want, got)
	assert.Equal(t, 2, got.n)
	table := filepath.Join(dir, "scalars.csv")
	text, err := os.ReadFile(table)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(table, []byte(string(text)+"5,1,0,x,0,0,0,0\n\"6,1\n"), 0o666))
	require.NoError(t, got.restore(vfs.OS, table, 1))
	assert.Equal(t, want, got, "damaged rows are left out")
	assert.ErrorIs(t, got.restore(vfs.OS, filepath.Join(dir, "none.csv"), 1), os.ErrNotExist)
}

// TestConsoleOutlivesItsPlaces: neither a console that is gone nor a full disk is an error, and lines wait for the
// disk.
func TestConsoleOutlivesItsPlaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "console.log")
	disk, err := faultfs.New(dir)
	require.NoError(t, err)
	c, err := openConsole(disk, path, failing{})
	require.NoError(t, err)
	c.print("one")
	disk.Inject(faultfs.From(1, faultfs.Short{Err: syscall.ENOSPC}))
	c.print("two")
	c.note("three")
	disk.Inject(nil)
	c.print("four")
	require.NoError(t, c.failure)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "one\ntwo\nthree\nfour\n", string(text))

	disk.Inject(faultfs.From(1, syscall.ENOSPC))
	for range 100_000 {
		c.note("more")
	}
	assert.Less(t, len(c.waiting), maxWaiting+10)
	assert.ErrorIs(t, c.close(), syscall.ENOSPC, "what is missing is told at the end")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestMeter(t *testing.T) {
	now := time.Unix(0, 0)
	m := newMeter(func() time.Time { return now }, 100)
	assert.Zero(t, m.current(100), "no time has passed")
	now = now.Add(time.Second)
	assert.InDelta(t, 50, m.current(150), 0, "the first seconds as they are")
	assert.InDelta(t, 50, m.rows.to(now, 150), 0)
	now = now.Add(time.Second)
	assert.InDelta(t, 100, m.current(300), 0, "200 images in two seconds")
	assert.InDelta(t, 150, m.rows.to(now, 300), 0, "since the last rows")
	now = now.Add(time.Second)
	assert.InDelta(t, 100, m.current(9000), 0, "too soon for another rate")
	now = now.Add(time.Second)
	assert.InDelta(t, 5000, m.current(10300), 0)
}
