package runner_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runner"
	"ganlib/runs"
)

// batch and images make an epoch of three batches, the last of them partial.
const (
	batch  = 4
	images = 10
)

// dataRoot makes small data sets for all presets: folders of PNG files in nested class folders, and
// idx files.
func dataRoot(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"CatFaces", "celeba_gan"} {
		for i := range images {
			writeImage(t, filepath.Join(root, name, fmt.Sprintf("class%d", i%3), "nested", fmt.Sprintf("%02d.png", i)), i)
		}
	}
	// Of 14 images in batches of 4 with the last dropped there are three batches too.
	writeIDX(t, filepath.Join(root, "MNIST", "train-images-idx3-ubyte"), images+batch)
	return root
}

// writeImage writes a picture of 20×18 pixels, with a gradient and a square that depend on i.
func writeImage(t testing.TB, path string, i int) {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 20, 18))
	for y := range 18 {
		for x := range 20 {
			c := color.RGBA{uint8(10*x + 7*i), uint8(12*y + 3*i), uint8(20 * i), 255}
			if x > i && x < i+6 && y > i && y < i+6 {
				c = color.RGBA{255 - c.R, 255, c.B, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o666))
}

func writeIDX(t testing.TB, path string, n int) {
	t.Helper()
	data := []byte{0, 0, 8, 3}
	for _, d := range []uint32{uint32(n), 28, 28} {
		data = binary.BigEndian.AppendUint32(data, d)
	}
	for i := range n {
		for p := range 28 * 28 {
			data = append(data, uint8((p%28)*(i+1)+3*(p/28)))
		}
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, data, 0o666))
}

// small returns a preset with small networks on the data in root: two epochs of three steps, samples
// and console lines at every second step, checkpoints after steps 2, 4 and 6.
func small(t testing.TB, preset, root string) config.Config {
	t.Helper()
	c, err := config.Preset(preset)
	require.NoError(t, err)
	if root != "" {
		c.DataRoot = root
	}
	c.NumEpochs, c.BatchSize, c.Device = 2, batch, "cpu"
	c.FeaturesGen, c.FeaturesCritic, c.ZDim = 4, 4, 6
	if c.CriticIterations > 1 {
		c.CriticIterations = 2
	}
	if c.ImageSize == 128 { // the same three batches, at less cost
		c.BatchSize, c.DataSize, c.CriticIterations = 2, 5, 1
	}
	c.GridImages = min(c.GridImages, 6)
	c.LogEvery, c.SampleEvery = config.EverySteps(2), config.EverySteps(2)
	c.CheckpointEvery, c.ExportEvery = config.EverySteps(2), config.EveryEpochs(1)
	if c.ImageSize == 0 {
		c.DataSize, c.ZDim = images, 2
	}
	return c
}

// compat returns c with all switches of its preset, and otherwise what small changed.
func compat(t testing.TB, c config.Config) config.Config {
	t.Helper()
	sets := []string{"COMPAT=all"}
	for key, value := range config.Map(c) {
		switch key {
		case "DATA_ROOT", "NUM_EPOCHS", "BATCH_SIZE", "DEVICE", "FEATURES_GEN", "FEATURES_CRITIC", "Z_DIM",
			"GRID_IMAGES", "LOG_EVERY", "SAMPLE_EVERY", "CHECKPOINT_EVERY", "EXPORT_EVERY":
			sets = append(sets, key+"="+value)
		}
	}
	all, err := config.Resolve(config.Sources{Preset: c.Preset, Sets: sets})
	require.NoError(t, err)
	return all
}

// console collects lines; training and test may use it at the same time.
type console struct {
	mu   sync.Mutex
	text strings.Builder
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *console) lines() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Split(strings.TrimSuffix(c.text.String(), "\n"), "\n")
}

// train opens a run and trains it until its end, or until stop, if that is not 0, steps are done. It
// returns the run's folder.
func train(t testing.TB, o runner.Options, stop int64) string {
	t.Helper()
	o.Threads = 1
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := o.Progress
	o.Progress = func(p runner.Progress) {
		if told != nil {
			told(p)
		}
		if p.Phase == runner.PhaseTrain && p.Done == stop {
			cancel()
		}
	}
	r, err := runner.Open(ctx, o)
	require.NoError(t, err)
	err = r.Run(ctx)
	if stop > 0 {
		require.ErrorIs(t, err, context.Canceled)
	} else {
		require.NoError(t, err)
	}
	require.Equal(t, stop == 0, r.Finished())
	require.NoError(t, r.Close())
	return r.Folder()
}

// files returns the contents of a run's files by their slash path.
func files(t testing.TB, folder string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, relErr := filepath.Rel(folder, path)
		if err == nil {
			err = relErr
		}
		contents[filepath.ToSlash(rel)] = string(data)
		return err
	})
	require.NoError(t, err)
	return contents
}

// copyLive copies the folder of a run that is being written to, checkpoints first, as what they promise is there
// before them. If a temporary file got its name meanwhile, it does so again.
func copyLive(t testing.TB, to, from string) {
	t.Helper()
	copied := func() bool {
		if os.RemoveAll(to) != nil {
			return false
		}
		folders := []string{runs.ModelFolder}
		entries, err := os.ReadDir(from)
		for _, e := range entries {
			if e.IsDir() && e.Name() != runs.ModelFolder {
				folders = append(folders, e.Name())
			}
		}
		for _, name := range folders {
			err = errors.Join(err, os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from, name))))
		}
		return err == nil
	}
	assert.Eventually(t, copied, time.Minute, time.Millisecond)
}
