package page_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/internal/enginetest"
	"ganlib/page"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// small is a preset with networks that train in milliseconds, on few drawn images.
func small(t testing.TB, preset string) config.Config {
	t.Helper()
	c, err := config.Preset(preset)
	require.NoError(t, err)
	c.DataRoot, c.Device, c.Seed = t.TempDir(), "cpu", 5
	c.BatchSize, c.FeaturesGen, c.FeaturesCritic, c.DataSize, c.CriticIterations, c.NumEpochs = 4, 4, 4, 12, 1, 1_000_000
	if strings.HasPrefix(preset, "catfaces") {
		c.ImageSize = 16
	} else if c.ImageSize > 0 {
		writeMNIST(t, c.DataRoot)
	}
	c.SampleEvery, c.LogEvery, c.CheckpointEvery, c.ExportEvery = config.EverySteps(2), config.EverySteps(2), config.Every{}, config.Every{}
	require.NoError(t, c.Validate())
	return c
}

// writeMNIST writes an idx file of images as MNIST has them.
func writeMNIST(t testing.TB, root string) {
	t.Helper()
	const n = 12
	data := []byte{0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 28, 0, 0, 0, 28}
	for i := range n * 28 * 28 {
		data = append(data, byte(i*i/7))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(root, "MNIST"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(root, "MNIST", "train-images-idx3-ubyte"), data, 0o666))
}

// training is a run that trains, with its page.
type training struct {
	t      *testing.T
	run    *runner.Runner
	live   *page.Live
	server *page.Server
	http   *httptest.Server
	ended  chan error
	stop   context.CancelFunc
	waited time.Duration
	saves  int
}

// start trains c for so many steps, 0 for ever, with a page; before is called before the first.
func start(t *testing.T, c config.Config, steps int64, before ...func(*page.Live)) *training {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	tr := &training{t: t, ended: make(chan error, 1), stop: stop}
	tr.live = page.NewLive(ctx, page.LiveOptions{
		Save: func() error { tr.saves++; return tr.run.Save() }, Stop: stop, Waited: func(d time.Duration) { tr.waited += d; tr.run.Waited(d) },
	})
	tr.live.LookEvery(0)
	device := c.Device
	if device == "ptxsim" {
		c.Device = "cpu"
	}
	var err error
	tr.run, err = runner.Open(ctx, runner.Options{Config: c, Root: t.TempDir(), Steps: steps, Threads: 1, Device: device, Hooks: []variants.Hook{tr.live.Hook()}})
	require.NoError(t, err)
	run, err := runs.Open(tr.run.Folder())
	require.NoError(t, err)
	tr.server, err = page.New(page.Options{Run: run, Config: tr.run.Config(), Live: tr.live})
	require.NoError(t, err)
	tr.server.TickEvery(20 * time.Millisecond)
	tr.http = httptest.NewServer(tr.server)
	for _, f := range before {
		f(tr.live)
	}
	go func() { tr.ended <- tr.run.Run(ctx) }()
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { stop(); tr.close() }) })
	return tr
}

// close waits for the end of the training and stops everything.
func (tr *training) close() error {
	var err error
	select {
	case err = <-tr.ended:
		tr.ended <- err
	case <-time.After(30 * time.Second):
		panic("the training does not end")
	}
	require.NoError(tr.t, tr.server.Close("over"))
	tr.http.Close() // waits for what is being written
	require.NoError(tr.t, tr.run.Close())
	return err
}

// post sends a request as the page would, changed by each of the functions.
func (tr *training) post(path string, body any, change ...func(*http.Request)) (int, http.Header, []byte) {
	tr.t.Helper()
	return post(tr.t, tr.http.URL, tr.server.Token(), path, body, change...)
}

