//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// process is catfaces as a process of its own.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	out bytes.Buffer

	mu    sync.Mutex
	log   strings.Builder // standard error
	grown *sync.Cond
	ended bool
}

// start runs this test binary as catfaces.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	p := &process{t: t, cmd: exec.Command(exe, args...)}
	p.grown = sync.NewCond(&p.mu)
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stdout = &p.out
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	watchdog := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	t.Cleanup(func() { watchdog.Stop() })
	go p.read(stderr)
	return p
}

func (p *process) read(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		p.mu.Lock()
		p.log.WriteString(line)
		p.ended = err != nil
		p.grown.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await waits until standard error has the text.
func (p *process) await(text string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !strings.Contains(p.log.String(), text) {
		require.False(p.t, p.ended, "ended without %q:\n%s", text, p.log.String())
		p.grown.Wait()
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(s))
}

// wait waits for the end of the process.
func (p *process) wait() outcome {
	p.t.Helper()
	p.mu.Lock()
	for !p.ended {
		p.grown.Wait()
	}
	p.mu.Unlock()
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(p.t, err)
	}
	return outcome{p.cmd.ProcessState.ExitCode(), p.out.String(), p.log.String()}
}

// A signal ends a training in an orderly way: all is saved, the exit code is 0, and the run that goes
// on from there ends with the same bytes as one that was never disturbed.
func TestSignalSaves(t *testing.T) {
	drawFaces(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			if signal.Ignored(s) {
				t.Skip("the tests were started with this signal ignored, as nohup does, and so is what they start")
			}
			t.Parallel()
			root := t.TempDir()
			p := start(t, tiny("--runs", root)...)
			p.await("Epoch [0/100000] Batch 1/3")
			p.signal(s)
			o := p.wait()
			require.Equal(t, exitOK, o.code, o.errout)
			folder := filepath.Join(root, "train0")
			assert.Equal(t, "Saved: "+folder+". Go on with: catfaces train --resume "+folder+"\n", o.out)
			assert.Contains(t, o.errout, "Stopping: ")
			assert.NotContains(t, o.errout+o.out, "\r", "no bar where there is no terminal")
			assert.NotContains(t, o.errout+o.out, "\x1b")
			if s != syscall.SIGINT {
				newest(t, folder)
				return
			}
			more := strconv.Itoa(stepOf(t, folder) + 2)
			succeed(t, "--resume", folder, "--steps", more, "--quiet", "--threads", "2")
			succeed(t, tiny("--runs", root, "--steps", more, "--quiet")...)
			_, resumed := newest(t, folder)
			_, whole := newest(t, filepath.Join(root, "train1"))
			assert.True(t, bytes.Equal(whole, resumed), "a disturbed run ends like another")
		})
	}
}

// stepOf returns the step of a run's newest checkpoint.
func stepOf(t *testing.T, folder string) int {
	t.Helper()
	path, _ := newest(t, folder)
	digits := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "checkpoint-"), ".safetensors")
	step, err := strconv.Atoi(digits)
	require.NoError(t, err)
	require.Positive(t, step)
	return step
}

// The second signal ends the process at once, here while it waits for a file that never comes.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "hyp.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	p := start(t, "train", "--hyp", pipe)
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the process reads
	require.NoError(t, err)
	defer w.Close()
	p.signal(syscall.SIGINT)
	p.await("Interrupt again to stop at once.")
	p.signal(syscall.SIGINT)
	o := p.wait()
	assert.Equal(t, exitInterrupted, o.code)
	assert.Empty(t, o.out)
}

// A training whose listener has left goes on.
func TestListenerLeaves(t *testing.T) {
	drawFaces(t)
	t.Parallel()
	root := t.TempDir()
	exe, err := os.Executable()
	require.NoError(t, err)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	cmd := exec.Command(exe, tiny("--runs", root, "--steps", "2")...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stderr = w
	out, err := cmd.Output()
	require.NoError(t, err)
	require.NoError(t, w.Close())
	assert.Contains(t, string(out), "Finished: ")
}

// Who reads the results may leave, as head does; nobody is told, since nobody wants to know.
func TestUnreadResults(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	defer w.Close()
	for _, args := range [][]string{{"presets"}, {"presets", "catfaces"}, {"help", "json"}, {"devices", "--json"}} {
		var log bytes.Buffer
		cmd := exec.Command(exe, args...)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		cmd.Stdout, cmd.Stderr = w, &log
		var exit *exec.ExitError
		require.ErrorAs(t, cmd.Run(), &exit, args)
		assert.Equal(t, exitFailure, exit.ExitCode(), args)
		assert.Empty(t, log.String(), args)
	}
}
