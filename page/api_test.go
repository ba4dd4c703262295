package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"

	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/page"
	"ganlib/report"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/sampler"
	"ganlib/variants"
)

// trained returns the folder of a run of five steps.
func trained(t testing.TB, c config.Config) string {
	t.Helper()
	r, err := runner.Open(context.Background(), runner.Options{Config: c, Root: t.TempDir(), Steps: 5, Threads: 1})
	require.NoError(t, err)
	require.NoError(t, r.Run(context.Background()))
	require.NoError(t, r.Close())
	return r.Folder()
}

// viewed serves a trained run as the command view does.
func viewed(t testing.TB, c config.Config) (*page.Server, *httptest.Server, string) {
	t.Helper()
	folder := trained(t, c)
	run, err := runs.Open(folder)
	require.NoError(t, err)
	dev := device.NewCPU(1)
	t.Cleanup(func() { assert.NoError(t, dev.Close()) })
	s, err := page.New(page.Options{Run: run, Config: c, Painter: page.NewCheckpoints(dev, run)})
	require.NoError(t, err)
	h := httptest.NewServer(s)
	t.Cleanup(func() { assert.NoError(t, s.Close("")); h.Close() })
	return s, h, folder
}

func TestViewTellsTheRun(t *testing.T) {
	s, h, folder := viewed(t, small(t, "catfaces"))
	var d struct {
		Name                  string
		Live, Latent, Points  bool
		Config                []struct{ Key, Value, Doc, Group string }
		Preset, Variant, Text string
	}
	require.NoError(t, json.Unmarshal(get(s, "localhost", "/api/run").Body.Bytes(), &d))
	assert.Equal(t, "train0", d.Name)
	assert.False(t, d.Live)
	assert.True(t, d.Latent)
	assert.Equal(t, "wgan-gp", d.Variant)
	assert.Len(t, d.Config, len(config.Keys()))

	w := watch(t, h.URL)
	var state page.State
	require.True(t, w.next("state", &state))
	assert.Equal(t, page.State{Phase: page.PhaseFolder, Step: 5, Epoch: 1, Checkpoint: state.Checkpoint}, state)
	require.NotNil(t, state.Checkpoint)
	assert.EqualValues(t, 5, *state.Checkpoint)
	var rows struct{ Columns [][]float64 }
	require.True(t, w.next("scalars", &rows))
	assert.Equal(t, []float64{0, 1, 2, 3, 4}, rows.Columns[0])
	var pictures struct {
		Reset bool
		List  [][2]int
	}
	require.True(t, w.next("pictures", &pictures))
	assert.Equal(t, [][2]int{{0, 0}, {0, 2}, {1, 0}}, pictures.List)
	want, err := os.ReadFile(filepath.Join(folder, "generated_grid_images_fixed/generated_img0_2.png"))
	require.NoError(t, err)
	got := get(s, "localhost", "/picture/0/2")
	assert.Equal(t, "image/png", got.Header().Get("Content-Type"))
	assert.Equal(t, want, got.Body.Bytes())
	for _, path := range []string{"/picture/0/1", "/picture/0/x", "/picture/-1/0", "/picture/0/..%2f..%2f..%2fmodel", "/picture/0/99999999999999999999", "/picture/00000000000/0"} {
		assert.Equal(t, http.StatusNotFound, get(s, "localhost", path).Code, path)
	}

	for _, path := range []string{"/api/pause", "/api/stop", "/api/checkpoint"} {
		code, _, body := post(t, h.URL, s.Token(), path, nil)
		assert.Equal(t, http.StatusConflict, code)
		assert.Contains(t, string(body), "does not train")
	}
}

