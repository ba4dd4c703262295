package soak

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/internal/process"
	"ganlib/variants"
)

// shortSoak is how many steps are made if GANLIB_SOAK does not say.
const shortSoak = 2_000

// What may be more in the last tenth of the steps than in the first. The page's curves fill up to 8,192 points
// in that time.
const (
	mayGrowHeap       = 3 << 20
	mayGrowResident   = 24 << 20
	mayGrowGoroutines = 2
	mayGrowFiles      = 2
)

// sample is what the process has at a step, after a garbage collection.
type sample struct {
	Step       int64   `json:"step"`
	Seconds    float64 `json:"seconds"`
	Resident   int64   `json:"resident"` // bytes
	Heap       int64   `json:"heap"`     // bytes
	Goroutines int64   `json:"goroutines"`
	Files      int64   `json:"files"` // that are open; 0 where the system does not tell
}

func measure(step int64, began time.Time) sample {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	open, _ := os.ReadDir("/proc/self/fd") // Linux has it
	return sample{step, time.Since(began).Round(time.Millisecond).Seconds(), process.Resident(), int64(m.HeapAlloc), int64(runtime.NumGoroutine()), int64(len(open))}
}

// TestSoak trains with a page that one client watches and another asks for pictures, saves often, and looks for
// what grows.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	steps := int64(shortSoak)
	if text := os.Getenv("GANLIB_SOAK"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err, "GANLIB_SOAK")
		require.GreaterOrEqual(t, n, int64(shortSoak), "GANLIB_SOAK")
		steps = n
	}
	var samples []sample
	began := time.Now()
	sampling := variants.Hook{Name: "soak", Step: func(tr *variants.Trainer) error {
		if step := tr.Progress().GeneratorSteps; step%(steps/200) == 0 {
			samples = append(samples, measure(step, began))
		}
		return nil
	}}
	tr := open(t, steps, func(c *config.Config) {
		c.CheckpointEvery = config.EverySteps(int(steps / 50))
		c.SampleEvery = config.EveryEpochs(max(int(steps/100/50), 1))
	}, sampling)

	var clients sync.WaitGroup
	watching, asking, over := new(http.Client), new(http.Client), make(chan struct{})
	clients.Go(func() { assert.NotZero(t, tr.watch(watching)) })
	clients.Go(func() {
		pictures := 0
		for seed := 0; ; seed++ {
			select {
			case <-over:
				assert.NotZero(t, pictures)
				return
			case <-time.After(20 * time.Millisecond):
				if tr.post(asking, "/api/latent", latent(seed%10)) == http.StatusOK {
					pictures++
				}
			}
		}
	})
	require.NoError(t, tr.runner.Run(tr.ctx))
	close(over)
	tr.close()
	clients.Wait()
	watching.CloseIdleConnections()
	asking.CloseIdleConnections()

	require.Len(t, samples, 200)
	if out := os.Getenv("GANLIB_SOAK_OUT"); out != "" {
		write(t, out, samples)
	}
	for _, q := range quantities {
		first, last := median(samples[2:20], q.of), median(samples[180:], q.of)
		t.Logf("%s: %d in the first tenth, %d in the last", q.name, first, last)
		assert.LessOrEqual(t, last-first, q.mayGrow, "%s grow: %d in the first tenth of %d steps, %d in the last", q.name, first, steps, last)
	}
}

// quantities are what may grow.
var quantities = []struct {
	name    string
	of      func(sample) int64
	mayGrow int64
}{
	{"resident bytes", func(s sample) int64 { return s.Resident }, mayGrowResident},
	{"bytes of the heap", func(s sample) int64 { return s.Heap }, mayGrowHeap},
	{"goroutines", func(s sample) int64 { return s.Goroutines }, mayGrowGoroutines},
	{"open files", func(s sample) int64 { return s.Files }, mayGrowFiles},
}

func median(samples []sample, of func(sample) int64) int64 {
	var list []int64
	for _, s := range samples {
		list = append(list, of(s))
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// write leaves the samples as a table and as a picture.
func write(t *testing.T, folder string, samples []sample) {
	t.Helper()
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("..", "..", folder) // tests run in their package's folder
	}
	text := []byte("[\n")
	for i, s := range samples {
		line, err := json.Marshal(s)
		require.NoError(t, err)
		text = append(append(text, '\t'), line...)
		if i < len(samples)-1 {
			text = append(text, ',')
		}
		text = append(text, '\n')
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "soak.json"), append(text, "]\n"...), 0o644))
	file, err := os.Create(filepath.Join(folder, "soak.svg"))
	require.NoError(t, err)
	require.NoError(t, draw(file, samples))
	require.NoError(t, file.Close())
}
