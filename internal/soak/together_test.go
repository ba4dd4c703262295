package soak

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runs"
)

// TestTogether trains without end, while clients of the page watch, ask for pictures, pause, save, and in the end
// stop it, and checkpoints are written beside. It is for the race detector.
func TestTogether(t *testing.T) {
	for name, every := range map[string]config.Every{
		"checkpoints by step": config.EverySteps(10),
		"checkpoints by time": {Time: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			tr := open(t, 1_000_000, func(c *config.Config) { c.CheckpointEvery, c.SampleEvery = every, config.EverySteps(20) })
			client := new(http.Client)
			defer client.CloseIdleConnections()
			var watchers, actors sync.WaitGroup
			for range 3 {
				watchers.Go(func() { assert.NotZero(t, tr.watch(client)) })
			}
			began := time.Now()
			busy := func() bool { return time.Since(began) < 2500*time.Millisecond && !t.Failed() }
			for range 2 {
				actors.Go(func() {
					for seed := 0; busy(); seed++ {
						assert.Equal(t, http.StatusOK, tr.post(client, "/api/latent", latent(seed)))
					}
				})
			}
			actors.Go(func() {
				for busy() {
					assert.Equal(t, http.StatusOK, tr.post(client, "/api/pause", nil))
					assert.Equal(t, http.StatusOK, tr.post(client, "/api/resume", nil))
				}
			})
			actors.Go(func() {
				for busy() {
					assert.Equal(t, http.StatusOK, tr.post(client, "/api/checkpoint", nil))
				}
			})
			go func() {
				actors.Wait()
				tr.post(client, "/api/stop", nil)
			}()
			require.ErrorIs(t, tr.runner.Run(tr.ctx), context.Canceled)
			tr.close()
			watchers.Wait()
			run, err := runs.Open(tr.runner.Folder())
			require.NoError(t, err)
			saved, err := run.Checkpoints()
			require.NoError(t, err)
			assert.NotEmpty(t, saved)
		})
	}
}
