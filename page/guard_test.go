package page_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/page"
	"ganlib/runs"
)

// folderServer serves a run's folder that has nothing in it.
func folderServer(t testing.TB, o page.Options) (*page.Server, *runs.Run) {
	t.Helper()
	c, err := config.Preset("catfaces")
	require.NoError(t, err)
	run, err := runs.Create(t.TempDir(), "train", map[string][]byte{runs.ConfigFile: config.Marshal(c)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	o.Run, o.Config = run, c
	s, err := page.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close("")) })
	return s, run
}

// get asks a handler for a path of the given host.
func get(h http.Handler, host, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Every answer, refusals too, has headers that let the page load and talk to nothing but its server, and
// that keep other sites from reading, framing or embedding it.
func TestHeaders(t *testing.T) {
	s, _ := folderServer(t, page.Options{})
	for path, code := range map[string]int{
		"/": 200, "/static/page.js": 200, "/static/page.css": 200, "/static/icon.svg": 200, "/static/vendor/uplot/uPlot.iife.min.js": 200,
		"/static/vendor/uplot/LICENSE": 200, "/api/run": 200, "/static/none.js": 404, "/static/": 404, "/static/../page.go": 404, "/index.html": 404, "/picture/0/0": 404,
		"/api/stop": 405, "/api/latent": 405,
	} {
		w := get(s, "localhost:6060", strings.ReplaceAll(path, "..", "%2e%2e"))
		assert.Equal(t, code, w.Code, path)
		policy := w.Header().Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self';", path)
		assert.Contains(t, policy, "frame-ancestors 'none'", path)
		assert.NotContains(t, policy, "unsafe")
		for name, value := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			assert.Equal(t, value, w.Header().Get(name), "%s %s", path, name)
		}
		assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
	}
	w := get(s, "localhost", "/")
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	for _, inline := range []string{"<style", " style=", " onclick", "javascript:", "http://", "https://"} {
		assert.NotContains(t, w.Body.String(), inline)
	}
	assert.NotRegexp(t, `<script[^>]*>[^<]`, w.Body.String(), "no inline script")
	assert.Equal(t, "text/javascript; charset=utf-8", get(s, "localhost", "/static/page.js").Header().Get("Content-Type"))
}

