package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/replay"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

func start() *int64 { return new(int64) }

// states returns the findings of a state, one a line.
func states(r *replay.Report, of replay.State) string {
	var lines []string
	for _, f := range r.Findings {
		if f.State == of {
			lines = append(lines, f.String())
		}
	}
	return strings.Join(lines, "\n")
}

func verify(t testing.TB, run string, o replay.Options) *replay.Report {
	t.Helper()
	o.Threads = max(o.Threads, 1)
	r, err := replay.Verify(t.Context(), run, o)
	require.NoError(t, err)
	return r
}

// flipAt flips the lowest bit of the byte that lies by bytes after the first occurrence of a text.
func flipAt(after string, by int) func(*testing.T, []byte) []byte {
	return func(t *testing.T, text []byte) []byte {
		at := bytes.Index(text, []byte(after))
		require.GreaterOrEqual(t, at, 0, after)
		text[at+len(after)+by] ^= 1
		return text
	}
}

// flipTensor flips a bit of the tensor's first byte in a checkpoint.
func flipTensor(name string) func(*testing.T, []byte) []byte {
	return func(t *testing.T, text []byte) []byte {
		length := int(text[0]) | int(text[1])<<8 | int(text[2])<<16
		var header map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(text[8:8+length], &header))
		var info struct {
			Offsets [2]int `json:"data_offsets"`
		}
		require.NoError(t, json.Unmarshal(header[name], &info), name)
		text[8+length+info.Offsets[0]] ^= 1
		return text
	}
}

// flipRow flips a bit of the last character of a value in the row of a step: that from before to after.
func flipRow(step int, before, after string) func(*testing.T, []byte) []byte {
	return func(t *testing.T, text []byte) []byte {
		lines := bytes.SplitAfter(text, []byte("\n"))
		line := lines[step]
		at := bytes.Index(line, []byte(before)) + len(before)
		at += bytes.Index(line[at:], []byte(after)) - 1
		require.Regexp(t, `\d`, string(line[at]))
		line[at] ^= 1
		return bytes.Join(lines, nil)
	}
}

// TestVerifyFindsAByte flips one bit of every kind of file, and each is found and named.
func TestVerifyFindsAByte(t *testing.T) {
	const newest = "model/checkpoint-00000006.safetensors"
	_, original := fresh(t)
	for _, c := range []struct {
		name string
		file string // in the run, or with ../ beside it
		flip func(*testing.T, []byte) []byte
		want []string
	}{
		{"an image, PNG", "../faces/04.png", flipAt("IDAT", 20), []string{"12 samples", "11 samples", "04.png: it cannot be read"}},
		{"an image, JPEG", "../faces/05.jpg", flipAt("\xff\xda", 100), []string{"data: ", "image 5 ", "05.jpg"}},
		{"a weight", newest, flipTensor("generator.gen.0.0.weight"), []string{newest, `tensor "generator.gen.0.0.weight" has checksum`}},
		{"an optimiser's moment", newest, flipTensor("optimizer.critic.m.disc.0.weight"), []string{newest, `tensor "optimizer.critic.m.disc.0.weight" has checksum`}},
		{"the header of a checkpoint", newest, flipAt(`"config.SEED":"`, 0), []string{newest, "the header has checksum"}},
		{"a checkpoint that is not trained from or to", "model/checkpoint-00000002.safetensors", flipTensor("fixed_noise"), []string{"checkpoint-00000002", `"fixed_noise"`}},
		{"a loss in the CSV", "logs/scalars.csv", flipRow(5, "4,1,", ","), []string{"row 5", "losses logs/scalars.csv: step 4"}},
		{"a column in the CSV's head", "logs/scalars.csv", flipAt("step,ep", 0), []string{"scalars.csv: line 1"}},
		{"a loss in the JSON", "logs/scalars.jsonl", flipRow(2, `"critic_loss":`, ","), []string{"row 3", "scalars.jsonl"}},
		{"seconds in the JSON", "logs/scalars.jsonl", flipRow(0, `"seconds":`, "}"), []string{"row 1", "seconds is"}},
		{"a key in the JSON", "logs/scalars.jsonl", flipAt(`"pena`, 0), []string{"row 1", "scalars.jsonl"}},
		{"a value of the configuration", runs.ConfigFile, flipAt("LAMBDA_GP: ", 1), []string{runs.ConfigFile, `LAMBDA_GP: was "10", is "11"`}},
		{"a comment of the configuration", runs.ConfigFile, flipAt("# ", 3), []string{runs.ConfigFile, "not the same bytes"}},
		{"the manifest", runs.ManifestFile, flipAt(`"fingerprint": "`, 3), []string{runs.ManifestFile, "damaged"}},
		{"a space of the manifest", runs.ManifestFile, flipAt(`"version":`, 0), []string{runs.ManifestFile, "damaged"}},
		{"the images' checksums", runs.ImageSumsFile, flipAt("", 9), []string{runs.ImageSumsFile}},
		{"a picture", "generated_grid_images_fixed/generated_img1_1.png", flipAt("IDAT", 30), []string{"generated_img1_1.png: not what step 4 draws"}},
		{"a picture of another step", "generated_images_fixed/generated_img0_0.png", flipAt("IDAT", 30), []string{"pictures generated_images_fixed/generated_img0_0.png: "}},
		{"a byte after a picture", "generated_images_fixed/generated_img0_0.png", func(_ *testing.T, text []byte) []byte { return append(text, 0) },
			[]string{"there is something after its end"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "copy")
			require.NoError(t, os.CopyFS(root, os.DirFS(original)))
			run := filepath.Join(root, "train0")
			change(t, filepath.Join(run, filepath.FromSlash(c.file)), func(text []byte) []byte { return c.flip(t, text) })
			r := verify(t, run, replay.Options{Data: filepath.Join(root, "faces")})
			assert.Equal(t, replay.Differs, r.State)
			found := states(r, replay.Differs)
			for _, want := range c.want {
				assert.Contains(t, found, want)
			}
		})
	}
}

