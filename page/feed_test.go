package page

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/runs"
	"ganlib/variants"
)

// A client that does not read is dropped, one that does is not, and the feed's goroutine ends with the last.
func TestSlowClientIsDropped(t *testing.T) {
	live := NewLive(context.Background(), LiveOptions{})
	f := newFeed(newRun(t), live, time.Millisecond)
	slow, err := f.join()
	require.NoError(t, err)
	quick, err := f.join()
	require.NoError(t, err)
	for range 10 * maxWaiting {
		_, ok := <-quick.messages
		require.True(t, ok)
	}
	f.mu.Lock()
	assert.False(t, f.clients[slow])
	assert.True(t, f.clients[quick])
	f.mu.Unlock()
	assert.EqualValues(t, 1, live.watching.Load())
	n := 0
	for range slow.messages {
		n++
	}
	assert.Equal(t, maxWaiting, n)
	f.leave(slow)
	f.leave(quick)
	f.leave(quick)
	assert.Zero(t, live.watching.Load())
	f.done.Wait()

	again, err := f.join() // and begins with the next
	require.NoError(t, err)
	assert.Contains(t, string(<-again.messages), "event: state")
	f.close("it is \"over\"\n\ndata: x")
	var last string
	for m := range again.messages {
		last = string(m)
	}
	assert.Equal(t, "event: end\ndata: \"it is \\\"over\\\"\\n\\ndata: x\"\n\n", last)
	_, err = f.join()
	require.ErrorIs(t, err, ErrEnded)
	f.close("twice")
}

// A client is told what is new once, and everything again when what it was told is no longer true.
func TestNews(t *testing.T) {
	f := newFeed(newRun(t), nil, time.Hour)
	add := func(steps ...float64) {
		for _, step := range steps {
			f.scalars.series.add([]float64{step, 0, 1, 2, 3, 4, 5})
		}
	}
	add(0, 1)
	c := &client{scalars: cursor{version: -1}, probe: cursor{version: -1}, pictures: cursor{version: -1}}
	first := string(f.news(c, State{Phase: PhaseFolder}))
	assert.True(t, strings.HasPrefix(first, "retry: 2000\n\nevent: state\ndata: {\"phase\":\"folder\","), first)
	assert.Contains(t, first, "event: scalars\ndata: {\"reset\":true,\"stride\":1,\"columns\":[[0,1],")
	assert.NotContains(t, first, "probe")
	assert.Contains(t, first, "event: pictures\ndata: {\"reset\":true,\"list\":[]}")
	assert.NotContains(t, string(f.news(c, State{})), "scalars")
	add(2)
	f.album.list = append(f.album.list, moment{3, 4})
	next := string(f.news(c, State{}))
	assert.Contains(t, next, "event: scalars\ndata: {\"reset\":false,\"stride\":1,\"columns\":[[2],")
	assert.Contains(t, next, "event: pictures\ndata: {\"reset\":false,\"list\":[[3,4]]}")
	f.scalars.series.clear()
	add(7)
	f.album.version++
	next = string(f.news(c, State{}))
	assert.Contains(t, next, "{\"reset\":true,\"stride\":1,\"columns\":[[7],")
	assert.Contains(t, next, "{\"reset\":true,\"list\":[[3,4]]}")
	for _, message := range []string{first, next} {
		for event := range strings.SplitSeq(strings.TrimSuffix(message, "\n\n"), "\n\n") {
			assert.Regexp(t, `^(retry: \d+|event: \w+\ndata: .*)$`, event, "events are of two lines")
		}
	}
}

// Of more requests than may wait, some are refused; those that nobody waits for any more are not done,
// but checkpoints are.
func TestRequestsWait(t *testing.T) {
	saved, painted := 0, 0
	live := NewLive(context.Background(), LiveOptions{Save: func() error { saved++; return nil }})
	ctx, cancel := context.WithCancel(context.Background())
	errs := make(chan error)
	ask := func(do func() error) { go func() { errs <- do() }() }
	for range maxRequests - 1 {
		ask(func() error { return live.do(ctx, ctx, func(*variants.Trainer) error { painted++; return nil }) })
	}
	ask(func() error { return live.Save(ctx) })
	for len(live.requests) < maxRequests {
		time.Sleep(time.Millisecond)
	}
	require.ErrorIs(t, live.Save(ctx), ErrBusy)
	cancel()
	for range maxRequests {
		require.ErrorIs(t, <-errs, context.Canceled)
	}
	for i := range maxRequests {
		require.NoError(t, live.step(nil))
		assert.Len(t, live.requests, maxRequests-1-i, "one a step")
	}
	assert.Equal(t, 1, saved)
	assert.Equal(t, 0, painted)
}

// What a training pays for a page that nobody looks at.
func BenchmarkUnwatchedStep(b *testing.B) {
	live := NewLive(context.Background(), LiveOptions{})
	for b.Loop() {
		if err := live.step(nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTick is what the feed does each second while nothing happens, for a run with many rows and
// pictures.
func BenchmarkTick(b *testing.B) {
	run := newRun(b)
	require.NoError(b, os.WriteFile(run.Join(runs.LogFolder, "scalars.csv"), []byte(header+rows(0, 100_000)), 0o666))
	for i := range 1000 {
		require.NoError(b, os.WriteFile(run.Pictures(i, 0).FixedGrid, nil, 0o666))
	}
	old := time.Now().Add(-time.Hour)
	require.NoError(b, os.Chtimes(run.Join(runs.FixedGridFolder), old, old))
	f := newFeed(run, nil, time.Hour)
	c, err := f.join()
	require.NoError(b, err)
	<-c.messages
	for b.Loop() {
		f.tick()
		<-c.messages
	}
	f.close("")
}

// A server has a limit for everything that a client can draw out.
func TestServerHasLimits(t *testing.T) {
	s, err := New(Options{Run: newRun(t)})
	require.NoError(t, err)
	for name, d := range map[string]time.Duration{
		"header": s.http.ReadHeaderTimeout, "request": s.http.ReadTimeout, "answer": s.http.WriteTimeout, "idle": s.http.IdleTimeout,
	} {
		assert.Positive(t, d, name)
		assert.LessOrEqual(t, d, time.Minute, name)
	}
	assert.Equal(t, maxHeader, s.http.MaxHeaderBytes)
	require.NoError(t, s.Close(""))
}
