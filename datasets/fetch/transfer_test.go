package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const dataSize = 300_000

func TestDownloadOnce(t *testing.T) {
	content := noise(dataSize)
	m := newMirror(t, map[string][]byte{"data.bin": content})
	dir := t.TempDir()
	var last [2]int64
	o := Options{Dir: dir, Progress: func(file string, done, total int64) {
		assert.Equal(t, "data.bin", file)
		assert.GreaterOrEqual(t, done, last[0])
		last = [2]int64{done, total}
	}}
	path := filepath.Join(dir, "One", "data.bin")

	r, err := run(t.Context(), one(content, m), o, quick)
	require.NoError(t, err)
	holds(t, path, content)
	assert.Equal(t, [2]int64{dataSize, dataSize}, last)
	assert.Equal(t, []File{{Path: path, Bytes: dataSize, Received: dataSize}}, r.Files)
	assert.Equal(t, filepath.Join(dir, "One"), r.Dir)
	assert.Equal(t, int64(dataSize), r.Set.Bytes)
	assert.Equal(t, "identity", m.requests[0].Header.Get("Accept-Encoding"))

	r, err = run(t.Context(), one(content, m), o, quick)
	require.NoError(t, err)
	assert.Len(t, m.ranges(), 1, "a file that is there is not asked for again")
	assert.Zero(t, r.Files[0].Received)

	last = [2]int64{}
	for name, wrong := range map[string][]byte{"short": content[:10], "same size": bytes.Repeat([]byte{1}, dataSize)} {
		require.NoError(t, os.WriteFile(path, wrong, 0o644))
		_, err = run(t.Context(), one(content, m), o, quick)
		require.NoError(t, err, name)
		holds(t, path, content)
		last = [2]int64{}
	}
}

