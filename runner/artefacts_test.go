package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/formats/safetensors"
	"ganlib/interchange"
	"ganlib/runner"
	"ganlib/runs"
)

// names returns the files of a run in a folder of it, in order.
func names(t *testing.T, run, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(run, folder))
	require.NoError(t, err)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// size returns the width and height of a picture of a run.
func size(t *testing.T, run, file string) image.Point {
	t.Helper()
	img, err := png.Decode(strings.NewReader(files(t, run)[file]))
	require.NoError(t, err, file)
	return img.Bounds().Size()
}

// count returns the number of batches that the generator's first batch norm has seen.
func count(t *testing.T, file, tensor string) int64 {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	f, err := safetensors.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	n, _, err := f.Int64s(tensor)
	require.NoError(t, err)
	return n[0]
}

// TestCatFacesArtefacts looks at everything that a run of two epochs of three batches leaves.
func TestCatFacesArtefacts(t *testing.T) {
	data := dataRoot(t)
	c := small(t, "catfaces", data)
	c.CheckpointEvery = config.EveryEpochs(1)
	var out console
	run := train(t, runner.Options{Config: c, Root: t.TempDir(), Name: "cat", Console: &out}, 0)
	assert.Equal(t, "cat0", filepath.Base(run))

	lines := out.lines()
	require.Len(t, lines, 6, "%q", lines)
	for i, want := range []string{
		`^Epoch \[0/2\] Batch 0/3 Critic Loss: -?\d+\.\d+$`, `^Epoch \[0/2\] Batch 2/3 Critic Loss: `, `^<=> Saving checkpoint\.\.$`,
		`^Epoch \[1/2\] Batch 0/3 Critic Loss: `, `^Epoch \[1/2\] Batch 2/3 Critic Loss: `, `^<=> Saving checkpoint\.\.$`,
	} {
		assert.Regexp(t, want, lines[i])
	}
	assert.True(t, strings.HasSuffix(files(t, run)["logs/console.log"], strings.Join(lines, "\n")+"\n"))

	pictures := []string{"generated_img0_0.png", "generated_img0_2.png", "generated_img1_0.png", "generated_img1_2.png"}
	assert.Equal(t, pictures, names(t, run, runs.FixedGridFolder))
	assert.Equal(t, append(slices.Clone(pictures), "generated_img_final.png"), names(t, run, runs.GridFolder))
	assert.Equal(t, pictures, names(t, run, runs.SingleFolder))
	// Four images, as in a batch, side by side; six at the end.
	assert.Equal(t, image.Pt(4*66+2, 68), size(t, run, "generated_grid_images/generated_img1_2.png"))
	assert.Equal(t, image.Pt(4*66+2, 68), size(t, run, "generated_grid_images_fixed/generated_img0_0.png"))
	assert.Equal(t, image.Pt(64, 64), size(t, run, "generated_images_fixed/generated_img0_0.png"))
	assert.Equal(t, image.Pt(6*66+2, 68), size(t, run, "generated_grid_images/generated_img_final.png"))

	assert.Equal(t, []string{"catfaces_checkpoint.pth.tar", "checkpoint-00000003.safetensors", "checkpoint-00000006.safetensors"}, names(t, run, runs.ModelFolder))
	assert.NoDirExists(t, filepath.Join(run, "exports"))
	newest := filepath.Join(run, "model", "checkpoint-00000006.safetensors")
	// Two critic steps and a generator step run the generator; pictures in evaluation mode do not count.
	assert.Equal(t, int64(6*3), count(t, newest, "generator.gen.0.1.num_batches_tracked"))
	// The file for PyTorch is what an export of the newest checkpoint is.
	m, err := interchange.Open(run)
	require.NoError(t, err)
	defer m.Close()
	var torch bytes.Buffer
	_, err = m.WriteTorch(&torch, interchange.Generator)
	require.NoError(t, err)
	assert.True(t, torch.String() == files(t, run)[runs.TorchFile])

	state, err := checkpoint.Open(newest)
	require.NoError(t, err)
	defer state.Close()
	assert.NotContains(t, state.Config(), "DATA_ROOT")
	saved, err := config.FromMap(state.Config())
	require.NoError(t, err)
	saved.DataRoot = c.DataRoot
	assert.Equal(t, c, saved)
	_, shape, err := state.FixedNoise()
	require.NoError(t, err)
	assert.Equal(t, []int{batch, 1, 1, c.ZDim}, shape)
	checkScalars(t, files(t, run), 6)
}

