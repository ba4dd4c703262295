package runner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/runner"
	"ganlib/runs"
)

// TestNothingIsWrittenBeforeAllIsAccepted makes runs that cannot be; not even the folder of runs may
// appear.
func TestNothingIsWrittenBeforeAllIsAccepted(t *testing.T) {
	data := dataRoot(t)
	good := small(t, "dcgan16", data)
	with := func(change func(*config.Config)) config.Config {
		c := good
		change(&c)
		return c
	}
	require.NoError(t, os.MkdirAll(filepath.Join(data, "empty"), 0o777))
	for i := range 6 {
		writeImage(t, filepath.Join(data, "broken", fmt.Sprintf("%d.png", i)), i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(data, "broken", "z.png"), nil, 0o666))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	cases := map[string]struct {
		o    runner.Options
		ctx  context.Context
		is   error
		want []string
	}{
		"configuration": {o: runner.Options{Config: with(func(c *config.Config) { c.BatchSize = 0; c.ImageSize = 17 })}, want: []string{"BATCH_SIZE", "IMAGE_SIZE"}},
		"no preset":     {o: runner.Options{}, want: []string{"PRESET"}},
		"name":          {o: runner.Options{Config: good, Name: "a/b"}, want: []string{`"a/b"`}},
		"steps":         {o: runner.Options{Config: good, Steps: -1}, want: []string{"steps -1"}},
		"threads":       {o: runner.Options{Config: good, Threads: -1}, want: []string{"threads -1"}},
		"device":        {o: runner.Options{Config: good, Device: "cuda"}, is: device.ErrNoCUDA, want: []string{"--device"}},
		"engine":        {o: runner.Options{Config: good, Engine: "sse"}, want: []string{"--engine", "sse"}},
		"device name":   {o: runner.Options{Config: good, Device: "tpu"}, want: []string{"tpu"}},
		"data":          {o: runner.Options{Config: good, Data: filepath.Join(data, "nowhere")}, is: os.ErrNotExist, want: []string{"nowhere"}},
		"empty data":    {o: runner.Options{Config: with(func(c *config.Config) { c.DataName = "empty" })}, is: datasets.ErrNoImages},
		"no batch": {o: runner.Options{Config: with(func(c *config.Config) { c.BatchSize, c.DropLast = 11, true })},
			want: []string{"batch 11 of 10 images"}},
		"cancelled": {o: runner.Options{Config: good}, ctx: cancelled, is: context.Canceled},
		"batch norm of one sample, after one was skipped": {o: runner.Options{Config: func() config.Config {
			c := small(t, "keras-wgan", data)
			c.DataName, c.DropLast, c.BatchSize = "broken", false, 5 // of six images and a broken one
			return c
		}()}, want: []string{"last batch of a pass, 1 of 5"}},
		"batch norm of one sample": {o: runner.Options{Config: func() config.Config {
			c := small(t, "keras-wgan", data)
			c.DropLast, c.BatchSize = false, 13 // the last batch has one
			return c
		}()}, want: []string{"last batch of a pass, 1 of 13"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.o.Root = filepath.Join(t.TempDir(), "trains")
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			r, err := runner.Open(ctx, c.o)
			require.Error(t, err)
			assert.Nil(t, r)
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
			for _, text := range c.want {
				assert.ErrorContains(t, err, text)
			}
			assert.NoDirExists(t, c.o.Root)
		})
	}
}

func TestOpenNamesAnUnwritableRoot(t *testing.T) {
	root := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(root, nil, 0o666))
	_, err := runner.Open(t.Context(), runner.Options{Config: small(t, "toy-swissroll", ""), Root: root})
	assert.ErrorContains(t, err, root)
}