// TestDownloadRecovers lists servers that misbehave at first: the file must arrive all the same, with
// exactly the requests that are expected.
func TestDownloadRecovers(t *testing.T) {
	content := noise(dataSize)
	other := bytes.Repeat([]byte("stale"), dataSize/5)
	const half = "bytes=150000-"
	partial := func(contentRange string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", contentRange)
			w.WriteHeader(http.StatusPartialContent)
			w.Write(content[:1000])
		}
	}
	tests := []struct {
		name   string
		part   []byte // left by an earlier call
		hooks  []http.HandlerFunc
		ranges []string
		sent   int64
	}{
		{"cut connection", nil, []http.HandlerFunc{cut(content, 150_000)}, []string{"", half}, dataSize},
		{"cut twice", nil, []http.HandlerFunc{cut(content, 100_000), cutRange(content, 100_000, 150_000)},
			[]string{"", "bytes=100000-", half}, dataSize},
		{"part of an earlier call", content[:150_000], nil, []string{half}, dataSize / 2},
		{"complete part of an earlier call", content, nil, []string{}, 0},
		{"part longer than the file", append(bytes.Clone(content), 1), nil, []string{""}, dataSize},
		{"stale part", other[:150_000], nil, []string{half, ""}, dataSize / 2 * 3},
		{"stale complete part", other[:dataSize], nil, []string{""}, dataSize},
		{"Range ignored", content[:150_000], []http.HandlerFunc{whole(content)}, []string{half}, dataSize},
		{"Range ignored after a cut", nil, []http.HandlerFunc{cut(content, 150_000), whole(content)}, []string{"", half}, 150_000 + dataSize},
		{"range not satisfiable", content[:150_000], []http.HandlerFunc{status(416)}, []string{half, ""}, dataSize},
		{"range of another place", content[:150_000],
			[]http.HandlerFunc{partial(fmt.Sprintf("bytes 0-999/%d", dataSize))}, []string{half, ""}, 1000 + dataSize},
		{"range of another file", content[:150_000],
			[]http.HandlerFunc{partial("bytes 150000-150999/999999")}, []string{half, ""}, 1000 + dataSize},
		{"range without place", content[:150_000], []http.HandlerFunc{partial("")}, []string{half, ""}, 1000 + dataSize},
		{"less than asked for", content[:150_000], []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 150000-150999/*")
			w.WriteHeader(http.StatusPartialContent)
			w.Write(content[150_000:151_000])
		}}, []string{half, "bytes=151000-"}, dataSize / 2},
		{"unavailable", nil, []http.HandlerFunc{status(503), status(500)}, []string{"", "", ""}, dataSize},
		{"too many requests", nil, []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600") // the policy allows a millisecond
			w.WriteHeader(http.StatusTooManyRequests)
		}}, []string{"", ""}, dataSize},
		{"redirect", nil, []http.HandlerFunc{redirect("/elsewhere/data.bin")}, []string{"", ""}, dataSize},
		{"redirect of a resumed download", content[:150_000], []http.HandlerFunc{redirect("/elsewhere/data.bin")}, []string{half, half}, dataSize / 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMirror(t, map[string][]byte{"data.bin": content}, test.hooks...)
			dir := t.TempDir()
			path := filepath.Join(dir, "One", "data.bin")
			if test.part != nil {
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path+".part", test.part, 0o644))
			}
			_, err := run(t.Context(), one(content, m), Options{Dir: dir}, quick)
			require.NoError(t, err)
			holds(t, path, content)
			assert.Equal(t, test.ranges, m.ranges())
			assert.Equal(t, test.sent, m.bytesSent())
		})
	}
}

func TestResumeAsksForTheSameState(t *testing.T) {
	content := noise(dataSize)
	m := newMirror(t, map[string][]byte{"data.bin": content}, cut(content, 150_000))
	_, err := run(t.Context(), one(content, m), Options{Dir: t.TempDir()}, quick)
	require.NoError(t, err)
	require.Len(t, m.requests, 2)
	assert.Empty(t, m.requests[0].Header.Get("If-Range"))
	assert.Equal(t, etag(content), m.requests[1].Header.Get("If-Range"))

	// A file that was replaced between the two requests comes whole, and is not joined to the old half.
	old := bytes.Repeat([]byte{7}, dataSize)
	m = newMirror(t, map[string][]byte{"data.bin": content}, cut(old, 150_000))
	_, err = run(t.Context(), one(content, m), Options{Dir: t.TempDir()}, quick)
	require.NoError(t, err)
	assert.Equal(t, []string{"", "bytes=150000-"}, m.ranges())
	assert.EqualValues(t, 150_000+dataSize, m.bytesSent())
}

// TestDownloadFails lists what cannot be mended: what the error says, how many requests it took, and
// whether a part file is kept.
func TestDownloadFails(t *testing.T) {
	content := noise(dataSize)
	wrong := bytes.Repeat([]byte("wrong "), dataSize/6)
	always := func(h http.HandlerFunc) []http.HandlerFunc { return []http.HandlerFunc{h, h, h, h, h, h, h, h} }
	sum := published("", content).sha256
	tests := []struct {
		name     string
		hooks    []http.HandlerFunc
		requests int
		kept     int64
		is       error
		says     []string
	}{
		{"wrong content", always(whole(wrong)), 1, 0, nil,
			[]string{"data.bin", "want " + sum, "sha256 is " + published("", wrong).sha256}},
		{"not found", always(status(404)), 1, 0, nil, []string{"404 Not Found", "/data.bin"}},
		{"forbidden", always(status(403)), 1, 0, nil, []string{"403 Forbidden"}},
		{"no content", always(status(204)), 1, 0, nil, []string{"204 No Content"}},
		{"partial without being asked", always(status(206)), 1, 0, nil, []string{"206 Partial Content"}},
		{"unavailable for good", always(status(503)), 3, 0, nil, []string{"503 Service Unavailable", "3 attempts"}},
		{"always cut at the same place", always(cut(content, 1000)), 4, 1000, nil, []string{"at 1000 of 300000 bytes"}},
		{"announces more", always(whole(append(bytes.Clone(content), 'x'))), 1, 0, ErrSize,
			[]string{"announces 300001 bytes, want 300000"}},
		{"announces less", always(whole([]byte("<html>log in first</html>"))), 1, 0, ErrSize,
			[]string{"announces 25 bytes, want 300000"}},
		{"sends without end", always(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(content); err != nil {
					return
				}
				http.NewResponseController(w).Flush()
			}
		}), 1, 0, ErrSize, []string{"more than the 300000 bytes"}},
		{"redirect to a file", always(redirect("file:///etc/passwd")), 1, 0, errScheme, []string{`scheme "file"`}},
		{"redirect in a circle", always(redirect("/data.bin")), 30, 0, nil, []string{"10 redirects"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			hooks := test.hooks
			for len(hooks) < test.requests {
				hooks = append(hooks, hooks...)
			}
			m := newMirror(t, nil, hooks...)
			dir := t.TempDir()
			path := filepath.Join(dir, "One", "data.bin")
			_, err := run(t.Context(), one(content, m), Options{Dir: dir}, quick)
			require.Error(t, err)
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
			for _, want := range append(test.says, "fetch: one: ", path) {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "\n")
			assert.Len(t, m.ranges(), test.requests)
			assert.NoFileExists(t, path)
			info, err := os.Stat(path + ".part")
			if test.kept == 0 {
				assert.ErrorIs(t, err, os.ErrNotExist)
			} else if assert.NoError(t, err) {
				assert.Equal(t, test.kept, info.Size())
			}
		})
	}
}

func TestChecksumError(t *testing.T) {
	content, wrong := noise(1000), noise(2000)[1000:]
	m := newMirror(t, map[string][]byte{"data.bin": wrong})
	dir := t.TempDir()
	path := filepath.Join(dir, "One", "data.bin")
	_, err := run(t.Context(), one(content, m), Options{Dir: dir}, quick)
	var sum *ChecksumError
	require.ErrorAs(t, err, &sum)
	assert.Equal(t, &ChecksumError{File: path, URL: m.URL + "/data.bin",
		Want: published("", content).sha256, Got: published("", wrong).sha256}, sum)

	// A resumed part with wrong content gets one fresh attempt at the address, not an endless row of them.
	require.NoError(t, os.WriteFile(path+".part", content[:500], 0o644))
	_, err = run(t.Context(), one(content, m), Options{Dir: dir}, quick)
	require.ErrorAs(t, err, &sum)
	assert.Equal(t, []string{"", "bytes=500-", ""}, m.ranges())
	assert.NoFileExists(t, path+".part")

	// Nor does a fresh attempt that was cut and resumed itself earn another one.
	m = newMirror(t, map[string][]byte{"data.bin": wrong}, nil, cut(wrong, 700))
	require.NoError(t, os.WriteFile(path+".part", content[:500], 0o644))
	_, err = run(t.Context(), one(content, m), Options{Dir: dir}, quick)
	require.ErrorAs(t, err, &sum)
	assert.Equal(t, []string{"bytes=500-", "", "bytes=700-"}, m.ranges())
}

func TestMirrors(t *testing.T) {
	content := noise(dataSize)
	good := map[string][]byte{"data.bin": content}
	tests := []struct {
		name          string
		first         []http.HandlerFunc
		first2nd      []string // ranges asked for at the first and at the second mirror
		second2nd     []string
		secondContent map[string][]byte
		fails         bool
	}{
		{"first has nothing", []http.HandlerFunc{status(404)}, []string{""}, []string{""}, good, false},
		{"first has something else", []http.HandlerFunc{whole(noise(dataSize + 1)[1:])}, []string{""}, []string{""}, good, false},
		{"first is busy", []http.HandlerFunc{status(503)}, []string{""}, []string{""}, good, false},
		{"first breaks off and is gone", []http.HandlerFunc{cut(content, 150_000), status(410)},
			[]string{"", "bytes=150000-"}, []string{"bytes=150000-"}, good, false},
		{"second has nothing", []http.HandlerFunc{status(503)}, []string{"", ""}, []string{""}, nil, false},
		{"neither has it", []http.HandlerFunc{status(404)}, []string{""}, []string{""}, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, b := newMirror(t, good, test.first...), newMirror(t, test.secondContent)
			dir := t.TempDir()
			_, err := run(t.Context(), one(content, a, b), Options{Dir: dir}, quick)
			if test.fails {
				require.Error(t, err)
				assert.ErrorContains(t, err, a.URL)
				assert.ErrorContains(t, err, b.URL)
			} else {
				require.NoError(t, err)
				holds(t, filepath.Join(dir, "One", "data.bin"), content)
			}
			assert.Equal(t, test.first2nd, a.ranges())
			assert.Equal(t, test.second2nd, b.ranges())
		})
	}
}

// TestSecondMirrorStartsAfresh gives the second mirror as many attempts as the first had, although it
// does not get beyond the point that the first reached with wrong content.
func TestSecondMirrorStartsAfresh(t *testing.T) {
	content := noise(dataSize)
	a := newMirror(t, nil, whole(noise(dataSize + 1)[1:]))
	b := newMirror(t, map[string][]byte{"data.bin": content}, cut(content, 60_000),
		cutRange(content, 60_000, 120_000), cutRange(content, 120_000, 180_000), cutRange(content, 180_000, 240_000))
	dir := t.TempDir()
	_, err := run(t.Context(), one(content, a, b), Options{Dir: dir}, quick)
	require.NoError(t, err)
	holds(t, filepath.Join(dir, "One", "data.bin"), content)
	assert.Len(t, b.ranges(), 5)
}

func TestUnreachable(t *testing.T) {
	m := newMirror(t, nil)
	m.Close()
	_, err := run(t.Context(), one(noise(10), m), Options{Dir: t.TempDir()}, quick)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.ErrorContains(t, err, m.URL)
}

func TestBaseURLReplacesMirrors(t *testing.T) {
	content := noise(1000)
	official, own := newMirror(t, nil), newMirror(t, map[string][]byte{"data.bin": content})
	for _, suffix := range []string{"", "/", "/some/folder"} {
		_, err := run(t.Context(), one(content, official), Options{Dir: t.TempDir(), BaseURL: own.URL + suffix}, quick)
		require.NoError(t, err)
	}
	assert.Empty(t, official.ranges())
	assert.Equal(t, "/some/folder/data.bin", own.requests[2].URL.Path)
}

func TestStalledServer(t *testing.T) {
	content := noise(dataSize)
	for name, stall := range map[string]http.HandlerFunc{
		"before the answer": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"in the middle": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Write(content[:1000])
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMirror(t, nil, stall, stall, stall, stall)
			dir := t.TempDir()
			_, err := run(t.Context(), one(content, m), Options{Dir: dir, StallTimeout: 20 * time.Millisecond}, quick)
			require.ErrorIs(t, err, ErrStalled)
			assert.ErrorContains(t, err, "nothing for 20ms")
			assert.NotErrorIs(t, err, context.Canceled)
		})
	}
}

func TestCancelKeepsThePart(t *testing.T) {
	content := noise(dataSize)
	m := newMirror(t, map[string][]byte{"data.bin": content}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:150_000])
		http.NewResponseController(w).Flush()
		<-r.Context().Done() // until the client has gone
	})
	dir := t.TempDir()
	path := filepath.Join(dir, "One", "data.bin")
	why := errors.New("interrupted by the user")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := run(ctx, one(content, m), Options{Dir: dir, Progress: func(_ string, done, _ int64) {
		if done == 150_000 {
			cancel(why)
		}
	}}, quick)
	require.ErrorIs(t, err, why)
	assert.ErrorContains(t, err, "150000 of 300000 bytes")
	kept, err := os.ReadFile(path + ".part")
	require.NoError(t, err)
	assert.True(t, bytes.Equal(content[:150_000], kept))

	_, err = run(t.Context(), one(content, m), Options{Dir: dir}, quick)
	require.NoError(t, err)
	holds(t, path, content)
	assert.Equal(t, []string{"", "bytes=150000-"}, m.ranges())

	ctx, cancel = context.WithCancelCause(t.Context())
	cancel(why)
	_, err = run(ctx, one(content, m), Options{Dir: dir}, quick)
	require.ErrorIs(t, err, why, "also while the file on disk is checked")
	holds(t, path, content)
}

func TestCancelWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := newMirror(t, nil, status(503))
	p := quick
	p.backoff, p.maxBackoff = time.Hour, time.Hour
	o := Options{Dir: t.TempDir(), Logger: slog.New(onMessage{"attempt failed, trying again", cancel})}
	_, err := run(ctx, one(noise(10), m), o, p)
	require.ErrorIs(t, err, context.Canceled)
	assert.Len(t, m.ranges(), 1)
}

// onMessage is a slog.Handler that calls a function at a message.
type onMessage struct {
	message string
	call    func()
}

func (h onMessage) Enabled(context.Context, slog.Level) bool { return true }
func (h onMessage) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h onMessage) WithGroup(string) slog.Handler            { return h }
func (h onMessage) Handle(_ context.Context, r slog.Record) error {
	if r.Message == h.message {
		h.call()
	}
	return nil
}

func TestDiskErrors(t *testing.T) {
	content := noise(1000)
	m := newMirror(t, map[string][]byte{"data.bin": content})
	tests := []struct {
		name    string
		prepare func(dir string) error
		says    string
	}{
		{"folder is a file", func(dir string) error { return os.WriteFile(filepath.Join(dir, "One"), nil, 0o644) }, "One"},
		{"file is a folder", func(dir string) error { return os.MkdirAll(filepath.Join(dir, "One", "data.bin"), 0o755) },
			"data.bin: not a regular file"},
		{"part is a folder", func(dir string) error { return os.MkdirAll(filepath.Join(dir, "One", "data.bin.part"), 0o755) },
			"data.bin.part: not a regular file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, test.prepare(dir))
			_, err := run(t.Context(), one(content, m), Options{Dir: dir}, quick)
			var disk *diskError
			require.ErrorAs(t, err, &disk)
			assert.ErrorContains(t, err, test.says)
		})
	}
	assert.Empty(t, m.ranges(), "no server was bothered")
}

func TestDiskFullIsClear(t *testing.T) {
	cause := &os.PathError{Op: "write", Path: "data/MNIST/x.part", Err: syscall.ENOSPC}
	err := onDisk("data/MNIST/x.part", 1234, cause)
	assert.EqualError(t, err, "data/MNIST/x.part: disk full, 1234 more bytes needed; free some space and try again: "+
		"write data/MNIST/x.part: no space left on device")
	assert.ErrorIs(t, err, syscall.ENOSPC)
	denied := onDisk("x", 1, os.ErrPermission)
	assert.NotContains(t, denied.Error(), "disk full")
	assert.ErrorIs(t, denied, os.ErrPermission)
}

func TestWait(t *testing.T) {
	tr := &transfer{fetcher: &fetcher{policy: standard}}
	for idle, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second,
		9: 30 * time.Second, 1000: 30 * time.Second} {
		assert.Equal(t, want, tr.wait(idle, errors.New("any")), idle)
	}
	assert.Equal(t, 7*time.Second, tr.wait(1, fmt.Errorf("x: %w", &statusError{retryAfter: 7 * time.Second})))
	assert.Equal(t, 30*time.Second, tr.wait(1, &statusError{retryAfter: time.Hour}))
}

func TestParseContentRange(t *testing.T) {
	start, total, err := parseContentRange("bytes 5-9/10")
	require.NoError(t, err)
	assert.Equal(t, [2]int64{5, 10}, [2]int64{start, total})
	_, total, err = parseContentRange("bytes 5-9/*")
	require.NoError(t, err)
	assert.EqualValues(t, -1, total)
	for _, bad := range []string{"", "bytes", "bytes */10", "5-9/10", "bytes 5-9", "bytes x-9/10", "bytes 5-9/x", "bytes 99999999999999999999-1/2"} {
		_, _, err := parseContentRange(bad)
		assert.Error(t, err, bad)
	}
}