// The pictures of the panel are those that package sampler makes, of a folder to the bit, and of a
// training, whose layers are not folded, to rounding.
func TestLatentEqualsSampler(t *testing.T) {
	for _, preset := range []string{"catfaces", "dcgan16", "keras-wgan"} {
		t.Run(preset, func(t *testing.T) {
			c := small(t, preset)
			if preset == "keras-wgan" {
				c.ZDist = "uniform"
			}
			s, h, folder := viewed(t, c)
			own, err := sampler.Open(folder)
			require.NoError(t, err)
			defer own.Close()
			expect := func(seed uint64, n int) image.Image {
				x, err := own.Sample(seed, 0, n)
				require.NoError(t, err)
				shape := own.Shape()
				img, err := report.Grid(x, n, shape[0], shape[1], shape[2], report.GridOptions{Columns: c.GridColumns})
				require.NoError(t, err)
				return img
			}
			ask := func(l page.Latent) image.Image {
				code, head, body := post(t, h.URL, s.Token(), "/api/latent", l)
				require.Equal(t, http.StatusOK, code, string(body))
				assert.Equal(t, "5", head.Get("X-Ganlib-Step"))
				return decodePNG(t, body)
			}
			assert.Equal(t, expect(7, 3), ask(page.Latent{Seed: 7, To: 8, N: 3}), "one end")
			assert.Equal(t, expect(8, 3), ask(page.Latent{Seed: 7, To: 8, At: 1, N: 3}), "the other")
			assert.Equal(t, expect(1<<63+9, 16), ask(page.Latent{Seed: 1<<63 + 9, N: 16}), "a large seed")

			a, err := own.Noise(7, 0, 3)
			require.NoError(t, err)
			b, err := own.Noise(8, 0, 3)
			require.NoError(t, err)
			for i := 0; i < len(a); i += c.ZDim {
				if z := a[i : i+c.ZDim]; c.ZDist == "uniform" {
					sampler.Lerp(z, z, b[i:i+c.ZDim], 0.4)
				} else {
					sampler.Slerp(z, z, b[i:i+c.ZDim], 0.4)
				}
			}
			sampler.Truncate(a, 0.5, c.ZDist == "uniform")
			x, err := own.Generate(a)
			require.NoError(t, err)
			shape := own.Shape()
			between, err := report.Grid(x, 3, shape[0], shape[1], shape[2], report.GridOptions{Columns: c.GridColumns})
			require.NoError(t, err)
			assert.Equal(t, image.Image(between), ask(page.Latent{Seed: 7, To: 8, At: 0.4, Truncation: 0.5, N: 3}), "between, and truncated")
		})
	}
}

func TestLatentOfATraining(t *testing.T) {
	for preset, dist := range map[string]string{"catfaces": "normal", "keras-wgan": "uniform"} {
		t.Run(preset, func(t *testing.T) {
			c := small(t, preset)
			c.ZDist = dist
			tr := start(t, c, 0)
			tr.post("/api/pause", nil)
			code, _, _ := tr.post("/api/checkpoint", nil)
			require.Equal(t, http.StatusOK, code)
			code, head, body := tr.post("/api/latent", page.Latent{Seed: 7, To: 3, At: 0.25, Truncation: 2, N: 4})
			require.Equal(t, http.StatusOK, code, string(body))
			got := decodePNG(t, body)
			tr.stop()
			require.ErrorIs(t, <-tr.ended, context.Canceled)
			tr.ended <- nil

			dev := device.NewCPU(1)
			defer dev.Close()
			run, err := runs.Open(tr.run.Folder())
			require.NoError(t, err)
			latest, err := run.Latest()
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprint(latest.Step), head.Get("X-Ganlib-Step"), "paused, so the stop saved nothing newer")
			p, err := page.NewCheckpoints(dev, run).Paint(t.Context(), page.Latent{Seed: 7, To: 3, At: 0.25, Truncation: 2, N: 4})
			require.NoError(t, err)
			require.Equal(t, p.Image.Bounds(), got.Bounds())
			differ := 0
			for y := range got.Bounds().Dy() {
				for x := range got.Bounds().Dx() {
					r, g, b, _ := got.At(x, y).RGBA()
					r2, g2, b2, _ := p.Image.At(x, y).RGBA()
					for _, d := range []int{int(r>>8) - int(r2>>8), int(g>>8) - int(g2>>8), int(b>>8) - int(b2>>8)} {
						require.LessOrEqual(t, max(d, -d), 1)
						differ += max(d, -d)
					}
				}
			}
			assert.Less(t, differ, got.Bounds().Dx()*got.Bounds().Dy()/100)
		})
	}
}

