package page_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"

	"ganlib/internal/enginetest"
	"ganlib/page"
)

// FuzzRequest answers requests as they come from a connection, TOKEN standing for the server's: with a status that
// the server has, and errors in words that may be shown, without much memory.
func FuzzRequest(f *testing.F) {
	action := "Host: localhost\r\nOrigin: http://localhost\r\nX-Ganlib-Token: TOKEN\r\n"
	for _, text := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /api/run HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", "GET /api/events HTTP/1.1\r\nHost: [::1]\r\n\r\n",
		"GET /picture/0/0 HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /picture/..%2f..%2fa/0 HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /static/../api.js HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"HEAD /static/api.js HTTP/1.0\r\nHost: localhost\r\nRange: bytes=5-1,2-\r\n\r\n", "GET //evil HTTP/1.1\r\nHost: evil.example\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /api/latent HTTP/1.1\r\n" + action + "Content-Length: 28\r\n\r\n{\"seed\":\"1\",\"to\":\"2\",\"n\":1}\n", "POST /api/pause HTTP/1.1\r\n" + action + "\r\n",
		"POST /api/stop HTTP/1.1\r\n" + action + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "POST /api/latent HTTP/1.1\r\n" + action + "Content-Length: 12\r\n\r\n{\"\x1b\u202e\":0}",
	} {
		f.Add([]byte(text))
	}
	live := page.NewLive(context.Background(), page.LiveOptions{})
	live.Close()
	s, _ := folderServer(f, page.Options{Live: live})
	codes := []int{200, 206, 301, 304, 307, 400, 403, 404, 405, 409, 412, 416, 421, 500, 503}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	f.Fuzz(func(t *testing.T, data []byte) {
		data = bytes.ReplaceAll(data, []byte("TOKEN"), []byte(s.Token()))
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		enginetest.AllocatesAtMost(t, 4<<20+64*len(data), func() { s.ServeHTTP(w, r.WithContext(gone)) })
		assert.Contains(t, codes, w.Code)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") || w.Code < 400 {
			return
		}
		var told map[string]string
		assert.NoError(t, json.Unmarshal(w.Body.Bytes(), &told))
		for _, c := range told["error"] {
			assert.True(t, unicode.IsGraphic(c), "%q", c)
		}
	})
}