func TestNewRun(t *testing.T) {
	data := dataRoot(t)
	require.NoError(t, os.WriteFile(filepath.Join(data, "CatFaces", "bad.png"), []byte("nothing"), 0o666))
	c := small(t, "catfaces", data)
	c.Device = "cuda"
	var told []runner.Progress
	var out console
	o := runner.Options{Config: c, Root: t.TempDir(), Console: &out, Threads: 1, Progress: func(p runner.Progress) { told = append(told, p) }}
	r, err := runner.Open(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(o.Root, "train0"), r.Folder())
	assert.Equal(t, c, r.Config())
	assert.False(t, r.Finished())

	start := r.Start()
	assert.Contains(t, start[0], "cpu")
	assert.Contains(t, start[0], "although DEVICE cuda asks for a GPU: ")
	assert.Contains(t, start[0], device.ErrNoCUDA.Error())
	all := strings.Join(start, "\n")
	for _, text := range []string{
		"CatFaces: 10 images of 64×64×3, 0.1 MB, 1 skipped, from " + filepath.Join(data, "CatFaces"),
		"skipped bad.png: ", "wgan-gp", "step 0 of 6", "an epoch is 3 steps", "--resume " + r.Folder(),
	} {
		assert.Contains(t, all, text)
	}
	require.NotEmpty(t, told)
	assert.Equal(t, runner.Progress{Phase: runner.PhaseData, Done: 11, Total: 11}, told[len(told)-1])
	saved := files(t, r.Folder())
	assert.Equal(t, string(config.Marshal(c)), saved[runs.ConfigFile])
	assert.Equal(t, all+"\n", saved["logs/console.log"])

	// The folder is locked.
	_, err = runner.Open(t.Context(), runner.Options{Resume: r.Folder()})
	assert.ErrorIs(t, err, runs.ErrLocked)
	require.NoError(t, r.Close())
	require.NoError(t, r.Close(), "closing again")
}

func TestDataPathIsPartOfTheRun(t *testing.T) {
	data := dataRoot(t)
	c := small(t, "dcgan16", "elsewhere")
	folder := train(t, runner.Options{Config: c, Root: t.TempDir(), Data: filepath.Join(data, "celeba_gan")}, 1)
	text := files(t, folder)[runs.ConfigFile]
	assert.Contains(t, text, "DATA_NAME: celeba_gan\n")
	assert.Contains(t, text, data)

	_, err := runner.Open(t.Context(), runner.Options{Resume: folder, Data: filepath.Join(data, "CatFaces")})
	require.ErrorIs(t, err, runner.ErrChanged)
	assert.ErrorContains(t, err, "DATA_NAME: celeba_gan, now CatFaces")
	train(t, runner.Options{Resume: folder, Data: filepath.Join(data, "celeba_gan")}, 2)
	train(t, runner.Options{Resume: folder}, 3)
}

func TestStrict(t *testing.T) {
	data := dataRoot(t)
	require.NoError(t, os.WriteFile(filepath.Join(data, "CatFaces", "bad.png"), []byte("nothing"), 0o666))
	_, err := runner.Open(t.Context(), runner.Options{Config: small(t, "dcgan16", data), Root: t.TempDir(), Strict: true})
	assert.ErrorContains(t, err, "bad.png")
}

func TestDeviceLine(t *testing.T) {
	for _, c := range []struct{ key, option, want string }{
		{"auto", "", "the fastest there is (DEVICE auto"},
		{"cpu", "", "as DEVICE cpu asks for"},
		{"cuda:1", "", "although DEVICE cuda:1 asks for a GPU"},
		{"cuda", "cpu", "as --device cpu asks for"},
	} {
		cfg := small(t, "toy-swissroll", "")
		cfg.Device = c.key
		p, err := runner.MakePlan(t.Context(), runner.Options{Config: cfg, Device: c.option, Threads: 1})
		require.NoError(t, err)
		if gpus, _ := device.CUDADriver().Devices(); len(gpus) == 0 || c.option == "cpu" || c.key == "cpu" {
			assert.Contains(t, p.Device, "Device: cpu (")
		}
		assert.Contains(t, p.Device, c.want)
	}
}
