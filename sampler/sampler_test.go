package sampler_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/interchange"
	"ganlib/internal/enginetest"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/sampler"
	"ganlib/variants"
	_ "ganlib/variants/all"
)

// trained writes the checkpoint of a small training and returns its path.
func trained(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "checkpoint-00000001.safetensors")
	writeCheckpoint(t, path)
	return path
}

// writeCheckpoint writes the checkpoint of a small training, which claims to have had the given settings too.
func writeCheckpoint(t *testing.T, path string, claims ...string) {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: []string{"IMAGE_SIZE=16", "FEATURES_GEN=2", "FEATURES_CRITIC=2", "BATCH_SIZE=4", "CRITIC_ITERATIONS=1"}})
	require.NoError(t, err)
	dev := device.NewCPU(2)
	defer dev.Close()
	nets, err := presets.Networks(dev, c)
	require.NoError(t, err)
	v, err := presets.Variant(nets, c)
	require.NoError(t, err)
	set, err := datasets.NewSet("grey", 16, 16, 3, bytes.Repeat([]byte{60, 90, 200}, 8*16*16))
	require.NoError(t, err)
	data, err := variants.Images(dev, set, -1, 1)
	require.NoError(t, err)
	trainer, err := variants.NewTrainer(v, data, presets.Trainer(c, 0))
	require.NoError(t, err)
	require.NoError(t, trainer.Step())
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	values := config.Map(c)
	for _, claim := range claims {
		key, value, _ := strings.Cut(claim, "=")
		values[key] = value
	}
	require.NoError(t, checkpoint.Write(f, trainer, values, nil))
}

// TestSamplesAreTheirOwn draws the same samples one by one, in batches, out of order and from several
// goroutines.
func TestSamplesAreTheirOwn(t *testing.T) {
	s, err := sampler.Open(trained(t))
	require.NoError(t, err)
	defer s.Close()
	assert.Equal(t, "catfaces", s.Config().Preset)
	assert.Equal(t, device.Shape{16, 16, 3}, s.Shape())

	const n = 70 // more than a batch
	length := s.Shape().Len()
	whole, err := s.Sample(5, 0, n)
	require.NoError(t, err)
	require.Len(t, whole, n*length)
	for _, v := range whole {
		require.True(t, v >= -1 && v <= 1)
	}
	assert.NotEqual(t, whole[:length], whole[length:2*length])

	var wg sync.WaitGroup
	got := make([][]float32, n)
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { got[i], errs[i] = s.Sample(5, i, 1) })
	}
	wg.Wait()
	for i := range n {
		require.NoError(t, errs[i])
		require.Equal(t, whole[i*length:(i+1)*length], got[i], "sample %d", i)
	}
	other, err := s.Sample(6, 0, 1)
	require.NoError(t, err)
	assert.NotEqual(t, whole[:length], other)
}

func TestImageAndScores(t *testing.T) {
	s, err := sampler.Open(trained(t))
	require.NoError(t, err)
	defer s.Close()
	img, err := s.Image(5, 3)
	require.NoError(t, err)
	assert.Equal(t, 16, img.Bounds().Dx())
	x, err := s.Sample(5, 3, 1)
	require.NoError(t, err)
	r, _, _, _ := img.At(0, 0).RGBA()
	assert.InDelta(t, float64(x[0]+1)/2*255, float64(r>>8), 0.51)

	scores, err := s.Scores(append(x, x...), 2)
	require.NoError(t, err)
	require.Len(t, scores, 2)
	assert.Equal(t, scores[0], scores[1])
	assert.NotZero(t, scores[0])
}

func TestErrors(t *testing.T) {
	_, err := sampler.Open(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = sampler.Open(t.TempDir()) // a folder that is no run
	assert.Error(t, err)
	damaged := filepath.Join(t.TempDir(), "damaged.safetensors")
	require.NoError(t, os.WriteFile(damaged, []byte("not a checkpoint"), 0o644))
	_, err = sampler.Open(damaged)
	assert.ErrorContains(t, err, "damaged.safetensors")

	dev := device.NewCPU(1)
	defer dev.Close()
	net, err := layers.NewNetwork(dev, "generator", device.Shape{3}, &layers.Linear{In: 3, Out: 2, Bias: true})
	require.NoError(t, err)
	s := sampler.New(net, nil)
	_, err = s.Image(1, 0)
	assert.ErrorIs(t, err, sampler.ErrNoImages)
	_, err = s.Sample(1, 0, 0)
	assert.ErrorContains(t, err, "at least 1")
	_, err = s.Scores([]float32{1, 2}, 1)
	assert.ErrorContains(t, err, "no critic")
}

// TestClaimedNetworks opens a checkpoint that claims larger networks than it holds: it is refused before memory
// is taken for them.
func TestClaimedNetworks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint-00000001.safetensors")
	writeCheckpoint(t, path, "FEATURES_GEN=2048", "FEATURES_CRITIC=512")
	enginetest.AllocatesAtMost(t, 4<<20, func() {
		_, err := sampler.Open(path)
		assert.ErrorIs(t, err, checkpoint.ErrMismatch)
		_, err = interchange.Open(path)
		assert.ErrorIs(t, err, checkpoint.ErrMismatch)
	})
}