// The page is not answered for names that anybody can point at this machine.
func TestHosts(t *testing.T) {
	machine, err := os.Hostname()
	require.NoError(t, err)
	loopback := []string{"localhost", "localhost:6060", "LOCALHOST:80", "127.0.0.1:6060", "127.9.9.9", "[::1]:6060", "[::1]"}
	foreign := []string{"evil.example:6060", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:6060", "", "[", "127.0.0.1:6060@evil.example", "localhost "}
	for _, c := range []struct {
		addr       string
		yes, never []string
	}{
		{"", loopback, append([]string{"192.168.1.5:6060", machine}, foreign...)},
		{"127.0.0.1:6060", loopback, append([]string{"10.0.0.1"}, foreign...)},
		{"localhost:6060", loopback, append([]string{"10.0.0.1"}, foreign...)},
		{"[::1]:6060", loopback, foreign},
		{":6060", append([]string{"192.168.1.5:6060", "[fe80::1]:6060", machine + ":6060"}, loopback...), foreign},
		{"0.0.0.0:6060", append([]string{"192.168.1.5:6060", machine}, loopback...), foreign},
		{"gpu.example:6060", append([]string{"gpu.example:6060", "GPU.example", "192.168.1.5"}, loopback...), foreign},
	} {
		s, _ := folderServer(t, page.Options{Addr: c.addr})
		for _, host := range c.yes {
			assert.Equal(t, http.StatusOK, get(s, host, "/api/run").Code, "%q served at %q", host, c.addr)
		}
		for _, host := range c.never {
			w := get(s, host, "/api/run")
			assert.Equal(t, http.StatusMisdirectedRequest, w.Code, "%q served at %q", host, c.addr)
			assert.False(t, strings.Contains(w.Body.String(), "catfaces"), "it tells about the run")
		}
	}
}

// Whatever changes or costs something needs the token, and a POST from the page itself.
func TestActionsAreGuarded(t *testing.T) {
	stopped := false
	live := page.NewLive(t.Context(), page.LiveOptions{Stop: func() { stopped = true }})
	live.Close()
	s, _ := folderServer(t, page.Options{Live: live})
	other, _ := folderServer(t, page.Options{})
	assert.NotEqual(t, other.Token(), s.Token())
	assert.GreaterOrEqual(t, len(s.Token()), 26)
	for _, path := range []string{"/api/pause", "/api/resume", "/api/checkpoint", "/api/stop", "/api/latent"} {
		for name, c := range map[string]struct {
			method string
			change func(r *http.Request)
			code   int
		}{
			"no token":        {"POST", func(r *http.Request) { r.Header.Del("X-Ganlib-Token") }, 403},
			"empty token":     {"POST", func(r *http.Request) { r.Header.Set("X-Ganlib-Token", "") }, 403},
			"other token":     {"POST", func(r *http.Request) { r.Header.Set("X-Ganlib-Token", other.Token()) }, 403},
			"part of it":      {"POST", func(r *http.Request) { r.Header.Set("X-Ganlib-Token", s.Token()[:25]) }, 403},
			"no origin":       {"POST", func(r *http.Request) { r.Header.Del("Origin") }, 403},
			"null origin":     {"POST", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
			"other origin":    {"POST", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
			"other port":      {"POST", func(r *http.Request) { r.Header.Set("Origin", "http://localhost:81") }, 403},
			"other scheme":    {"POST", func(r *http.Request) { r.Header.Set("Origin", "file://localhost") }, 403},
			"user in origin":  {"POST", func(r *http.Request) { r.Header.Set("Origin", "http://localhost@evil.example") }, 403},
			"another site":    {"POST", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
			"a sibling":       {"POST", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
			"another host":    {"POST", func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Origin", "http://evil.example") }, 421},
			"GET":             {"GET", func(*http.Request) {}, 405},
			"token in a link": {"GET", func(r *http.Request) { r.URL.RawQuery = "token=" + s.Token() }, 405},
			"OPTIONS":         {"OPTIONS", func(*http.Request) {}, 405},
		} {
			r := httptest.NewRequest(c.method, "http://localhost"+path, strings.NewReader(`{"seed":"1","to":"2","n":1}`))
			r.Header.Set("Origin", "http://localhost")
			r.Header.Set("X-Ganlib-Token", s.Token())
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			c.change(r)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			assert.Equal(t, c.code, w.Code, "%s %s: %s", path, name, w.Body)
			assert.NotContains(t, w.Body.String(), s.Token())
		}
	}
	assert.False(t, stopped)
	for _, path := range []string{"/", "/api/run", "/static/api.js"} {
		assert.NotContains(t, get(s, "localhost", path).Body.String(), s.Token(), "%s tells the token", path)
	}
	code, _, _ := (&training{t: t, server: s}).postTo(s, "/api/stop", nil)
	assert.Equal(t, http.StatusOK, code)
	assert.True(t, stopped)
}

func TestListenAndURL(t *testing.T) {
	for _, addr := range []string{"6060", "", "localhost", "127.0.0.1:seven", "256.0.0.1:0"} {
		_, err := page.Listen(addr)
		assert.ErrorContains(t, err, "page: ", addr)
	}
	l, err := page.Listen("127.0.0.1:0")
	require.NoError(t, err)
	_, err = page.Listen(l.Addr().String())
	assert.ErrorContains(t, err, "in use")
	s, _ := folderServer(t, page.Options{Addr: "127.0.0.1:0"})
	assert.Equal(t, "http://"+l.Addr().String()+"/#"+s.Token(), s.URL(l))
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	answer, err := http.Get("http://" + l.Addr().String() + "/api/run")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	long, err := http.NewRequest(http.MethodGet, "http://"+l.Addr().String()+"/api/run", nil)
	require.NoError(t, err)
	long.Header.Set("X-Long", strings.Repeat("x", 1<<16))
	answer, err = http.DefaultClient.Do(long)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answer.StatusCode)
	require.NoError(t, s.Close("over"))
	require.NoError(t, <-done)
	_, err = http.Get("http://" + l.Addr().String() + "/api/run")
	assert.Error(t, err)

	all, err := page.Listen(":0")
	require.NoError(t, err)
	defer all.Close()
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/#`, s.URL(all))

	_, err = page.New(page.Options{})
	assert.ErrorContains(t, err, "want a run")
}

// Names and values that would move a terminal's cursor or reverse what is read are shown as escapes.
func TestHostileNames(t *testing.T) {
	const name = "a\u202e\u009b31m<b>"
	c, err := config.Preset("catfaces")
	require.NoError(t, err)
	run, err := runs.Create(t.TempDir(), "a\u202e<b>", map[string][]byte{runs.ConfigFile: config.Marshal(c)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, run.Close()) })
	c.DataRoot = name
	s, err := page.New(page.Options{Run: run, Config: c})
	require.NoError(t, err)
	var d struct {
		Name   string
		Config []struct{ Key, Value string }
	}
	require.NoError(t, json.Unmarshal(get(s, "localhost", "/api/run").Body.Bytes(), &d))
	assert.Equal(t, `a\u202e<b>0`, d.Name)
	shown := ""
	for _, e := range d.Config {
		if e.Key == "DATA_ROOT" {
			shown = e.Value
		}
	}
	assert.Equal(t, `a\u202e\u009b31m<b>`, shown)
	require.NoError(t, s.Close(""))
}