func post(t testing.TB, url, token, path string, body any, change ...func(*http.Request)) (int, http.Header, []byte) {
	t.Helper()
	data, err := json.Marshal(body)
	require.NoError(t, err)
	r, err := http.NewRequest(http.MethodPost, url+path, bytes.NewReader(data))
	require.NoError(t, err)
	r.Header.Set("Origin", url)
	r.Header.Set("X-Ganlib-Token", token)
	for _, c := range change {
		c(r)
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	data, err = io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, answer.Header, data
}

// watcher reads a page's stream of events.
type watcher struct {
	t      testing.TB
	cancel context.CancelFunc
	body   io.ReadCloser
	lines  *bufio.Scanner
}

func watch(t testing.TB, url string) *watcher {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/events", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	w := &watcher{t, cancel, answer.Body, bufio.NewScanner(answer.Body)}
	w.lines.Buffer(nil, 1<<24)
	t.Cleanup(w.close)
	return w
}

func (w *watcher) close() { w.cancel(); w.body.Close() }

// next returns the next event of that name, ok false at the end of the stream.
func (w *watcher) next(name string, v any) (ok bool) {
	w.t.Helper()
	event := ""
	for w.lines.Scan() {
		line := w.lines.Text()
		if e, ok := strings.CutPrefix(line, "event: "); ok {
			event = e
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && event == name {
			require.NoError(w.t, json.Unmarshal([]byte(data), v), data)
			return true
		}
	}
	return false
}

// until reads states until one is as wanted.
func (w *watcher) until(wanted func(page.State) bool) page.State {
	w.t.Helper()
	for {
		var s page.State
		require.True(w.t, w.next("state", &s), "the stream ended")
		if wanted(s) {
			return s
		}
	}
}

func inPhase(phase string) func(page.State) bool {
	return func(s page.State) bool { return s.Phase == phase }
}

func decodePNG(t testing.TB, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return img
}

// The whole life of a training with a page: curves and pictures come, it pauses, paints, saves, goes on,
// and stops with everything saved.
func TestLife(t *testing.T) {
	before := runtime.NumGoroutine()
	tr := start(t, small(t, "catfaces"), 0)
	w := watch(t, tr.http.URL)
	s := w.until(func(s page.State) bool { return s.Phase == page.PhaseTraining && s.Step > 2 })
	assert.Positive(t, s.Total)
	require.NotNil(t, s.Memory)
	assert.Equal(t, "process", s.Memory.Device)
	assert.Greater(t, s.Memory.Used, int64(1<<20))
	assert.Nil(t, s.Checkpoint)
	var rows struct {
		Reset   bool         `json:"reset"`
		Stride  int          `json:"stride"`
		Columns [][]*float64 `json:"columns"`
	}
	require.True(t, w.next("scalars", &rows))
	assert.Len(t, rows.Columns, 7)
	assert.NotEmpty(t, rows.Columns[0])
	require.True(t, w.next("probe", &rows))
	require.Len(t, rows.Columns, 4)
	if assert.NotEmpty(t, rows.Columns[1]) {
		assert.Positive(t, *rows.Columns[1][0], "norm of the critic's gradient")
		assert.Positive(t, *rows.Columns[2][0], "and of the generator's")
	}

	code, _, _ := tr.post("/api/pause", nil)
	require.Equal(t, http.StatusOK, code)
	paused := w.until(inPhase(page.PhasePaused))
	time.Sleep(50 * time.Millisecond)
	assert.Equal(t, paused.Step, tr.live.State().Step, "nothing moves")

	code, head, picture := tr.post("/api/latent", page.Latent{Seed: 3, N: 4})
	require.Equal(t, http.StatusOK, code, string(picture))
	assert.Equal(t, "image/png", head.Get("Content-Type"))
	assert.Equal(t, image.Pt(4*18+2, 20), decodePNG(t, picture).Bounds().Size())

	code, _, body := tr.post("/api/checkpoint", nil)
	require.Equal(t, http.StatusOK, code, string(body))
	s = w.until(func(s page.State) bool { return s.Checkpoint != nil })
	assert.Equal(t, paused.Step, *s.Checkpoint)

	code, _, _ = tr.post("/api/resume", nil)
	require.Equal(t, http.StatusOK, code)
	w.until(func(s page.State) bool { return s.Phase == page.PhaseTraining && s.Step > paused.Step })

	code, _, _ = tr.post("/api/stop", nil)
	require.Equal(t, http.StatusOK, code)
	require.ErrorIs(t, tr.close(), context.Canceled)
	var outcome string
	require.True(t, w.next("end", &outcome))
	assert.Equal(t, "over", outcome)
	assert.False(t, w.next("state", new(page.State)), "the stream ends")
	assert.Greater(t, tr.waited, 50*time.Millisecond)
	run, err := runs.Open(tr.run.Folder())
	require.NoError(t, err)
	latest, err := run.Latest()
	require.NoError(t, err)
	assert.Greater(t, latest.Step, paused.Step)
	assert.Equal(t, 1, tr.saves)

	code, _, body = tr.postTo(tr.server, "/api/latent", page.Latent{Seed: 3, N: 1})
	assert.Equal(t, http.StatusConflict, code)
	assert.Contains(t, string(body), "the training has ended")
	w.close()
	http.DefaultClient.CloseIdleConnections()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	assert.LessOrEqual(t, runtime.NumGoroutine(), before, "a goroutine is left")
}

// postTo asks a server without a connection.
func (tr *training) postTo(h http.Handler, path string, body any) (int, http.Header, []byte) {
	data, err := json.Marshal(body)
	require.NoError(tr.t, err)
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, bytes.NewReader(data))
	r.Header.Set("Origin", "http://localhost")
	r.Header.Set("X-Ganlib-Token", tr.server.Token())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.Bytes()
}

// A training that is watched, asked for pictures, paused and saved makes the same networks, bit for bit,
// as one that nobody looks at, whatever its layers keep from step to step.
func TestWatchingChangesNothing(t *testing.T) {
	for _, preset := range []string{"catfaces", "dcgan16", "mnist-mlp-bce", "toy-8gaussians", "keras-wgan"} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			watched(t, small(t, preset), 20, 6)
		})
	}
	// On a GPU a step is a graph that is replayed; what is done between two steps must not get into it.
	t.Run("ptxsim", func(t *testing.T) {
		enginetest.Emulated(t)
		c := small(t, "mnist-mlp-bce")
		c.Device = "ptxsim"
		watched(t, c, 5, 2)
	})
	t.Run("cuda", func(t *testing.T) {
		enginetest.GPU(t)
		c := small(t, "catfaces")
		c.Device = "cuda"
		watched(t, c, 60, 6)
	})
}