// TestVerifyUndisturbed finds nothing wrong with runs that nothing happened to, from any checkpoint, on a
// folder that cannot be written, which stays as it is.
func TestVerifyUndisturbed(t *testing.T) {
	run, root := fresh(t)
	stopped := train(t, runner.Options{Config: tiny(t, root, "COMPAT=grid-train-mode"), Root: root}, 3)
	train(t, runner.Options{Resume: stopped, Threads: 2}, 0)
	for _, run := range []string{run, stopped} {
		before, times := contents(t, run), written(t, run)
		readOnly(t, run)
		for _, o := range []replay.Options{{}, {From: start()}, {From: start(), Steps: 6, Threads: 2}, {From: start(), To: 3}} {
			r := verify(t, run, o)
			assert.Equal(t, replay.Same, r.State, "%s%s", states(r, replay.Differs), states(r, replay.Unchecked))
			if o.Steps == 6 {
				assert.Equal(t, []int64{0, 6}, []int64{r.From, r.To})
				all := states(r, replay.Same)
				for _, want := range []string{
					"data: 12 samples", "logs/scalars.csv: steps 0 to 5 trained again", "checkpoint-00000004.safetensors: the state that was trained again",
					"checkpoint-00000006.safetensors: the state", "19 pictures of these steps drawn again",
				} {
					assert.Contains(t, all, want)
				}
			}
		}
		assert.Equal(t, before, contents(t, run))
		assert.Equal(t, times, written(t, run))
	}
}