// checkScalars looks at the tables of a run of three steps an epoch.
func checkScalars(t *testing.T, all map[string]string, steps int) {
	t.Helper()
	rows := strings.Split(strings.TrimSpace(all["logs/scalars.csv"]), "\n")
	require.Len(t, rows, steps+1)
	for i, row := range rows[1:] {
		fields := strings.Split(row, ",")
		require.Len(t, fields, 8)
		assert.Equal(t, []string{strconv.Itoa(i), strconv.Itoa(i / 3)}, fields[:2])
		v := make([]float64, 8)
		for k, field := range fields {
			var err error
			v[k], err = strconv.ParseFloat(field, 64)
			require.NoError(t, err)
		}
		assert.InEpsilon(t, v[3], v[2]+v[4], 1e-5, "critic_loss_gp is critic_loss and the penalty, λ included")
		assert.Positive(t, v[6])
	}
	lines := strings.Split(strings.TrimSpace(all["logs/scalars.jsonl"]), "\n")
	require.Len(t, lines, steps)
	for i, line := range lines {
		var row struct{ Step int }
		require.NoError(t, json.Unmarshal([]byte(line), &row))
		assert.Equal(t, i, row.Step)
	}
}

// TestCatFacesCompat has the tutorial's errors: pictures that move the running averages, checkpoints at
// the start of epochs.
func TestCatFacesCompat(t *testing.T) {
	c := compat(t, small(t, "catfaces", dataRoot(t)))
	c.ImageSize = 16
	run := train(t, runner.Options{Config: c, Root: t.TempDir()}, 0)
	assert.Equal(t, []string{"catfaces_checkpoint.pth.tar", "checkpoint-00000000.safetensors", "checkpoint-00000003.safetensors"}, names(t, run, runs.ModelFolder), "the last epoch is never saved")
	// The critic's passes of three steps (the generator step takes the last fakes), and two pictures of two.
	assert.Equal(t, int64(3*c.CriticIterations+2*2), count(t, filepath.Join(run, "model", "checkpoint-00000003.safetensors"), "generator.gen.0.1.num_batches_tracked"))
	// The last critic batch of an epoch has two images, and pictures show what is in it.
	assert.Equal(t, image.Pt(2*18+2, 20), size(t, run, "generated_grid_images/generated_img0_2.png"))
	assert.Equal(t, image.Pt(4*18+2, 20), size(t, run, "generated_grid_images_fixed/generated_img0_2.png"))
	all := files(t, run)
	single, err := png.Decode(strings.NewReader(all["generated_images_fixed/generated_img0_2.png"]))
	require.NoError(t, err)
	lo, hi := extremes(single)
	assert.Equal(t, [2]uint32{0, 0xffff}, [2]uint32{lo, hi}, "each picture's contrast is stretched")

	stopped := train(t, runner.Options{Config: c, Root: t.TempDir()}, 2)
	assert.Contains(t, names(t, stopped, runs.ModelFolder), "checkpoint-00000002.safetensors", "a stop is saved")
}

func extremes(img image.Image) (lo, hi uint32) {
	lo = 0xffff
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			lo, hi = min(lo, r, g, b), max(hi, r, g, b)
		}
	}
	return lo, hi
}