// watched trains c so many steps twice, once with a page that asks for pictures, and compares the checkpoints.
func watched(t *testing.T, c config.Config, steps int64, pictures int) {
	t.Helper()
	device := c.Device
	if device == "ptxsim" { // which a configuration cannot ask for
		c.Device = "cpu"
	}
	alone, err := runner.Open(context.Background(), runner.Options{Config: c, Root: t.TempDir(), Steps: steps, Threads: 1, Device: device})
	require.NoError(t, err)
	require.NoError(t, alone.Run(context.Background()))
	require.NoError(t, alone.Close())

	c.Device = device
	tr := start(t, c, steps, (*page.Live).Pause)
	w := watch(t, tr.http.URL)
	painted := 0
	for i := range pictures {
		code, _, _ := tr.post("/api/latent", page.Latent{Seed: uint64(i), To: 9, At: 0.2 * float64(i%5), Truncation: float64(i % 2), N: 1 + i})
		if code == http.StatusOK {
			painted++
		}
	}
	tr.post("/api/checkpoint", nil)
	if state := w.until(inPhase(page.PhasePaused)); device != "cpu" {
		assert.Equal(t, "GPU", state.Memory.Device)
		assert.Greater(t, state.Memory.Total, state.Memory.Used)
	}
	tr.post("/api/resume", nil)
	for i := range pictures {
		tr.post("/api/latent", page.Latent{Seed: uint64(i), N: 3})
	}
	require.NoError(t, tr.close())
	w.close()
	assert.Equal(t, pictures, painted)
	name := filepath.Join("model", fmt.Sprintf("checkpoint-%08d.safetensors", steps))
	want, err := os.ReadFile(filepath.Join(alone.Folder(), name))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(tr.run.Folder(), name))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got), "the checkpoints differ")
}
