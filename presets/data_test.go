package presets_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/presets"
)

// grey writes a picture of one grey value.
func grey(t *testing.T, path string, value uint8) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 5, 3))
	for i := range img.Pix {
		img.Pix[i] = value
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	write(t, path, b.Bytes())
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, data, 0o666))
}

// idx is a file of n images of 28×28, each of one value, its number.
func idx(n int) []byte {
	data := []byte{0, 0, 8, 3}
	for _, d := range []int{n, 28, 28} {
		data = binary.BigEndian.AppendUint32(data, uint32(d))
	}
	for i := range n {
		data = append(data, bytes.Repeat([]byte{byte(i)}, 28*28)...)
	}
	return data
}

// with returns a preset whose data are in root.
func with(t *testing.T, preset, root string) config.Config {
	t.Helper()
	c, err := config.Preset(preset)
	require.NoError(t, err)
	c.DataRoot = root
	return c
}

// values returns the first number of each image of the set.
func values(s *datasets.Set) []int {
	v := make([]int, s.N)
	for i := range v {
		v[i] = int(s.Image(i)[0])
	}
	return v
}

func TestOpenDataOrder(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	for i := range 9 { // three classes, in folders of their own
		grey(t, filepath.Join(root, "CatFaces", fmt.Sprint(i/3), "deep", fmt.Sprintf("%d.png", i)), uint8(10*i))
	}
	grey(t, filepath.Join(other, "a.png"), 200)
	write(t, filepath.Join(root, "MNIST", "raw", "train-images-idx3-ubyte"), idx(5))
	write(t, filepath.Join(other, "mnist", "train-images.idx3-ubyte"), idx(2))
	cases := map[string]struct {
		preset, path string
		size         int
		want         []int
	}{
		"folder of the configuration": {preset: "catfaces", want: []int{0, 10, 20, 30, 40, 50, 60, 70, 80}},
		"a given path counts first":   {preset: "catfaces", path: other, want: []int{200}},
		"limited, from all classes":   {preset: "dcgan16", size: 3, want: []int{0, 30, 60}},
		"limit beyond what is there":  {preset: "dcgan16", path: other, size: 3, want: []int{200}},
		"idx files":                   {preset: "keras-wgan", want: []int{0, 1, 2, 3, 4}},
		"idx files, limited":          {preset: "keras-wgan", size: 2, want: []int{0, 2}},
		"idx files at a path":         {preset: "mnist-mlp-bce", path: filepath.Join(other, "mnist"), want: []int{0, 1}},
		"images instead of idx files": {preset: "mnist-mlp-bce", path: filepath.Join(root, "CatFaces", "1"), want: []int{30, 40, 50}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := with(t, c.preset, root)
			cfg.DataSize = c.size
			d, err := presets.OpenData(t.Context(), cfg, presets.DataOptions{Path: c.path})
			require.NoError(t, err)
			assert.Equal(t, c.want, values(d.Set))
			assert.Equal(t, []int{cfg.ImageSize, cfg.ImageSize, cfg.ChannelsImg}, []int{d.Set.H, d.Set.W, d.Set.C})
			assert.Empty(t, d.Advice)
			place := c.path
			if place == "" {
				place = root
			}
			assert.Contains(t, d.Description, place)
		})
	}
}

func TestDrawnFacesStandIn(t *testing.T) {
	for _, preset := range []string{"catfaces", "catfaces_1", "catfaces_128", "dcgan16"} {
		t.Run(preset, func(t *testing.T) {
			c := with(t, preset, filepath.Join(t.TempDir(), "none"))
			s, err := presets.FindData(c, presets.DataOptions{})
			require.NoError(t, err)
			assert.Equal(t, 8192, s.Len())
			assert.Equal(t, int64(8192*3*c.ImageSize*c.ImageSize), s.Bytes())
			c.DataSize, c.Seed = 2, 7
			d, err := presets.OpenData(t.Context(), c, presets.DataOptions{})
			require.NoError(t, err)
			assert.Equal(t, 2, d.Set.N)
			assert.Contains(t, d.Description, "drawn")
			assert.Contains(t, d.Description, c.DataRoot)
			assert.Contains(t, d.Advice, filepath.Join(c.DataRoot, "CatFaces"))
			assert.Contains(t, d.Advice, "--data")
			c.Seed = 8
			again, err := presets.OpenData(t.Context(), c, presets.DataOptions{})
			require.NoError(t, err)
			assert.Equal(t, d.Set.Fingerprint, again.Set.Fingerprint, "the run's seed draws no other faces")
		})
	}
}