// TestKerasArtefacts looks at the scores and the networks' files.
func TestKerasArtefacts(t *testing.T) {
	data := dataRoot(t)
	c := small(t, "keras-wgan", data)
	c.LogEvery, c.SampleEvery, c.GridColumns = config.EveryEpochs(1), config.EveryEpochs(25), 3
	scores := map[bool]string{}
	for _, rescaled := range []bool{false, true} {
		if rescaled {
			var err error
			c.Compat, err = config.NewCompat(config.SwitchScoreRescaled)
			require.NoError(t, err)
		}
		var out console
		run := train(t, runner.Options{Config: c, Root: t.TempDir(), Console: &out}, 0)
		all := files(t, run)
		scores[rescaled] = all["generated_grid_images/generated_img_final.csv"]
		rows := strings.Split(strings.TrimSpace(scores[rescaled]), "\n")
		require.Len(t, rows, 1+c.GridImages)
		lines := out.lines()
		epochs := epochLines(t, run)
		require.Len(t, epochs, 2)
		assert.Regexp(t, `^Epoch 0/2, Discriminator Loss: \S+, Generator Loss: \S+$`, epochs[0])
		at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "Generated Images: ") })
		require.Positive(t, at)
		for i, row := range rows[1:] {
			score, err := strconv.ParseFloat(strings.TrimPrefix(row, fmt.Sprintf("%d,", i)), 32)
			require.NoError(t, err)
			text, found := strings.CutPrefix(lines[at+1+i], fmt.Sprintf("Image %d - Discriminator Prediction: ", i+1))
			require.True(t, found, lines[at+1+i])
			printed, err := strconv.ParseFloat(text, 32)
			require.NoError(t, err)
			assert.InDelta(t, score, printed, 0)
		}
		assert.Equal(t, image.Pt(3*30+2, 2*30+2), size(t, run, "generated_grid_images/generated_img_final.png"))
		assert.Equal(t, []string{
			"wgan_discriminator_epoch_0.safetensors", "wgan_discriminator_epoch_1.safetensors", "wgan_discriminator_final.safetensors",
			"wgan_generator_epoch_0.safetensors", "wgan_generator_epoch_1.safetensors", "wgan_generator_final.safetensors",
		}, names(t, run, "exports"))
		assert.Equal(t, []string{"generated_img0_0.png", "generated_img0_2.png"}, names(t, run, runs.FixedGridFolder), "at once, and after epoch 0")
	}
	assert.NotEqual(t, scores[false], scores[true])
}

// TestMLPBCESamples writes a single image each time, from fixed noise or, as the tutorial, from the
// last batch's.
func TestMLPBCESamples(t *testing.T) {
	c := small(t, "mnist-mlp-bce", dataRoot(t))
	c.LearningRate = 1e-30 // the generator stays what it is
	pictures := func() (a, b string) {
		run := train(t, runner.Options{Config: c, Root: t.TempDir()}, 4)
		assert.Empty(t, names(t, run, runs.FixedGridFolder))
		all := files(t, run)
		assert.Equal(t, image.Pt(28, 28), size(t, run, "generated_images_fixed/generated_img0_0.png"))
		return all["generated_images_fixed/generated_img0_0.png"], all["generated_images_fixed/generated_img0_2.png"]
	}
	a, b := pictures()
	assert.Equal(t, a, b)
	var err error
	c.Compat, err = config.NewCompat(config.SwitchLogLastBatch)
	require.NoError(t, err)
	a, b = pictures()
	assert.NotEqual(t, a, b)
}

func TestToyArtefacts(t *testing.T) {
	var out console
	run := train(t, runner.Options{Config: small(t, "toy-25gaussians", ""), Root: t.TempDir(), Console: &out}, 0)
	assert.Equal(t, image.Pt(512, 512), size(t, run, "generated_grid_images/generated_img_final.png"))
	assert.Equal(t, image.Pt(512, 512), size(t, run, "generated_grid_images_fixed/generated_img0_2.png"))
	text := strings.Join(out.lines(), "\n")
	assert.Regexp(t, `Modes: \d+ of 25 covered, \d+\.\d % of 2000 samples within 3 sigma of one`, text)
	assert.Contains(t, text, "of 10000 samples")

	out = console{}
	train(t, runner.Options{Config: small(t, "toy-swissroll", ""), Root: t.TempDir(), Console: &out}, 0)
	assert.NotContains(t, strings.Join(out.lines(), "\n"), "Modes", "a spiral has none")
}

// TestNever turns everything off that can be; the end is saved all the same.
func TestNever(t *testing.T) {
	c := small(t, "toy-8gaussians", "")
	c.LogEvery, c.SampleEvery, c.CheckpointEvery, c.ExportEvery = config.Every{}, config.Every{}, config.Every{}, config.Every{}
	var out console
	run := train(t, runner.Options{Config: c, Root: t.TempDir(), Console: &out}, 0)
	lines := out.lines()
	require.Len(t, lines, 2)
	assert.Regexp(t, "^Modes: ", lines[0])
	assert.Equal(t, "<=> Saving checkpoint..", lines[1])
	assert.Equal(t, []string{"checkpoint-00000006.safetensors"}, names(t, run, runs.ModelFolder))
	assert.Empty(t, names(t, run, runs.FixedGridFolder))
	assert.NoDirExists(t, filepath.Join(run, "exports"))
}

