package tuning

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/kernels"
	"ganlib/vfs"
)

var card = Card{Name: "NVIDIA Ω <9> & more", Compute: "9.0", Multiprocessors: 132, CUDA: "13.0", Kernels: "ab"}

// choice is one that can be used for a product with so many columns.
func choice(n int, tile string) kernels.Choice {
	return kernels.Choice{
		Product: kernels.Product{Kernel: "gemm_nn", Count: 1, M: 64, N: n, K: 64, Aligned: "abc", Precision: "float32"},
		Way:     kernels.Way{Tile: tile, Slices: 1, Seconds: 1e-5},
		Default: kernels.Way{Tile: "nn_64x64", Slices: 1, Seconds: 2e-5},
	}
}

func TestSaveAndLoad(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "tables")
	known, err := Load(folder, card)
	require.NoError(t, err, "there is none")
	assert.Empty(t, known.Choices())

	a, b := choice(64, "nn_64x64"), choice(128, "nn_128x128")
	tried := a
	tried.Ways = []kernels.Way{a.Way, a.Default}
	require.NoError(t, Save(folder, card, []kernels.Choice{tried}))
	require.NoError(t, Save(folder, card, []kernels.Choice{b}))
	known, err = Load(folder, card)
	require.NoError(t, err)
	assert.Equal(t, []kernels.Choice{a, b}, known.Choices(), "added, without the ways")

	again := choice(64, "any")
	require.NoError(t, Save(folder, card, []kernels.Choice{again}))
	known, err = Load(folder, card)
	require.NoError(t, err)
	assert.Equal(t, []kernels.Choice{again, b}, known.Choices(), "the later one counts")

	for _, change := range []func(*Card){
		func(c *Card) { c.Name = "other" }, func(c *Card) { c.Compute = "8.0" }, func(c *Card) { c.Multiprocessors++ },
		func(c *Card) { c.CUDA = "12.4" }, func(c *Card) { c.Kernels = "cd" },
	} {
		other := card
		change(&other)
		known, err = Load(folder, other)
		require.NoError(t, err)
		assert.Empty(t, known.Choices(), "%v", other)
		assert.NotEqual(t, card.File(), other.File())
	}
	assert.Error(t, Save(folder, card, []kernels.Choice{choice(64, "nothing")}))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "the table and its lock")
}

func TestLoadDamaged(t *testing.T) {
	good, err := json.Marshal(table{version, card, []kernels.Choice{choice(64, "any")}})
	require.NoError(t, err)
	foreign, err := json.Marshal(table{version, Card{Name: "GeForce"}, []kernels.Choice{choice(64, "any")}})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		text []byte
		want string
	}{
		"empty":    {nil, "unexpected end of JSON"},
		"cut":      {good[:len(good)-2], "unexpected end of JSON"},
		"no table": {[]byte("[1, 2]"), "cannot unmarshal array"},
		"null":     {[]byte("null"), "version 0: want 1"},
		"later":    {bytes.Replace(good, []byte(`"version":1`), []byte(`"version":2`), 1), "version 2: want 1"},
		"foreign":  {foreign, "it is of GeForce with CUDA"},
		"large":    {bytes.Repeat([]byte(" "), MaxBytes+1), "want at most 4194304 bytes"},
		"many":     {fmt.Appendf(nil, `{"version":1,"card":%s,"choices":[{}%s]}`, must(json.Marshal(card)), strings.Repeat(",{}", MaxChoices)), "10001 choices: want at most 10000"},
		"deep":     {bytes.Repeat([]byte("["), 100_000), "exceeded max depth"},
		"number":   {bytes.Replace(good, []byte(`"slices":1`), []byte(`"slices":1e99`), 1), "cannot unmarshal number"},
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, card.File())
		require.NoError(t, os.WriteFile(path, test.text, 0o666))
		known, err := Load(folder, card)
		require.ErrorIs(t, err, ErrDamaged, name)
		assert.ErrorContains(t, err, test.want, name)
		assert.ErrorContains(t, err, "tuning: "+path)
		assert.Empty(t, known.Choices())

		require.NoError(t, Save(folder, card, []kernels.Choice{choice(128, "any")}), name)
		known, err = Load(folder, card)
		require.NoError(t, err)
		assert.Len(t, known.Choices(), 1, "%s: it begins anew", name)
	}
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