func TestOpenDataErrors(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "CatFaces", "cats"), 0o777))
	write(t, filepath.Join(root, "broken", "a.png"), []byte("not a picture"))
	write(t, filepath.Join(root, "broken", "b.png"), nil)
	grey(t, filepath.Join(root, "one.png"), 1)
	cases := map[string]struct {
		preset, name, path string
		is                 error
		want               []string
	}{
		"missing path":                {preset: "catfaces", path: filepath.Join(root, "nowhere"), is: fs.ErrNotExist, want: []string{"nowhere"}},
		"missing mnist":               {preset: "mnist-mlp-wgangp", is: fs.ErrNotExist, want: []string{"ganlib data fetch mnist", "--data", filepath.Join(root, "MNIST")}},
		"missing celeba":              {preset: "celeba", is: fs.ErrNotExist, want: []string{filepath.Join(root, "celeba_gan", "celeb"), "mmlab", "--data"}},
		"missing celeba_128":          {preset: "celeba_128", is: fs.ErrNotExist, want: []string{"celeba_gan"}},
		"missing folder of one's own": {preset: "catfaces", name: "MyDogs", is: fs.ErrNotExist, want: []string{filepath.Join(root, "MyDogs"), "--data"}},
		"empty folder":                {preset: "catfaces", is: datasets.ErrNoImages, want: []string{"CatFaces", "put .jpg"}},
		"nothing decodes":             {preset: "catfaces", name: "broken", is: datasets.ErrNoImages, want: []string{"none of 2 can be read", "a.png"}},
		"a single file":               {preset: "catfaces", name: "one.png", want: []string{"single image", "folder"}},
		"a path for points":           {preset: "toy-swissroll", path: root, want: []string{"draws its points"}},
		"an unknown distribution":     {preset: "toy-swissroll", name: "cloud", want: []string{`"cloud"`, "swissroll"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := with(t, c.preset, root)
			if c.name != "" {
				cfg.DataName = c.name
			}
			_, err := presets.OpenData(t.Context(), cfg, presets.DataOptions{Path: c.path})
			require.Error(t, err)
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
			assert.ErrorContains(t, err, "presets: data of "+c.preset)
			for _, text := range c.want {
				assert.ErrorContains(t, err, text)
			}
		})
	}
}

func TestSkippedImagesAreNamed(t *testing.T) {
	root := t.TempDir()
	grey(t, filepath.Join(root, "CatFaces", "good.png"), 9)
	write(t, filepath.Join(root, "CatFaces", "bad.png"), []byte("nothing"))
	c := with(t, "dcgan16", root)
	var told []int
	d, err := presets.OpenData(t.Context(), c, presets.DataOptions{Progress: func(done, total int) { told = append(told, done, total) }})
	require.NoError(t, err)
	assert.Equal(t, []int{9}, values(d.Set))
	require.Len(t, d.Set.Skipped, 1)
	assert.Equal(t, "bad.png", d.Set.Skipped[0].Source)
	assert.Contains(t, d.Description, "1 skipped")
	assert.Equal(t, []int{1, 2, 2, 2}, told)

	_, err = presets.OpenData(t.Context(), c, presets.DataOptions{Strict: true})
	assert.ErrorContains(t, err, "bad.png")
}

func TestSourceCheck(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "CatFaces", "a.png"), []byte("nothing"))
	grey(t, filepath.Join(root, "CatFaces", "b.png"), 9)
	c := with(t, "dcgan16", root)
	s, err := presets.FindData(c, presets.DataOptions{})
	require.NoError(t, err)
	assert.NoError(t, s.Check(t.Context()), "one image decodes")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, s.Check(ctx), context.Canceled)
	_, err = s.Load(ctx, presets.DataOptions{})
	assert.ErrorIs(t, err, context.Canceled)

	require.NoError(t, os.Remove(filepath.Join(root, "CatFaces", "b.png")))
	s, err = presets.FindData(c, presets.DataOptions{})
	require.NoError(t, err)
	err = s.Check(t.Context())
	assert.ErrorIs(t, err, datasets.ErrNoImages)
	assert.ErrorContains(t, err, "a.png")
}

func TestPointsDependOnSeed(t *testing.T) {
	c := with(t, "toy-25gaussians", "")
	c.DataSize = 100
	open := func() *presets.Data {
		d, err := presets.OpenData(t.Context(), c, presets.DataOptions{})
		require.NoError(t, err)
		return d
	}
	a, b := open(), open()
	assert.Equal(t, a.Points.XY, b.Points.XY)
	assert.Len(t, a.Points.Centres, 25)
	c.Seed++
	assert.NotEqual(t, a.Points.XY, open().Points.XY)

	c.DataSize = 1 << 30
	s, err := presets.FindData(c, presets.DataOptions{})
	require.NoError(t, err)
	assert.Equal(t, int64(8<<30), s.Bytes(), "known before memory is taken")
}

func TestDataRange(t *testing.T) {
	root := t.TempDir()
	grey(t, filepath.Join(root, "MNIST", "a.png"), 0)
	grey(t, filepath.Join(root, "MNIST", "b.png"), 255)
	dev := device.NewCPU(1)
	for text, want := range map[string][]float32{config.RangeSigned: {-1, 1}, config.RangeUnit: {0, 1}} {
		c := with(t, "keras-wgan", root)
		c.DataRange = text
		d, err := presets.OpenData(t.Context(), c, presets.DataOptions{})
		require.NoError(t, err)
		s, err := d.Samples(dev)
		require.NoError(t, err)
		assert.Equal(t, d.Set.Fingerprint, s.Fingerprint())
		x, err := dev.New(s.Shape().Batch(2))
		require.NoError(t, err)
		require.NoError(t, s.Gather(x, device.Permutation{N: 2, Identity: true}, 0, nil))
		v, err := x.Float32s()
		require.NoError(t, err)
		assert.Equal(t, want, []float32{v[0], v[28*28]}, text)
	}
}

func ExampleOpenData() {
	c, err := config.Preset("toy-8gaussians")
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := presets.OpenData(context.Background(), c, presets.DataOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Description)
	// Output: 8gaussians: 64000 points, drawn with seed 0
}