// TestVerifyAsTheRunWasMade takes the engine, the limit of steps and the pictures into account that a run was
// made with, and that it went back to a checkpoint.
func TestVerifyAsTheRunWasMade(t *testing.T) {
	root := t.TempDir()
	writeImages(t, filepath.Join(root, "faces"))
	for name, trained := range map[string]func(t *testing.T) string{
		"engine": func(t *testing.T) string {
			return train(t, runner.Options{Config: tiny(t, root), Root: root, Engine: "reference"}, 0)
		},
		"limit": func(t *testing.T) string {
			return train(t, runner.Options{Config: tiny(t, root, "LR_DECAY=linear"), Root: root, Steps: 4}, 0)
		},
		"rollback": func(t *testing.T) string {
			spoilt := false
			spoil := variants.Hook{Name: "spoiler", Step: func(tr *variants.Trainer) error {
				if spoilt || tr.Progress().GeneratorSteps != 3 {
					return nil
				}
				spoilt = true
				return kernels.Fill(tr.Variant().Networks().Critic.Params()[0].Value, math.NaN())
			}}
			run := train(t, runner.Options{Config: tiny(t, root), Root: root, OnNaN: runner.RollBackOnNaN, Hooks: []variants.Hook{spoil}}, 0)
			assert.FileExists(t, filepath.Join(run, "layout", "rollbacks.json"))
			return run
		},
		"pictures that train": func(t *testing.T) string {
			run := train(t, runner.Options{Config: tiny(t, root, "COMPAT=grid-train-mode", "SAMPLE_EVERY=2"), Root: root}, 0)
			for _, folder := range []string{runs.GridFolder, runs.FixedGridFolder, runs.SingleFolder} {
				require.NoError(t, os.RemoveAll(filepath.Join(run, folder)))
				require.NoError(t, os.Mkdir(filepath.Join(run, folder), 0o777))
			}
			return run
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := verify(t, trained(t), replay.Options{From: start(), Steps: 4})
			assert.Equal(t, replay.Same, r.State, "%s%s", states(r, replay.Differs), states(r, replay.Unchecked))
		})
	}
}

func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

// written returns when each file of a folder was written.
func written(t *testing.T, folder string) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	for path := range contents(t, folder) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		all[path] = info.ModTime()
	}
	return all
}

// readOnly takes the right to write into a folder away, where there is such a thing, until the test ends.
func readOnly(t *testing.T, folder string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return
	}
	set := func(mode fs.FileMode) {
		require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(path, mode)
			}
			return err
		}))
	}
	set(0o555)
	t.Cleanup(func() { set(0o755) })
}

// TestVerifyFindsAnotherTraining finds what checksums cannot: a checkpoint, a picture and a table that are whole,
// but of another training.
func TestVerifyFindsAnotherTraining(t *testing.T) {
	run, root := fresh(t)
	other := train(t, runner.Options{Config: tiny(t, root, "LEARNING_RATE=0.01"), Root: root}, 0)
	for _, c := range []struct {
		files []string
		want  []string
	}{
		{[]string{"logs/scalars.csv", "logs/scalars.jsonl"}, []string{"losses logs/scalars.csv: step 4 is the first of 2 that differ: ", "losses logs/scalars.jsonl: step 4"}},
		{[]string{"generated_grid_images/generated_img1_2.png"}, []string{"generated_img1_2.png: not what step 5 draws"}},
		{[]string{"model/checkpoint-00000006.safetensors"}, []string{"its configuration is not the run's: LEARNING_RATE: was"}},
	} {
		before := contents(t, run)
		for _, file := range c.files {
			text, err := os.ReadFile(filepath.Join(other, filepath.FromSlash(file)))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(run, filepath.FromSlash(file)), text, 0o666))
		}
		r := verify(t, run, replay.Options{})
		found := states(r, replay.Differs)
		for _, want := range c.want {
			assert.Contains(t, found, want)
		}
		for path, text := range before {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		}
	}
}

func TestVerifyFindsACheckpointOfAnotherStep(t *testing.T) {
	run, _ := fresh(t)
	model := filepath.Join(run, "model")
	require.NoError(t, os.Rename(filepath.Join(model, "checkpoint-00000004.safetensors"), filepath.Join(model, "checkpoint-00000005.safetensors")))
	assert.Contains(t, states(verify(t, run, replay.Options{}), replay.Differs), "checkpoint-00000005.safetensors: it is that of step 4")
}

// TestVerifyFindsAnEditedCheckpoint finds a weight that was changed together with its checksums.
func TestVerifyFindsAnEditedCheckpoint(t *testing.T) {
	run, _ := fresh(t)
	edit(t, run, 6, func(values []float32) { values[5] += values[5] / (1 << 20) })
	r := verify(t, run, replay.Options{})
	assert.Equal(t, replay.Differs, r.State)
	found := states(r, replay.Differs)
	assert.Contains(t, found, "checkpoint-00000006.safetensors: not the state that was trained again: critic.")
	assert.Contains(t, found, ": 1 of ")
	var f replay.Finding
	for _, g := range r.Findings {
		if g.State == replay.Differs {
			f = g
		}
	}
	assert.True(t, strings.HasPrefix(f.Tensor, "critic."), f.Tensor)
	assert.InDelta(t, 12, f.ULP, 4, "2⁻²⁰ of a number is 8 to 16 ulp")
}

