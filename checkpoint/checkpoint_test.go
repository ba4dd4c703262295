package checkpoint_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/presets"
	"ganlib/variants"
	_ "ganlib/variants/all"
)

// training is a small CatFaces training on noise, 24 images in batches of 8.
func training(t *testing.T, sets ...string) *variants.Trainer {
	t.Helper()
	dev := device.NewCPU(2)
	t.Cleanup(func() { dev.Close() })
	return trainingOn(t, dev, sets...)
}

func trainingOn(t *testing.T, dev device.Device, sets ...string) *variants.Trainer {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: append([]string{"IMAGE_SIZE=16", "FEATURES_GEN=2", "FEATURES_CRITIC=2", "BATCH_SIZE=8", "CRITIC_ITERATIONS=2", "Z_DIM=6"}, sets...)})
	require.NoError(t, err)
	nets, err := presets.Networks(dev, c)
	require.NoError(t, err)
	v, err := presets.Variant(nets, c)
	require.NoError(t, err)
	pix := make([]byte, 24*16*16*3)
	for i := range pix {
		pix[i] = byte(device.Random{Seed: 3, Stream: 1}.Words(uint32(i))[0])
	}
	set, err := datasets.NewSet("noise", 16, 16, 3, pix)
	require.NoError(t, err)
	data, err := variants.Images(dev, set, -1, 1)
	require.NoError(t, err)
	trainer, err := variants.NewTrainer(v, data, presets.Trainer(c, 0))
	require.NoError(t, err)
	return trainer
}

func steps(t *testing.T, trainer *variants.Trainer, n int) {
	t.Helper()
	for range n {
		require.NoError(t, trainer.Step())
	}
}

// state is everything that a checkpoint holds, as bytes.
func state(t *testing.T, trainer *variants.Trainer) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, checkpoint.Write(&b, trainer, map[string]string{"PRESET": "catfaces", "Z_DIM": "6"}, nil))
	return b.Bytes()
}

func save(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	require.NoError(t, os.WriteFile(path, content, 0o644))
	return path
}

func open(t *testing.T, content []byte) *checkpoint.Checkpoint {
	t.Helper()
	c, err := checkpoint.Open(save(t, content))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestRestoreContinues stops in mid-epoch and goes on in another trainer: the bytes are those of the
// training that was not stopped.
func TestRestoreContinues(t *testing.T) {
	whole := training(t)
	steps(t, whole, 5)
	first := training(t)
	steps(t, first, 2)
	saved := state(t, first)

	second := training(t)
	steps(t, second, 1) // whatever it was before
	require.NoError(t, open(t, saved).Restore(second))
	assert.Equal(t, saved, state(t, second), "restored state")
	steps(t, second, 3)
	assert.Equal(t, state(t, whole), state(t, second), "after five steps")
	assert.NotEqual(t, saved, state(t, second))
}

func TestContent(t *testing.T) {
	trainer := training(t)
	steps(t, trainer, 4)
	fixed, err := checkpoint.FixedNoise(trainer, 3)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, checkpoint.Write(&b, trainer, map[string]string{"BATCH_SIZE": "8"}, fixed))
	c := open(t, b.Bytes())

	assert.Equal(t, map[string]string{"BATCH_SIZE": "8"}, c.Config())
	assert.Equal(t, trainer.Progress(), c.Progress())
	count, fingerprint := c.Data()
	assert.Equal(t, 24, count)
	assert.Equal(t, trainer.Data().Fingerprint(), fingerprint)
	meta := c.Metadata()
	assert.Equal(t, "wgan-gp", meta["variant"])
	assert.Equal(t, "4", meta["progress.generator_steps"])
	assert.Equal(t, "8", meta["progress.critic_steps"])
	assert.Equal(t, "1", meta["progress.epoch"])

	values, shape, err := c.FixedNoise()
	require.NoError(t, err)
	assert.Equal(t, []int{3, 1, 1, 6}, shape)
	want, err := fixed.Float32s()
	require.NoError(t, err)
	assert.Equal(t, want, values)

	file, err := safetensors.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	for name, shape := range map[string][]int{
		"generator.gen.0.0.weight":              {6, 8, 4, 4},
		"critic.disc.0.weight":                  {2, 3, 4, 4},
		"generator.gen.0.1.running_var":         {8},
		"optimizer.generator.m.gen.0.0.weight":  {6, 8, 4, 4},
		"optimizer.critic.v.disc.0.bias":        {2},
		"generator.gen.0.1.num_batches_tracked": nil,
		"optimizer.critic.m.disc.2.1.weight":    {4},
		"optimizer.generator.v.gen.1.1.weight":  {4},
		"optimizer.generator.v.gen.2.bias":      {3},
		"critic.disc.3.weight":                  {1, 4, 4, 4},
		"optimizer.critic.v.disc.3.weight":      {1, 4, 4, 4},
		"generator.gen.2.weight":                {4, 3, 4, 4},
	} {
		info, ok := file.Info(name)
		require.True(t, ok, name)
		assert.True(t, slices.Equal(shape, info.Shape), "%s: shape %v, want %v", name, info.Shape, shape)
	}
	counts, _, err := file.Int64s("generator.gen.0.1.num_batches_tracked")
	require.NoError(t, err)
	assert.Equal(t, []int64{12}, counts) // two critic steps and one generator step, four times
}

