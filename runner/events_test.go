package runner_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/presets"
	"ganlib/report"
	"ganlib/report/events"
	"ganlib/runner"
	"ganlib/runs"
)

// logged returns the values in the event files of a folder, one after the other, by "folder tag".
func logged(t testing.TB, run string) map[string][]events.Event {
	t.Helper()
	all := map[string][]events.Event{}
	root := filepath.Join(run, runs.LogFolder)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		require.NoError(t, err)
		return events.ReadFolder(path, func(e *events.Event) error {
			for _, v := range e.Values {
				key := filepath.ToSlash(rel) + " " + v.Tag
				all[key] = append(all[key], events.Event{Step: e.Step, Values: []events.Value{v}})
			}
			return nil
		})
	}))
	return all
}

// curves returns what equal runs have in common of their event files, as text: all but texts, which a
// resumed run repeats, and histograms, which depend on the time that they take.
func curves(t testing.TB, run string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for key, list := range logged(t, run) {
		var b strings.Builder
		for _, e := range list {
			switch v := e.Values[0].Data.(type) {
			case events.Scalar:
				fmt.Fprintln(&b, e.Step, float32(v))
			case events.Image:
				fmt.Fprintf(&b, "%d %d×%d×%d %x\n", e.Step, v.Width, v.Height, v.Channels, v.Encoded)
			}
		}
		if b.Len() > 0 {
			texts["events "+key] = b.String()
		}
	}
	return texts
}

// steps returns the steps of events.
func steps(list []events.Event) (all []int64) {
	for _, e := range list {
		all = append(all, e.Step)
	}
	return all
}

// TestEvents looks at everything that TensorBoard gets from a run of two epochs of three batches.
func TestEvents(t *testing.T) {
	c := small(t, "catfaces", dataRoot(t))
	run := train(t, runner.Options{Config: c, Root: t.TempDir()}, 0)
	all := logged(t, run)
	everyStep, everyPicture := []int64{0, 1, 2, 3, 4, 5}, []int64{0, 2, 3, 5}
	for key, want := range map[string][]int64{
		"criticLoss CriticLoss/Epochs":       everyStep,
		"criticLoss_GP CriticLoss_GP/Epochs": everyStep,
		"genLoss GeneratorLoss/Epochs":       everyStep,
		"real Real":                          everyPicture,
		"fake_fixed Fake_fixed":              everyPicture,
		"fake_different Fake_different":      everyPicture,
		"fake_singular Fake_singular":        everyPicture,
		". configuration":                    {0},
		". hyperparameters":                  {0},
		". _hparams_/session_start_info":     {0},
	} {
		assert.Equal(t, want, steps(all[key]), key)
	}

	// The numbers are those of the table.
	rows := strings.Split(strings.TrimSpace(files(t, run)["logs/scalars.csv"]), "\n")[1:]
	for i, row := range rows {
		number := func(key string) string { return fmt.Sprint(all[key][i].Values[0].Data) }
		fields := strings.Split(row, ",")
		assert.Equal(t, fields[2], number("criticLoss CriticLoss/Epochs"))
		assert.Equal(t, fields[3], number("criticLoss_GP CriticLoss_GP/Epochs"))
		assert.Equal(t, fields[5], number("genLoss GeneratorLoss/Epochs"))
	}

	// The pictures are those of the folders.
	for key, folder := range map[string]string{
		"fake_fixed Fake_fixed": runs.FixedGridFolder, "fake_different Fake_different": runs.GridFolder, "fake_singular Fake_singular": runs.SingleFolder,
	} {
		for i, name := range []string{"generated_img0_0.png", "generated_img0_2.png", "generated_img1_0.png", "generated_img1_2.png"} {
			img, ok := all[key][i].Values[0].Data.(events.Image)
			require.True(t, ok)
			assert.Equal(t, files(t, run)[folder+"/"+name], string(img.Encoded), key)
			assert.Equal(t, size(t, run, folder+"/"+name), image.Pt(img.Width, img.Height))
		}
	}
	checkReal(t, c, all["real Real"])

	// Weights and gradients of every parameter, at least once.
	for _, net := range []string{"generator", "critic"} {
		for _, kind := range []string{"weights", "gradients"} {
			name := map[string]string{"generator": "gen.0.0.weight", "critic": "disc.0.weight"}[net]
			list := all[net+" "+kind+"/"+name]
			require.NotEmpty(t, list, net+kind)
			h, ok := list[0].Values[0].Data.(events.Histogram)
			require.True(t, ok)
			assert.NotZero(t, h.SumSquares)
			if kind == "weights" { // they begin with a deviation of 0.02
				assert.InDelta(t, 0.02, math.Sqrt(h.SumSquares/h.Num), 0.005)
			}
		}
	}

	params, ok := all[". _hparams_/session_start_info"][0].Values[0].Data.(events.HParams)
	require.True(t, ok)
	assert.Contains(t, params.Params, events.HParam{Name: "LEARNING_RATE", Value: c.LearningRate})
	assert.Contains(t, params.Params, events.HParam{Name: "SHUFFLE", Value: true})
	assert.Contains(t, params.Params, events.HParam{Name: "VARIANT", Value: "wgan-gp"})
	text := fmt.Sprint(all[". hyperparameters"][0].Values[0].Data)
	assert.Contains(t, text, "| BATCH_SIZE | `4` |\n")
	assert.Contains(t, fmt.Sprint(all[". configuration"][0].Values[0].Data), "\tBATCH_SIZE: 4\n")
}