// TestKeepsThreeCheckpoints and the steps are counted from the start of the run.
func TestKeepsThreeCheckpoints(t *testing.T) {
	c := small(t, "toy-8gaussians", "")
	c.NumEpochs, c.CheckpointEvery, c.SampleEvery = 4, config.EverySteps(5), config.Every{}
	run := train(t, runner.Options{Config: c, Root: t.TempDir()}, 0)
	assert.Equal(t, []string{"checkpoint-00000005.safetensors", "checkpoint-00000010.safetensors", "checkpoint-00000012.safetensors"}, names(t, run, runs.ModelFolder))
	c.CheckpointEvery = config.EverySteps(1)
	run = train(t, runner.Options{Config: c, Root: t.TempDir()}, 0)
	assert.Equal(t, []string{"checkpoint-00000010.safetensors", "checkpoint-00000011.safetensors", "checkpoint-00000012.safetensors"}, names(t, run, runs.ModelFolder))
}

func TestProgress(t *testing.T) {
	var told []runner.Progress
	c := small(t, "toy-8gaussians", "")
	c.LogEvery = config.EverySteps(1)
	train(t, runner.Options{Config: c, Root: t.TempDir(), Steps: 4, Progress: func(p runner.Progress) { told = append(told, p) }}, 0)
	require.Len(t, told, 4)
	for i, p := range told {
		assert.Equal(t, runner.PhaseTrain, p.Phase)
		assert.Equal(t, [2]int64{int64(i + 1), 4}, [2]int64{p.Done, p.Total})
		assert.Equal(t, int64(i), p.Stats.Step)
		assert.Positive(t, p.ImagesPerSecond)
	}
}

// TestWriteErrors takes a folder away in mid-run: that is a warning until the end, the error names the file,
// and the state is saved.
func TestWriteErrors(t *testing.T) {
	c := small(t, "dcgan16", dataRoot(t))
	root := t.TempDir()
	run := filepath.Join(root, "train0")
	var out console
	r, err := runner.Open(t.Context(), runner.Options{Config: c, Root: root, Console: &out, Progress: func(p runner.Progress) {
		if p.Phase == runner.PhaseTrain && p.Done == 1 {
			first := filepath.Join(run, runs.SingleFolder, "generated_img0_0.png") // the last one of its step
			assert.Eventually(t, func() bool { _, err := os.Stat(first); return err == nil }, time.Minute, time.Millisecond)
			assert.NoError(t, os.RemoveAll(filepath.Join(run, runs.GridFolder)))
		}
	}})
	require.NoError(t, err)
	err = r.Run(t.Context())
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, filepath.Join(run, runs.GridFolder, "generated_img1_2.png"))
	assert.False(t, r.Finished())
	require.NoError(t, r.Close())
	text := strings.Join(out.lines(), "\n")
	assert.Contains(t, text, "Warning: the samples could not be written, and the training goes on: ")
	assert.Contains(t, text, filepath.Join(run, runs.GridFolder, "generated_img0_2.png"))
	assert.Equal(t, 1, strings.Count(text, "Warning"), "once")
	assert.Contains(t, names(t, run, runs.ModelFolder), "checkpoint-00000006.safetensors")

	require.NoError(t, os.Mkdir(filepath.Join(run, runs.GridFolder), 0o777))
	train(t, runner.Options{Resume: run}, 0)
}

// TestStopBeforeTheFirstStep leaves a run that can be resumed.
func TestStopBeforeTheFirstStep(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r, err := runner.Open(ctx, runner.Options{Config: small(t, "toy-8gaussians", ""), Root: t.TempDir()})
	require.NoError(t, err)
	cancel(errors.New("a signal"))
	require.ErrorIs(t, r.Run(ctx), context.Canceled)
	require.NoError(t, r.Close())
	assert.Equal(t, []string{"checkpoint-00000000.safetensors"}, names(t, r.Folder(), runs.ModelFolder))
	train(t, runner.Options{Resume: r.Folder()}, 0)
}