// TestMismatch restores into trainings that the checkpoint does not fit: nothing changes in them.
func TestMismatch(t *testing.T) {
	from := training(t)
	steps(t, from, 1)
	saved := state(t, from)
	for name, test := range map[string]struct {
		sets []string
		want string
	}{
		"seed":      {[]string{"SEED=9"}, `seed "0", of the training at hand "9"`},
		"variant":   {[]string{"VARIANT=wgan-clip"}, `variant "wgan-gp", of the training at hand "wgan-clip"`},
		"width":     {[]string{"FEATURES_CRITIC=4"}, `tensor "critic.disc.0.weight" has shape [2 3 4 4], want [4 3 4 4]`},
		"norm":      {[]string{"CRITIC_NORM=none"}, `tensor "critic.disc.2.1.bias" belongs to nothing`},
		"optimiser": {[]string{"OPTIMIZER=rmsprop"}, "optimiser of the generator"},
	} {
		t.Run(name, func(t *testing.T) {
			trainer := training(t, test.sets...)
			before := state(t, trainer)
			err := open(t, saved).Restore(trainer)
			require.ErrorIs(t, err, checkpoint.ErrMismatch)
			assert.ErrorContains(t, err, test.want)
			assert.Equal(t, before, state(t, trainer), "a refused checkpoint left something behind")
		})
	}
}

// TestDamaged opens and restores files with something missing or wrong.
func TestDamaged(t *testing.T) {
	trainer := training(t)
	steps(t, trainer, 1)
	saved := state(t, trainer)
	file, err := safetensors.Read(bytes.NewReader(saved), int64(len(saved)))
	require.NoError(t, err)
	rewrite := func(change func(map[string]string) bool, drop string) []byte {
		meta := file.Metadata()
		delete(meta, "crc32c.header")
		delete(meta, "crc32c.tensors")
		meta["format_version"] = "1"
		if change != nil {
			change(meta)
		}
		var tensors []safetensors.Tensor
		for _, name := range file.Names() {
			if name == drop {
				continue
			}
			tensor, err := file.Tensor(name)
			require.NoError(t, err)
			tensors = append(tensors, tensor)
		}
		var b bytes.Buffer
		require.NoError(t, safetensors.Write(&b, tensors, meta))
		return b.Bytes()
	}
	set := func(key, value string) []byte {
		return rewrite(func(m map[string]string) bool { m[key] = value; return true }, "")
	}
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":              {nil, "file of 0 bytes"},
		"truncated":          {saved[:len(saved)-1], "checkpoint.safetensors"},
		"not a checkpoint":   {set("format", "weights"), `metadata format "weights": want "ganlib checkpoint"`},
		"later version":      {set("format_version", "3"), `format version "3": want 1 to 2`},
		"no checksums":       {set("format_version", "2"), "damaged: no metadata crc32c.header"},
		"no step":            {set("progress.generator_steps", "many"), `progress.generator_steps "many"`},
		"negative step":      {set("progress.critic_steps", "-2"), `progress.critic_steps "-2"`},
		"odd critic steps":   {set("progress.critic_steps", "3"), "progress of 1 generator and 3 critic steps"},
		"place in the data":  {set("data.position", "7"), "no batch of 8 begins there"},
		"optimiser steps":    {set("optimizer.critic.steps", "x"), `optimiser of the critic: steps "x"`},
		"missing parameter":  {rewrite(nil, "critic.disc.0.bias"), `tensor "critic.disc.0.bias" is missing`},
		"missing optimiser":  {rewrite(nil, "optimizer.critic.v.disc.0.bias"), `tensor "optimizer.critic.v.disc.0.bias" is missing`},
		"other training set": {set("data.fingerprint", "00"), "data"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := checkpoint.Open(save(t, test.content))
			if err == nil {
				defer c.Close()
				err = c.Restore(training(t))
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
	_, err = checkpoint.Open(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = checkpoint.Open(t.TempDir())
	assert.Error(t, err)
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	assert.ErrorContains(t, checkpoint.Write(failingWriter{}, training(t), nil, nil), "disk full")
}

// TestWriteTakesLittleMemory holds one tensor at a time, and its buffers.
func TestWriteTakesLittleMemory(t *testing.T) {
	trainer := training(t, "FEATURES_GEN=32", "FEATURES_CRITIC=32")
	steps(t, trainer, 1)
	largest := 0
	for _, p := range trainer.Variant().Networks().Generator.Params() {
		largest = max(largest, 4*p.Shape.Len())
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, checkpoint.Write(io.Discard, trainer, nil, nil))
	runtime.ReadMemStats(&after)
	taken := int(after.TotalAlloc - before.TotalAlloc)
	assert.Less(t, taken, largest+largest/2, "a checkpoint of %d bytes", len(state(t, trainer)))
	assert.Greater(t, len(state(t, trainer)), 4*largest)
}