// A run that had a limit of steps and goes on without has learning rates that fall to another end from there on.
func TestVerifyWhereLearningRatesChange(t *testing.T) {
	root := t.TempDir()
	writeImages(t, filepath.Join(root, "faces"))
	run := train(t, runner.Options{Config: tiny(t, root, "LR_DECAY=linear"), Root: root, Steps: 4}, 0)
	train(t, runner.Options{Resume: run}, 0)
	r := verify(t, run, replay.Options{From: start(), Steps: 6})
	assert.Equal(t, replay.Unchecked, r.State, states(r, replay.Differs))
	assert.EqualValues(t, 4, r.To)
	assert.Contains(t, states(r, replay.Unchecked), "from step 4 on the learning rates fall to another end")
	r = verify(t, run, replay.Options{})
	assert.Equal(t, replay.Same, r.State, states(r, replay.Differs))
	assert.EqualValues(t, 4, r.From)
}

// A run that began with a checkpoint, as an imported one does, did not begin with fresh networks.
func TestVerifyARunThatWasRestored(t *testing.T) {
	root := t.TempDir()
	writeImages(t, filepath.Join(root, "faces"))
	run := train(t, runner.Options{Config: tiny(t, root), Root: root, OnNaN: runner.RollBackOnNaN, Keep: 9}, 0)
	remove := func(step string) {
		require.NoError(t, os.Remove(filepath.Join(run, "model", "checkpoint-0000000"+step+".safetensors")))
	}
	for _, step := range []string{"2", "4", "6"} {
		remove(step)
	}
	edit(t, run, 0, func(values []float32) { values[0] = 1 })
	train(t, runner.Options{Resume: run, Keep: 9}, 0)
	r := verify(t, run, replay.Options{From: start()})
	assert.Equal(t, replay.Same, r.State, states(r, replay.Differs))
	remove("0")
	r = verify(t, run, replay.Options{From: start()})
	assert.Equal(t, replay.Unchecked, r.State, states(r, replay.Differs))
	assert.Contains(t, states(r, replay.Unchecked), "began with a checkpoint of step 0")
}

// TestVerifyOnAnotherEngine cannot promise bytes.
func TestVerifyOnAnotherEngine(t *testing.T) {
	if len(device.Engines()) == 1 {
		t.Skip("this machine has one engine")
	}
	run, _ := fresh(t)
	r := verify(t, run, replay.Options{Engine: "reference"})
	assert.Equal(t, replay.Unchecked, r.State, states(r, replay.Differs))
	assert.Contains(t, states(r, replay.Unchecked), `here "reference"`)
	setField(t, filepath.Join(run, "logs", "scalars.csv"), 4, 2, "1.5")
	r = verify(t, run, replay.Options{Engine: "reference"})
	assert.Contains(t, states(r, replay.Differs), "losses logs/scalars.csv: step 4")
}

func TestVerifyErrors(t *testing.T) {
	_, err := replay.Verify(t.Context(), t.TempDir(), replay.Options{})
	require.ErrorIs(t, err, runs.ErrNotRun)
	run, root := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = replay.Verify(ctx, run, replay.Options{From: start(), Progress: func(p runner.Progress) {
		if p.Phase == runner.PhaseTrain {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	negative := int64(-1)
	_, err = replay.Verify(t.Context(), run, replay.Options{From: &negative})
	require.ErrorContains(t, err, "want 0 or more")

	require.NoError(t, os.Rename(filepath.Join(root, "faces"), filepath.Join(root, "moved")))
	r := verify(t, run, replay.Options{})
	assert.Equal(t, replay.Unchecked, r.State)
	r = verify(t, run, replay.Options{Data: filepath.Join(root, "moved")})
	assert.Equal(t, replay.Same, r.State, states(r, replay.Differs))
	require.NoError(t, os.Remove(filepath.Join(run, filepath.FromSlash(runs.ManifestFile))))
	r = verify(t, run, replay.Options{Data: filepath.Join(root, "moved")})
	assert.Equal(t, replay.Unchecked, r.State, states(r, replay.Differs))
	assert.Contains(t, states(r, replay.Unchecked), "the run is from before there were any")
}
