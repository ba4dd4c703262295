//go:build unix

package cli

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var pageAddress = regexp.MustCompile(`(?m)^Page: (http://127\.0\.0\.1:\d+)/#(\w+)$`)

// page waits for the line that tells where the page is, and returns its address and token.
func (p *process) page() (address, token string) {
	p.t.Helper()
	p.await("Page: ")
	p.await("\n") // the line is read whole
	p.mu.Lock()
	defer p.mu.Unlock()
	match := pageAddress.FindStringSubmatch(p.log.String())
	require.NotNil(p.t, match, p.log.String())
	return match[1], match[2]
}

func getPage(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, string(text))
	return string(text)
}

func postPage(t *testing.T, address, token, path string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, address+path, nil)
	require.NoError(t, err)
	r.Header.Set("Origin", address)
	r.Header.Set("X-Ganlib-Token", token)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	return answer.StatusCode
}

// A stop from the page ends a training as an interrupt does: everything is saved, and the exit code is 0.
func TestPageStops(t *testing.T) {
	drawFaces(t)
	t.Parallel()
	root := t.TempDir()
	p := start(t, tiny("--runs", root, "--http", "127.0.0.1:0")...)
	address, token := p.page()
	p.await("Epoch [0/100000] Batch 1/3")
	assert.Contains(t, getPage(t, address+"/"), "<!DOCTYPE html>")
	assert.Contains(t, getPage(t, address+"/api/run"), `"name":"train0","live":true`)
	assert.Equal(t, http.StatusForbidden, postPage(t, address, "", "/api/stop"))
	assert.Equal(t, http.StatusOK, postPage(t, address, token, "/api/checkpoint"))
	folder := filepath.Join(root, "train0")
	newest(t, folder)
	assert.Equal(t, http.StatusOK, postPage(t, address, token, "/api/stop"))
	o := p.wait()
	require.Equal(t, exitOK, o.code, o.errout)
	assert.Equal(t, "Saved: "+folder+". Go on with: catfaces train --resume "+folder+"\n", o.out)
	log, err := os.ReadFile(filepath.Join(folder, "logs", "console.log"))
	require.NoError(t, err)
	assert.NotContains(t, string(log), token, "the token stays in the terminal")
}

// An interrupt ends a training that is paused.
func TestInterruptWhilePaused(t *testing.T) {
	drawFaces(t)
	t.Parallel()
	root := t.TempDir()
	p := start(t, tiny("--runs", root, "--http", "127.0.0.1:0", "--quiet")...)
	address, token := p.page()
	assert.Equal(t, http.StatusOK, postPage(t, address, token, "/api/pause"))
	p.signal(syscall.SIGINT)
	o := p.wait()
	require.Equal(t, exitOK, o.code, o.errout)
	assert.Contains(t, o.out, "Saved: ")
	newest(t, filepath.Join(root, "train0"))
}

func TestView(t *testing.T) {
	folder := trainedRun(t)
	p := start(t, "view", folder, "--http", "localhost:0")
	p.await("Stop with Ctrl-C.")
	address, _ := p.page()
	assert.Contains(t, getPage(t, address+"/api/run"), `"live":false`)
	p.signal(syscall.SIGINT)
	o := p.wait()
	assert.Equal(t, exitOK, o.code, o.errout)
}

func TestPageErrors(t *testing.T) {
	folder := trainedRun(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	root := filepath.Join(t.TempDir(), "runs")
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"train without a port": {tiny("--runs", root, "--http", "localhost"), exitUsage, "--http localhost: want HOST:PORT, such as 127.0.0.1:6060"},
		"train at nothing":     {tiny("--runs", root, "--http", ""), exitUsage, "want HOST:PORT"},
		"a port that is taken": {tiny("--runs", root, "--http", l.Addr().String()), exitFailure, "in use"},
		"view of two":          {[]string{"view", folder, folder}, exitUsage, "want one, the folder of a run"},
		"view of no run":       {[]string{"view", t.TempDir()}, exitFailure, "not the folder of a run"},
		"view at a taken port": {[]string{"view", folder, "--http", l.Addr().String()}, exitFailure, "in use"},
		"view on no engine":    {[]string{"view", folder, "--engine", "none"}, exitUsage, "--engine none"},
		"view on no device":    {[]string{"view", folder, "--device", "tpu"}, exitFailure, "tpu"},
	} {
		t.Run(name, func(t *testing.T) {
			o := run(t, c.args...)
			assert.Equal(t, c.code, o.code, o.errout)
			assert.Contains(t, o.errout, c.want)
			assert.True(t, strings.HasPrefix(o.errout, "catfaces: "), o.errout)
			assert.NoDirExists(t, root, "nothing is made")
		})
	}
}