// TestLoadHostile leaves out choices that would ask for what there is not, and keeps the others.
func TestLoadHostile(t *testing.T) {
	folder := t.TempDir()
	huge, absurd := choice(64, "any"), choice(64, "any")
	huge.M, huge.N, absurd.Slices = 1<<20, 1<<20, 1<<30
	text := must(json.Marshal(table{version, card, []kernels.Choice{huge, absurd, choice(64, "nn_32x32"), choice(128, "any")}}))
	require.NoError(t, os.WriteFile(filepath.Join(folder, card.File()), text, 0o666))
	known, err := Load(folder, card)
	require.ErrorContains(t, err, "3 of 4 choices cannot be used, the first: 1 products of (1048576,64) and (64,1048576): want sizes")
	assert.Equal(t, []kernels.Choice{choice(128, "any")}, known.Choices())
}

func TestNoFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, card.File())
	require.NoError(t, os.Mkdir(path, 0o777))
	_, err := Load(folder, card)
	require.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "not a regular file")
	assert.ErrorContains(t, Save(folder, card, nil), path)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	assert.ErrorContains(t, Save(file, card, nil), file)
	_, err = Load(file, card)
	assert.Error(t, err)
}

// TestSaveTogether has processes, for which goroutines stand here, write at the same time. Nothing gets lost.
func TestSaveTogether(t *testing.T) {
	folder := t.TempDir()
	var all sync.WaitGroup
	const writers = 8
	for i := range writers {
		all.Go(func() {
			assert.NoError(t, Save(folder, card, []kernels.Choice{choice(64+4*i, "any")}))
			known, err := Load(folder, card)
			assert.NoError(t, err)
			assert.NotEmpty(t, known.Choices())
		})
	}
	all.Wait()
	known, err := Load(folder, card)
	require.NoError(t, err)
	assert.Len(t, known.Choices(), writers)
}

func TestSaveWaitsForOthers(t *testing.T) {
	was := patience
	t.Cleanup(func() { patience = was })
	folder := t.TempDir()
	other, err := vfs.OS.Lock(filepath.Join(folder, card.File()+".lock"))
	require.NoError(t, err)
	patience = time.Millisecond
	assert.ErrorIs(t, Save(folder, card, nil), vfs.ErrLocked)
	patience = was
	time.AfterFunc(50*time.Millisecond, func() { other.Close() })
	assert.NoError(t, Save(folder, card, nil))
}

func TestFull(t *testing.T) {
	folder := t.TempDir()
	list := make([]kernels.Choice, MaxChoices)
	for i := range list {
		list[i] = choice(64, "any")
		list[i].K = i + 1
	}
	require.NoError(t, Save(folder, card, list))
	err := Save(folder, card, []kernels.Choice{choice(128, "any")})
	require.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "remove it to begin anew")
	known, err := Load(folder, card)
	require.NoError(t, err)
	assert.Len(t, known.Choices(), MaxChoices, "the file is as it was")
}

func TestCard(t *testing.T) {
	dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
	require.NoError(t, err)
	defer dev.Close()
	c := CardOf(dev)
	assert.Equal(t, kernels.Sum(), c.Kernels)
	assert.Regexp(t, `^\d+\.\d+$`, c.CUDA)
	assert.Regexp(t, `^[a-z0-9-]+-[0-9a-f]{16}\.json$`, c.File())
	assert.Regexp(t, `^[a-z0-9-]+\.json$`, card.File())
	assert.Less(t, len(Card{Name: strings.Repeat("/../", 1000)}.File()), 100)
}

func TestFolder(t *testing.T) {
	t.Setenv(Variable, "/somewhere")
	folder, err := Folder()
	require.NoError(t, err)
	assert.Equal(t, "/somewhere", folder)
	t.Setenv(Variable, "")
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	_, err = Folder()
	assert.ErrorContains(t, err, Variable+" can name one")
	base := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, base)
	}
	folder, err = Folder()
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(folder, filepath.Join("ganlib", "tuning")))
}

func FuzzLoad(f *testing.F) {
	f.Add(must(json.Marshal(table{version, card, []kernels.Choice{choice(64, "any")}})))
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		choices, err := decode(text, card)
		if err != nil {
			assert.ErrorIs(t, err, ErrDamaged)
		}
		var known kernels.Tuning
		_ = known.Add(choices...)
		known.Deviations()
	})
}