func TestLatentOfPoints(t *testing.T) {
	s, h, _ := viewed(t, small(t, "toy-8gaussians"))
	assert.Contains(t, get(s, "localhost", "/api/run").Body.String(), `"points":true`)
	code, _, body := post(t, h.URL, s.Token(), "/api/latent", page.Latent{Seed: 1, To: 2, At: 0.5, N: 1})
	require.Equal(t, http.StatusOK, code, string(body))
	assert.Equal(t, image.Pt(512, 512), decodePNG(t, body).Bounds().Size())
}

func TestBadRequests(t *testing.T) {
	s, _ := folderServer(t, page.Options{})
	for text, want := range map[string]string{
		"":                                      "EOF",
		"{":                                     "EOF",
		"[1]":                                   "cannot unmarshal",
		"null":                                  "n 0: want 1 to 16",
		`{"seed":"1","n":0}`:                    "n 0: want 1 to 16",
		`{"seed":"1","to":"2","n":17}`:          "n 17: want 1 to 16",
		`{"seed":1,"n":1}`:                      "unquoted",
		`{"seed":"-1","n":1}`:                   "seed",
		`{"seed":"18446744073709551616","n":1}`: "seed",
		`{"seed":"1","n":1,"at":1.01}`:          "at 1.01: want 0 to 1",
		`{"seed":"1","n":1,"at":-0.1}`:          "at -0.1: want 0 to 1",
		`{"seed":"1","n":1,"truncation":0.01}`:  "truncation 0.01: want 0.05 to 8",
		`{"seed":"1","n":1,"truncation":9}`:     "truncation 9",
		`{"seed":"1","n":1,"more":1}`:           "more",
		`{"seed":"1","n":1} {}`:                 "want one JSON value",
		`{"seed":"` + strings.Repeat("1", 5000) + `","n":1}`: "too large",
	} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/api/latent", strings.NewReader(text))
		r.Header.Set("Origin", "http://localhost")
		r.Header.Set("X-Ganlib-Token", s.Token())
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		assert.Equal(t, http.StatusBadRequest, w.Code, text)
		assert.Contains(t, w.Body.String(), want, text)
	}
}

// A run without a checkpoint has no pictures to ask for yet, and says so.
func TestNoCheckpointYet(t *testing.T) {
	dev := device.NewCPU(1)
	defer dev.Close()
	c, err := config.Preset("catfaces")
	require.NoError(t, err)
	run, err := runs.Create(t.TempDir(), "train", map[string][]byte{runs.ConfigFile: config.Marshal(c)})
	require.NoError(t, err)
	defer run.Close()
	s, err := page.New(page.Options{Run: run, Config: c, Painter: page.NewCheckpoints(dev, run)})
	require.NoError(t, err)
	code, _, body := (&training{t: t, server: s}).postTo(s, "/api/latent", page.Latent{N: 1})
	assert.Equal(t, http.StatusConflict, code)
	assert.Contains(t, string(body), "no checkpoint")
}

// Whoever comes when too many watch is sent away, and has room when another leaves.
func TestTooManyClients(t *testing.T) {
	s, h, _ := viewed(t, small(t, "catfaces"))
	s.TickEvery(10 * time.Millisecond)
	all := make([]*watcher, page.MaxClients)
	for i := range all {
		all[i] = watch(t, h.URL)
	}
	w := get(s, "localhost", "/api/events")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	all[3].close()
	assert.Eventually(t, func() bool {
		answer, err := http.Get(h.URL + "/api/events")
		require.NoError(t, err)
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}, 5*time.Second, 20*time.Millisecond)
	require.NoError(t, s.Close("over"))
	assert.Equal(t, http.StatusConflict, get(s, "localhost", "/api/events").Code, "after the end")
}

