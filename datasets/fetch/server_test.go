package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quick is a policy under which failing attempts follow each other at once. Its stall limit is far
// beyond anything a loopback connection needs; the test of stalling sets its own.
var quick = policy{stall: time.Minute, attempts: 3, step: 1, backoff: time.Microsecond, maxBackoff: time.Millisecond}

// published returns the description of content under a name.
func published(name string, content []byte) remote {
	sum := sha256.Sum256(content)
	return remote{name: name, size: int64(len(content)), sha256: hex.EncodeToString(sum[:])}
}

// noise returns n bytes that do not repeat soon.
func noise(n int) []byte {
	out := make([]byte, 0, n+sha256.Size)
	for i := 0; len(out) < n; i++ {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// mirror is a server that holds files and remembers its requests. Each request first goes to the next
// of the hooks, if there is one left; a nil hook, or none left, serves the file as usual, with ranges.
type mirror struct {
	*httptest.Server
	files map[string][]byte
	hooks []http.HandlerFunc

	mu       sync.Mutex
	requests []*http.Request
	sent     int64 // bytes of bodies
}

func newMirror(t *testing.T, files map[string][]byte, hooks ...http.HandlerFunc) *mirror {
	m := &mirror{files: files, hooks: hooks}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.requests = append(m.requests, r)
	var hook http.HandlerFunc
	if n := len(m.requests); n <= len(m.hooks) {
		hook = m.hooks[n-1]
	}
	m.mu.Unlock()
	w = &countingWriter{w, m}
	if hook != nil {
		hook(w, r)
		return
	}
	content, ok := m.files[filepath.Base(r.URL.Path)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", etag(content))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func etag(content []byte) string { return fmt.Sprintf("%q", published("", content).sha256[:8]) }

// ranges returns the Range header of each request so far.
func (m *mirror) ranges() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []string{}
	for _, r := range m.requests {
		out = append(out, r.Header.Get("Range"))
	}
	return out
}

func (m *mirror) bytesSent() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sent
}

type countingWriter struct {
	http.ResponseWriter
	m *mirror
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.m.mu.Lock()
	c.m.sent += int64(n)
	c.m.mu.Unlock()
	return n, err
}

func (c *countingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// cut serves the first n bytes of content, promising all of it, and breaks the connection.
func cut(content []byte, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag(content))
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:n])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// cutRange serves content[from:to] in answer to a request for all from there on, and breaks the connection.
func cutRange(content []byte, from, to int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
		w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(content[from:to])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// status answers with a code and no more.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) }
}

// whole ignores Range and serves all of content.
func whole(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content)
	}
}

// redirect sends the client elsewhere, without a body.
func redirect(location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusPermanentRedirect)
	}
}

// one is a set of the single file data.bin.
func one(content []byte, mirrors ...*mirror) spec {
	s := spec{Set: Set{Name: "one"}, root: "One", store: "One", files: []remote{published("data.bin", content)}}
	for _, m := range mirrors {
		s.mirrors = append(s.mirrors, m.URL+"/")
	}
	return s
}

func holds(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got), "%s has %d bytes, want %d, with the same content", path, len(got), len(want))
	assert.NoFileExists(t, path+".part")
}
