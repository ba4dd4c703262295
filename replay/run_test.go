package replay_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runner"
)

// writeImages writes twelve images of noise into a folder, PNG and JPEG files in turn.
func writeImages(t testing.TB, folder string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(folder, 0o777))
	for i := range 12 {
		img := image.NewRGBA(image.Rect(0, 0, 16, 16))
		for p := range 256 {
			v := uint32(p*7+i*31) * 2654435761
			img.Set(p%16, p/16, color.RGBA{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), 255})
		}
		var b bytes.Buffer
		name := fmt.Sprintf("%02d.png", i)
		if i%2 == 0 {
			require.NoError(t, png.Encode(&b, img))
		} else {
			name = fmt.Sprintf("%02d.jpg", i)
			require.NoError(t, jpeg.Encode(&b, img, nil))
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), b.Bytes(), 0o666))
	}
}

// tiny returns a configuration that trains in milliseconds on the images in root: six steps, with a row and
// pictures at each, and checkpoints after 2, 4 and 6.
func tiny(t testing.TB, root string, sets ...string) config.Config {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: append([]string{
		"IMAGE_SIZE=16", "FEATURES_GEN=4", "FEATURES_CRITIC=4", "BATCH_SIZE=4", "Z_DIM=8", "CRITIC_ITERATIONS=2", "NUM_EPOCHS=2",
		"LOG_EVERY=1", "SAMPLE_EVERY=1", "CHECKPOINT_EVERY=2", "EXPORT_EVERY=never", "GRID_IMAGES=4", "DEVICE=cpu", "SEED=3", "DATA_NAME=faces",
	}, sets...)})
	require.NoError(t, err)
	c.DataRoot = root
	return c
}

// train trains a run to its end, or until stop steps are done if that is not 0, and returns its folder.
func train(t testing.TB, o runner.Options, stop int64) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.NoEvents, o.Threads = true, 1
	o.Progress = func(p runner.Progress) {
		if p.Phase == runner.PhaseTrain && p.Done == stop {
			cancel()
		}
	}
	r, err := runner.Open(ctx, o)
	require.NoError(t, err)
	err = r.Run(ctx)
	if stop == 0 {
		require.NoError(t, err)
	} else {
		require.ErrorIs(t, err, context.Canceled)
	}
	require.NoError(t, r.Close())
	return r.Folder()
}

// fresh makes data and a run on them in a new folder.
func fresh(t testing.TB, sets ...string) (run, root string) {
	t.Helper()
	root = t.TempDir()
	writeImages(t, filepath.Join(root, "faces"))
	return train(t, runner.Options{Config: tiny(t, root, sets...), Root: root}, 0), root
}

// setField writes another value into a column of a step's row in a CSV file.
func setField(t testing.TB, path string, step, column int, value string) {
	t.Helper()
	change(t, path, func(text []byte) []byte {
		lines := strings.Split(string(text), "\n")
		fields := strings.Split(lines[step+1], ",")
		fields[column] = value
		lines[step+1] = strings.Join(fields, ",")
		return []byte(strings.Join(lines, "\n"))
	})
}

// change edits a file.
func change(t testing.TB, path string, edit func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, edit(text), 0o666))
}
