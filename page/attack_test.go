package page_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/page"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// serve serves s at a new address until the test ends, and returns the address.
func serve(t *testing.T, s *page.Server) string {
	t.Helper()
	l, err := page.Listen("127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Serve(shortBuffers{l}) }()
	t.Cleanup(func() {
		assert.NoError(t, s.Close("over"))
		assert.NoError(t, <-done)
	})
	return l.Addr().String()
}

// shortBuffers gives connections so little memory in the system that writing to one who does not read blocks soon.
type shortBuffers struct{ net.Listener }

func (l shortBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetWriteBuffer(1)
	}
	return c, err
}

// connect opens a connection and sends text.
func connect(t *testing.T, addr, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, text)
	require.NoError(t, err)
	return c
}

// request asks for a path on a connection of its own. Code 0 is a connection that was closed without an answer.
func request(t *testing.T, addr, path string) (code int, body string) {
	t.Helper()
	c := connect(t, addr, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(data)
}

// closedBy waits until the other side closes a connection.
func closedBy(c net.Conn, limit time.Duration) bool {
	_ = c.SetReadDeadline(time.Now().Add(limit))
	_, err := io.Copy(io.Discard, c)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// settles waits until there are no more goroutines than before.
func settles(t *testing.T, before int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	assert.Fail(t, "goroutines are left", "%d, before %d", runtime.NumGoroutine(), before)
}

// Of 1,000 connections on which nothing comes, as many as may be are kept until they have been silent for too
// long. Meanwhile whoever asks is told that there is no room; afterwards there is, and nothing is left of them.
func TestIdleConnections(t *testing.T) {
	s, _ := folderServer(t, page.Options{})
	s.Timeouts(4*time.Second, time.Second)
	addr := serve(t, s)
	code, _ := request(t, addr, "/api/run")
	require.Equal(t, http.StatusOK, code)
	before := runtime.NumGoroutine()
	idle := make([]net.Conn, 1000)
	for i := range idle {
		idle[i] = connect(t, addr, "")
	}
	assert.Less(t, runtime.NumGoroutine(), before+page.MaxConnections+50, "each connection that is kept has a goroutine")
	refused := 0
	for range 200 {
		if code, body := request(t, addr, "/api/run"); code == http.StatusServiceUnavailable {
			assert.Contains(t, body, "too many connections")
			refused++
			break
		}
		time.Sleep(20 * time.Millisecond) // others are still being refused
	}
	assert.Equal(t, 1, refused)
	assert.Eventually(t, func() bool { code, _ := request(t, addr, "/api/run"); return code == http.StatusOK }, 20*time.Second, 50*time.Millisecond,
		"silent connections make room")
	for _, c := range idle {
		c.Close()
	}
	settles(t, before)
}

// Requests that come byte by byte, headers without an end, bodies that are too large or never come, and answers
// that nobody reads are ended by the server.
func TestSlowClients(t *testing.T) {
	s, _ := folderServer(t, page.Options{})
	s.Timeouts(300*time.Millisecond, 300*time.Millisecond)
	addr := serve(t, s)
	before := runtime.NumGoroutine()
	action := fmt.Sprintf("POST /api/latent HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nX-Ganlib-Token: %s\r\n", s.Token())
	for name, c := range map[string]struct {
		first string
		drip  string // one after the other
	}{
		"a request line without an end": {"GET / HT", "T"},
		"a header without an end":       {"GET / HTTP/1.1\r\nHost: localhost\r\n", "X-A: b\r\n"},
		"a body byte by byte":           {action + "Content-Length: 4000\r\n\r\n{", " "},
		"a body that never comes":       {action + "Content-Length: 4000\r\n\r\n", ""},
		"a connection that is kept":     {"GET /api/run HTTP/1.1\r\nHost: localhost\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			conn := connect(t, addr, c.first)
			stop := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					case <-time.After(20 * time.Millisecond):
						if _, err := io.WriteString(conn, c.drip); err != nil {
							return
						}
					}
				}
			}()
			assert.True(t, closedBy(conn, 10*time.Second))
			close(stop)
			<-done
		})
	}
	large := action + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", 1<<30, strings.Repeat(" ", 2*page.MaxBody))
	answer, err := http.ReadResponse(bufio.NewReader(connect(t, addr, large)), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, answer.StatusCode, "without reading all of it")
	answer.Body.Close()
	settles(t, before)
}

// A client that watches and does not read is dropped, when neither the system nor the feed keeps more for it.
func TestStreamThatIsNotRead(t *testing.T) {
	s, run := folderServer(t, page.Options{})
	rows := "epoch,batch,step,critic_loss,generator_loss,gradient_penalty,images_per_second,seconds\n"
	for i := range 20_000 {
		rows += fmt.Sprintf("0,%d,%d,%v,%v,%v,1,1\n", i, i, float64(i)/7, float64(i)/11, float64(i)/13)
	}
	require.NoError(t, os.WriteFile(run.Join(runs.LogFolder, "scalars.csv"), []byte(rows), 0o666))
	s.Timeouts(300*time.Millisecond, 300*time.Millisecond)
	s.TickEvery(time.Millisecond)
	addr := serve(t, s)
	before := runtime.NumGoroutine()
	for range page.MaxClients {
		c := connect(t, addr, "")
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(1))
		_, err := io.WriteString(c, "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
	}
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() > before }, 5*time.Second, time.Millisecond)
	settles(t, before)
	w := watch(t, "http://"+addr)
	assert.True(t, w.next("state", new(page.State)), "there is room again")
}

// A training whose page is attacked from all sides takes the same steps to the same networks, and does no work
// for those who only hold connections.
func TestTrainingUnderAttack(t *testing.T) {
	const steps = 40
	c := small(t, "catfaces")
	train := func(attack bool) (weights []byte, looks int, took time.Duration) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		live := page.NewLive(ctx, page.LiveOptions{Stop: stop})
		live.LookEvery(0)
		r, err := runner.Open(ctx, runner.Options{Config: c, Root: t.TempDir(), Steps: steps, Threads: 1, Hooks: []variants.Hook{live.Hook()}})
		require.NoError(t, err)
		defer r.Close()
		run, err := runs.Open(r.Folder())
		require.NoError(t, err)
		s, err := page.New(page.Options{Run: run, Config: c, Live: live})
		require.NoError(t, err)
		addr := serve(t, s)
		if attack {
			for range 1000 {
				connect(t, addr, "")
			}
			connect(t, addr, "GET / HT")
			connect(t, addr, "POST /api/stop HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Length: 9\r\n\r\n")
		}
		began := time.Now()
		require.NoError(t, r.Run(ctx))
		took = time.Since(began)
		weights, err = os.ReadFile(filepath.Join(r.Folder(), "model", fmt.Sprintf("checkpoint-%08d.safetensors", steps)))
		require.NoError(t, err)
		return weights, live.Looks(), took
	}
	want, _, alone := train(false)
	got, looks, attacked := train(true)
	t.Logf("%d steps took %v alone, %v attacked", steps, alone, attacked)
	assert.Equal(t, want, got)
	assert.Zero(t, looks, "nobody watches")
}