// checkReal compares grids of real images with the images: of the last critic step's batch, in its order.
func checkReal(t *testing.T, c config.Config, list []events.Event) {
	t.Helper()
	data, err := presets.OpenData(t.Context(), c, presets.DataOptions{})
	require.NoError(t, err)
	order, err := datasets.NewOrder(datasets.OrderConfig{Seed: c.Seed, N: images, Batch: c.BatchSize, Shuffle: true})
	require.NoError(t, err)
	var batch datasets.Batch
	at := 0
	for step := range int64(6) {
		for range c.CriticIterations {
			batch = order.Next()
		}
		if step != list[at].Step {
			continue
		}
		var x []float32
		for i := range batch.N {
			for _, v := range data.Set.Image(batch.Index(i)) {
				x = append(x, float32(v)/127.5-1)
			}
		}
		want, err := report.Grid(x, batch.N, 64, 64, 3, report.GridOptions{})
		require.NoError(t, err)
		img, ok := list[at].Values[0].Data.(events.Image)
		require.True(t, ok)
		decoded, err := png.Decode(bytes.NewReader(img.Encoded))
		require.NoError(t, err)
		assert.Equal(t, want.Pix, decoded.(*image.RGBA).Pix, "step %d", step)
		at++
	}
	assert.Equal(t, len(list), at)
}

// Under log-axis x rises at every hundredth batch, and every critic step has a point; log-folders renames.
func TestEventsCompat(t *testing.T) {
	c := compat(t, small(t, "catfaces", dataRoot(t)))
	c.ImageSize, c.CriticIterations = 16, 3
	all := logged(t, train(t, runner.Options{Config: c, Root: t.TempDir()}, 0))
	assert.NotContains(t, all, "criticLoss_GP CriticLoss_GP/Epochs")
	critic := []int64{0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}
	assert.Equal(t, critic, steps(all["criticLoss CriticLoss/Epochs"]))
	assert.Equal(t, critic, steps(all["original_criticLoss CriticLoss_GP/Epochs"]))
	assert.Equal(t, []int64{0, 1, 1, 1, 2, 2}, steps(all["genLoss GeneratorLoss/Epochs"]))
	assert.Equal(t, []int64{0, 1, 1, 2}, steps(all["real Real"]))
	different := map[string]bool{}
	for _, e := range all["criticLoss CriticLoss/Epochs"] {
		different[fmt.Sprint(e.Values[0].Data)] = true
	}
	assert.Len(t, different, len(critic), "every critic step has a loss of its own")
}

// A resumed run says that what was written of its first step and later ones is void, for who has read it.
func TestEventsResume(t *testing.T) {
	c := small(t, "toy-8gaussians", "")
	c.LogEvery = config.EverySteps(1)
	run := train(t, runner.Options{Config: c, Root: t.TempDir()}, 2)
	train(t, runner.Options{Resume: run}, 0)
	var all []string
	require.NoError(t, events.ReadFolder(filepath.Join(run, runs.GeneratorLossLogs), func(e *events.Event) error {
		all = append(all, fmt.Sprint(e.Step, e.Start))
		return nil
	}))
	assert.Equal(t, []string{"0 false", "1 false", "2 true", "2 false", "3 false", "4 false", "5 false"}, all)
	assert.Equal(t, []int64{0}, steps(logged(t, run)["real Real"]), "points are shown once")
}

func TestNoEvents(t *testing.T) {
	run := train(t, runner.Options{Config: small(t, "toy-8gaussians", ""), Root: t.TempDir(), NoEvents: true}, 0)
	assert.Empty(t, logged(t, run))
	assert.NoDirExists(t, filepath.Join(run, "logs", "generator"))
}

// Event files that cannot be written are told of once, and the training goes on.
func TestEventsFail(t *testing.T) {
	c := small(t, "toy-8gaussians", "")
	run := train(t, runner.Options{Config: c, Root: t.TempDir()}, 2)
	folder := filepath.Join(run, "logs", "genLoss")
	require.NoError(t, os.RemoveAll(folder))
	require.NoError(t, os.WriteFile(folder, nil, 0o666))
	var out console
	train(t, runner.Options{Resume: run, Console: &out}, 0)
	text := strings.Join(out.lines(), "\n")
	assert.Equal(t, 1, strings.Count(text, "no more events for TensorBoard are written"), text)
	assert.Contains(t, text, "genLoss")
	assert.FileExists(t, filepath.Join(run, "model", "checkpoint-00000006.safetensors"))
	assert.FileExists(t, filepath.Join(run, runs.GridFolder, "generated_img_final.png"))
}
