package pagetest

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is ganlib as a process that serves a page.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  bytes.Buffer
	url  string // with the token
	once sync.Once
	err  error

	mu  sync.Mutex
	log strings.Builder
}

var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("GANLIB_PROGRAM"); path != "" {
		return filepath.Abs(path)
	}
	folder, err := os.MkdirTemp("", "ganlib-page-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "ganlib")
	cmd := exec.Command("go", "build", "-C", "../..", "-o", path, "./cmd/ganlib")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
})

var pageLine = regexp.MustCompile(`Page: (http://\S+)`)

// start runs ganlib with a page in an empty folder, or in the one given, and waits until it is served.
func start(t *testing.T, folder string, args ...string) *program {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	p := &program{t: t, cmd: exec.Command(path, append(args, "--http", "127.0.0.1:0")...)}
	p.cmd.Dir = folder
	p.cmd.Stdout = &p.out
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.wait() })
	found := make(chan string, 1)
	go p.read(stderr, found)
	select {
	case p.url = <-found:
		require.NotEmpty(t, p.url, "it ended: %s", p.text())
	case <-time.After(time.Minute):
		t.Fatalf("no page: %s", p.text())
	}
	return p
}

func (p *program) read(r io.Reader, found chan<- string) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		p.mu.Lock()
		p.log.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		if m := pageLine.FindStringSubmatch(lines.Text()); m != nil {
			found <- m[1]
		}
	}
	close(found)
}

// text returns what standard error has so far.
func (p *program) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// wait waits for the end of the process.
func (p *program) wait() error {
	p.once.Do(func() { p.err = p.cmd.Wait() })
	return p.err
}

// plain returns the address without the token.
func (p *program) plain() string {
	address, _, _ := strings.Cut(p.url, "#")
	return address
}

// token returns the token alone.
func (p *program) token() string {
	_, token, _ := strings.Cut(p.url, "#")
	return token
}
