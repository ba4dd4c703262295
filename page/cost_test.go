package page_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/page"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// BenchmarkWatchedTraining trains the CatFaces networks at a quarter of their width while somebody watches, and
// reports which part of the time the trainer's goroutine spends for the page: pct-page.
//
//	go test -bench WatchedTraining -benchtime 100x ./page
func BenchmarkWatchedTraining(b *testing.B) {
	c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: []string{"FEATURES_GEN=16", "FEATURES_CRITIC=16", "DATA_SIZE=64", "DEVICE=auto", "NUM_EPOCHS=1000000"}})
	require.NoError(b, err)
	c.DataRoot = b.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	live := page.NewLive(ctx, page.LiveOptions{})
	hook, took := live.Hook(), time.Duration(0)
	timed := variants.Hook{Name: hook.Name, End: hook.End, Step: func(t *variants.Trainer) error {
		began := time.Now()
		defer func() { took += time.Since(began) }()
		return hook.Step(t)
	}}
	r, err := runner.Open(ctx, runner.Options{Config: c, Root: b.TempDir(), Steps: int64(b.N), Hooks: []variants.Hook{timed}})
	require.NoError(b, err)
	run, err := runs.Open(r.Folder())
	require.NoError(b, err)
	s, err := page.New(page.Options{Run: run, Config: c, Live: live})
	require.NoError(b, err)
	h := httptest.NewServer(s)
	defer h.Close()
	w := watch(b, h.URL)
	require.True(b, w.next("state", new(page.State)))
	go func() {
		for w.lines.Scan() { // a browser reads all
		}
	}()
	b.ResetTimer()
	require.NoError(b, r.Run(ctx))
	b.StopTimer()
	b.ReportMetric(100*took.Seconds()/b.Elapsed().Seconds(), "pct-page")
	require.NoError(b, s.Close("over"))
	require.NoError(b, r.Close())
}