// A stream outlives the time that an ordinary request may take.
func TestStreamOutlivesTimeouts(t *testing.T) {
	folder := trained(t, small(t, "catfaces"))
	run, err := runs.Open(folder)
	require.NoError(t, err)
	s, err := page.New(page.Options{Run: run})
	require.NoError(t, err)
	s.Timeouts(100*time.Millisecond, 100*time.Millisecond)
	s.TickEvery(50 * time.Millisecond)
	l, err := page.Listen("127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	w := watch(t, "http://"+l.Addr().String())
	for began := time.Now(); time.Since(began) < 500*time.Millisecond; {
		require.True(t, w.next("state", new(page.State)))
	}
	require.NoError(t, s.Close("over"))
	require.NoError(t, <-done)
}

// A checkpoint that cannot be written is told to the one who asked, and the training goes on.
func TestFailedCheckpoint(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := small(t, "toy-8gaussians")
	live := page.NewLive(ctx, page.LiveOptions{Save: func() error { return errors.New("the disk is full") }})
	r, err := runner.Open(ctx, runner.Options{Config: c, Root: t.TempDir(), Threads: 1, Hooks: []variants.Hook{live.Hook()}})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	require.EqualError(t, live.Save(ctx), "the disk is full")
	require.EqualError(t, live.Save(ctx), "the disk is full", "it trains on")
	assert.False(t, live.Stop(), "not offered")
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.NoError(t, r.Close())
	require.ErrorIs(t, live.Save(context.Background()), page.ErrEnded)
	assert.Equal(t, page.PhaseEnded, live.State().Phase)
	assert.ErrorContains(t, page.NewLive(ctx, page.LiveOptions{}).Save(ctx), "cannot be saved from here")
}

// The gradients that are shown are those of the step they are shown for.
func TestGradientNorms(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := small(t, "catfaces")
	live := page.NewLive(ctx, page.LiveOptions{})
	live.LookEvery(0)
	norm := func(x *device.Tensor) float64 {
		values, err := x.Float32s()
		require.NoError(t, err)
		sum := 0.0
		for _, v := range values {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum)
	}
	var mu sync.Mutex
	norms := map[int64][2]float64{}
	r, err := runner.Open(ctx, runner.Options{Config: c, Root: t.TempDir(), Threads: 1, Hooks: []variants.Hook{{Step: func(t *variants.Trainer) error {
		mu.Lock()
		defer mu.Unlock()
		nets := t.Variant().Networks()
		norms[t.Progress().GeneratorSteps] = [2]float64{norm(nets.Critic.Grads()), norm(nets.Generator.Grads())}
		return nil
	}}, live.Hook()}})
	require.NoError(t, err)
	run, err := runs.Open(r.Folder())
	require.NoError(t, err)
	s, err := page.New(page.Options{Run: run, Config: c, Live: live})
	require.NoError(t, err)
	s.TickEvery(10 * time.Millisecond)
	h := httptest.NewServer(s)
	defer h.Close()
	w := watch(t, h.URL)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	seen := 0
	for seen < 3 {
		var rows struct{ Columns [][]float64 }
		require.True(t, w.next("probe", &rows))
		mu.Lock()
		for i, step := range rows.Columns[0] {
			want := norms[int64(step)]
			assert.InEpsilon(t, want[0], rows.Columns[1][i], 1e-6)
			assert.InEpsilon(t, want[1], rows.Columns[2][i], 1e-6)
			assert.Positive(t, rows.Columns[3][i])
			seen++
		}
		mu.Unlock()
	}
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.NoError(t, s.Close("over"))
	require.NoError(t, r.Close())
}

// The end of the context ends a pause: an interrupt need not wait for somebody at the page.
func TestInterruptEndsAPause(t *testing.T) {
	tr := start(t, small(t, "toy-8gaussians"), 0)
	w := watch(t, tr.http.URL)
	tr.post("/api/pause", nil)
	w.until(inPhase(page.PhasePaused))
	tr.stop()
	require.ErrorIs(t, tr.close(), context.Canceled)
	assert.Equal(t, 0, tr.saves)
	run, err := runs.Open(tr.run.Folder())
	require.NoError(t, err)
	_, err = run.Latest()
	require.NoError(t, err, "it is saved")
}

// A run whose folder goes away is told as a problem.
func TestProblem(t *testing.T) {
	s, h, folder := viewed(t, small(t, "catfaces"))
	s.TickEvery(10 * time.Millisecond)
	w := watch(t, h.URL)
	w.until(func(s page.State) bool { return s.Problem == "" })
	require.NoError(t, os.RemoveAll(filepath.Join(folder, "model")))
	state := w.until(func(s page.State) bool { return s.Problem != "" })
	assert.Contains(t, state.Problem, "model")
}
