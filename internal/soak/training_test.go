package soak

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/page"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// training is a run with its page, as the commands make them.
type training struct {
	t      testing.TB
	runner *runner.Runner
	server *page.Server
	live   *page.Live
	url    string
	ended  chan error // of the server
	cancel func()
	ctx    context.Context
}

// open makes a training of the points of eight Gaussians in batches of 16, of 100 steps an epoch.
func open(t testing.TB, steps int64, change func(*config.Config), hooks ...variants.Hook) *training {
	t.Helper()
	c, err := config.Preset("toy-8gaussians")
	require.NoError(t, err)
	c.Device, c.BatchSize, c.DataSize, c.NumEpochs, c.LogEvery = "cpu", 16, 1600, int(steps/100)+1, config.EveryEpochs(1)
	change(&c)
	tr := &training{t: t, ended: make(chan error, 1)}
	tr.ctx, tr.cancel = context.WithCancel(t.Context())
	tr.live = page.NewLive(tr.ctx, page.LiveOptions{
		Save: func() error { return tr.runner.Save() }, Stop: tr.cancel, Waited: func(d time.Duration) { tr.runner.Waited(d) },
	})
	tr.runner, err = runner.Open(tr.ctx, runner.Options{Config: c, Root: t.TempDir(), Steps: steps, Hooks: append(hooks, tr.live.Hook())})
	require.NoError(t, err)
	run, err := runs.Open(tr.runner.Folder())
	require.NoError(t, err)
	tr.server, err = page.New(page.Options{Run: run, Config: c, Live: tr.live})
	require.NoError(t, err)
	listener, err := page.Listen("127.0.0.1:0")
	require.NoError(t, err)
	tr.url = "http://" + listener.Addr().String()
	go func() { tr.ended <- tr.server.Serve(listener) }()
	return tr
}

// close ends the page and closes the run.
func (tr *training) close() {
	tr.t.Helper()
	tr.live.Close()
	assert.NoError(tr.t, tr.server.Close("over"))
	assert.NoError(tr.t, <-tr.ended)
	assert.NoError(tr.t, tr.runner.Close())
	tr.cancel()
}

// post asks for something as the page does, and returns the answer's code, 0 if the server is gone.
func (tr *training) post(client *http.Client, path string, body any) int {
	data, err := json.Marshal(body)
	if !assert.NoError(tr.t, err) {
		return 0
	}
	r, err := http.NewRequest(http.MethodPost, tr.url+path, bytes.NewReader(data))
	if !assert.NoError(tr.t, err) {
		return 0
	}
	r.Header.Set("Origin", tr.url)
	r.Header.Set("X-Ganlib-Token", tr.server.Token())
	answer, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// watch reads the page's events until the server ends them, and returns how many came.
func (tr *training) watch(client *http.Client) (events int) {
	answer, err := client.Get(tr.url + "/api/events")
	if !assert.NoError(tr.t, err) {
		return 0
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if bytes.HasPrefix(lines.Bytes(), []byte("event:")) {
			events++
		}
	}
	return events
}

// latent is the request for a picture of four samples of a seed.
func latent(seed int) map[string]any { return map[string]any{"seed": strconv.Itoa(seed), "n": 4} }
