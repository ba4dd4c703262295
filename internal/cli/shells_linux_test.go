package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"ganlib/internal/enginetest"
)

// shellReady is the prompt of the shells that are tested.
const shellReady = "ready> "

// TestShells types command lines with tabs into real shells, on a terminal, and looks at the words that
// arrive at the program.
func TestShells(t *testing.T) {
	folder := trainedRun(t)
	for _, shell := range []struct {
		name  string
		rc    string   // the file that the shell reads at its start
		args  []string // %s is rc
		setup string   // what is in it; %s is the script
	}{
		{"bash", "bashrc", []string{"--noprofile", "--rcfile", "%s", "-i"},
			"PS1='" + shellReady + "'\nbind 'set bell-style none'\nsource /usr/share/bash-completion/bash_completion\nsource %s\n"},
		{"zsh", ".zshrc", []string{"-i"},
			"PS1='" + shellReady + "'\nautoload -U compinit\ncompinit -u -D\nsource %s\n"},
		{"fish", "config", []string{"--no-config", "--private", "-i", "--init-command", "source %s"},
			"function fish_prompt; echo -n '" + shellReady + "'; end\nset -g fish_autosuggestion_enabled 0\nsource %s\n"},
	} {
		t.Run(shell.name, func(t *testing.T) {
			path := enginetest.Program(t, shell.name)
			if shell.name == "bash" {
				_, err := os.Stat("/usr/share/bash-completion/bash_completion")
				enginetest.NeedTool(t, "bash", err)
			}
			home := t.TempDir()
			t.Chdir(home)
			copyRun(t, folder, "trains/cats0")
			bin, words := stub(t, home)
			write(t, "script", succeed(t, "completion", shell.name).out)
			write(t, shell.rc, fmt.Sprintf(shell.setup, filepath.Join(home, "script")))
			var args []string
			for _, arg := range shell.args {
				args = append(args, strings.ReplaceAll(arg, "%s", filepath.Join(home, shell.rc)))
			}
			term := openTerminal(t, bin, home, path, args...)
			for _, c := range []struct{ typed, want string }{
				{"catfaces summ\t", "summary"},
				{"catfaces summary --pres\t toy-sw\t", "summary --preset toy-swissroll"},
				{"catfaces train --set OPTIMIZER=rm\t", "train --set OPTIMIZER=rmsprop"},
				{"catfaces train --set OPTIM\tsg\t", "train --set OPTIMIZER=sgd"},
				{"catfaces train --set COMPAT=reuse-batch,grid-tr\t", "train --set COMPAT=reuse-batch,grid-train-mode"},
				{"catfaces sample --path trains/c\t --device cp\t", "sample --path trains/cats0 --device cpu"},
				{"catfaces data fetch oxf\t", "data fetch oxford-pets"},
				{"catfaces help envi\t", "help environment"},
			} {
				require.NoError(t, os.RemoveAll(words))
				term.await(shellReady)
				for part := range strings.SplitAfterSeq(c.typed, "\t") {
					if part != "" {
						term.typed(part)
						term.settle()
					}
				}
				term.typed("\r")
				assert.Equal(t, c.want, strings.Join(strings.Fields(awaitFile(t, words, term)), " "), "%q", c.typed)
			}
		})
	}
}

// On a terminal doctor is in colour, unless it is told not to be.
func TestDoctorOnTerminal(t *testing.T) {
	for env, coloured := range map[string]bool{"NO_COLOR=": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		home := t.TempDir()
		exe, err := os.Executable()
		require.NoError(t, err)
		term := openTerminal(t, "", home, exe, "doctor")
		term.cmd.Env = append(term.cmd.Env, env, asProgram+"=1")
		term.start()
		term.await("environment")
		assert.Equal(t, coloured, strings.Contains(term.text(), "\x1b[32m✓"), "%s: %q", env, term.text())
	}
}

// stub makes a program catfaces that completes, and otherwise writes down how it was called.
func stub(t *testing.T, home string) (bin, words string) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	bin, words = filepath.Join(home, "bin"), filepath.Join(home, "words")
	write(t, filepath.Join(bin, "catfaces"), fmt.Sprintf(
		"#!/bin/sh\ncase $1 in\n__complete*) %s=1 exec '%s' \"$@\" ;;\nesac\necho \"$@\" >'%s.new' && mv '%[3]s.new' '%[3]s'\n", asProgram, exe, words))
	require.NoError(t, os.Chmod(filepath.Join(bin, "catfaces"), 0o755))
	return bin, words
}

// terminalOf is a program on a pseudo-terminal.
type terminalOf struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	slave  *os.File

	mu   sync.Mutex
	out  bytes.Buffer
	seen int // what await has gone past
	last time.Time
}

// openTerminal starts a program whose terminal is a new one; without bin it is yet to be started.
func openTerminal(t *testing.T, bin, home, path string, args ...string) *terminalOf {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { master.Close() })
	var number int
	raw, err := master.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
		if err == nil {
			err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 200})
		}
	}))
	require.NoError(t, err)
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	cmd := exec.Command(path, args...)
	cmd.Dir = home
	cmd.Env = []string{"TERM=xterm", "LANG=C.UTF-8", "HOME=" + home, "ZDOTDIR=" + home, "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	term := &terminalOf{t: t, cmd: cmd, master: master, slave: slave, last: time.Now()}
	go term.read()
	if bin != "" {
		term.start()
	}
	return term
}

func (term *terminalOf) start() {
	term.t.Helper()
	require.NoError(term.t, term.cmd.Start())
	term.slave.Close()
	term.t.Cleanup(func() {
		_ = term.cmd.Process.Kill()
		_ = term.cmd.Wait()
	})
}

func (term *terminalOf) read() {
	part := make([]byte, 4096)
	for {
		n, err := term.master.Read(part)
		term.mu.Lock()
		term.out.Write(part[:n])
		term.last = time.Now()
		term.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (term *terminalOf) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.out.String()
}

// typed types keys.
func (term *terminalOf) typed(keys string) {
	term.t.Helper()
	term.mu.Lock()
	term.seen = term.out.Len()
	term.mu.Unlock()
	_, err := term.master.WriteString(keys)
	require.NoError(term.t, err)
}

// await waits until the screen has got the text since keys were typed last, and no more comes.
func (term *terminalOf) await(text string) {
	term.t.Helper()
	for end := time.Now().Add(30 * time.Second); !strings.Contains(term.text()[term.seen:], text); time.Sleep(10 * time.Millisecond) {
		require.True(term.t, time.Now().Before(end), "no %q in %q", text, term.text())
	}
	term.settle()
}

// settle waits until the shell has answered what was typed: it is quiet, for so long that on a busy
// computer it has had time to ask the program for words.
func (term *terminalOf) settle() {
	const pause = 200 * time.Millisecond
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		term.mu.Lock()
		quiet := term.out.Len() > term.seen && time.Since(term.last) > pause
		term.mu.Unlock()
		if quiet && !term.busy() {
			return
		}
	}
}

// busy reports whether the shell runs something.
func (term *terminalOf) busy() bool {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", term.cmd.Process.Pid))
	return err == nil && len(bytes.TrimSpace(children)) > 0
}

// awaitFile waits for a file and returns its content.
func awaitFile(t *testing.T, path string, term *terminalOf) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if data, err := os.ReadFile(path); err == nil {
			return string(data)
		}
		require.True(t, time.Now().Before(end), "the program was not called: %q", term.text())
	}
}
