package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// watch is a console on a buffer, with a clock that only the test moves.
func watch(live bool) (*console, *bytes.Buffer, *time.Time) {
	var b bytes.Buffer
	now := time.Unix(1_000_000, 0)
	c := newConsole(&b, live)
	c.clock = func() time.Time { return now }
	return c, &b, &now
}

func TestConsoleLines(t *testing.T) {
	c, b, _ := watch(false)
	c.printf("one %d", 1)
	_, err := c.Write([]byte("two\nbeginning of "))
	require.NoError(t, err)
	assert.Equal(t, "one 1\ntwo\n", b.String())
	c.printf("three")
	assert.Equal(t, "one 1\ntwo\nbeginning of three\n", b.String())
	b.Reset()
	c.printf("name\x1b[31m\rx\u202ey\tz \xff")
	assert.Equal(t, `name\x1b[31m\rx\u202ey`+"\tz "+`\xff`+"\n", b.String())

	b.Reset()
	c.setQuiet()
	c.printf("not shown")
	c.progress("p", 1, 2, func() string { return "not shown" })
	c.fail("failed")
	assert.Equal(t, "failed\n", b.String())
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// A reader who is gone does not end what is being logged.
func TestConsoleSurvivesItsReader(t *testing.T) {
	n, err := newConsole(brokenPipe{}, true).Write([]byte("line\n"))
	assert.NoError(t, err)
	assert.Equal(t, 5, n)
}

// Where there is no terminal, progress is a line now and then.
func TestProgressLines(t *testing.T) {
	c, b, now := watch(false)
	for i := range int64(100) {
		c.progress("train", i+1, 100, func() string { return fmt.Sprintf("step %d/100", i+1) })
		*now = now.Add(10 * time.Second)
	}
	c.end()
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	assert.Len(t, lines, 33)
	assert.Equal(t, "step 4/100, 16m left", lines[0])
	assert.Equal(t, "step 97/100, 30s left", lines[31])
	assert.Equal(t, "step 100/100", lines[32])
	assert.NotContains(t, b.String(), "\r")
	assert.NotContains(t, b.String(), "\x1b")
}

// A line written while a bar is shown takes the bar's place, and the bar comes back below it.
func TestBar(t *testing.T) {
	c, b, now := watch(true)
	show := func(done int64) {
		c.progress("train", done, 8, func() string { return fmt.Sprintf("step %d/8", done) })
	}
	show(1)
	assert.Contains(t, b.String(), "step 1/8")
	b.Reset()
	show(2)
	assert.Empty(t, b.String(), "pictures of the bar are a while apart")
	*now = now.Add(time.Second)
	show(4)
	screen := terminal(b.String())
	assert.Contains(t, screen, "50% [===========>            ]  step 4/8, 1s left")
	c.printf("a line") // shorter than the bar
	lines := strings.Split(terminal(b.String()), "\n")
	require.Len(t, lines, 2)
	assert.Equal(t, "a line", lines[0])
	assert.Contains(t, lines[1], "step 4/8")
	*now = now.Add(time.Second)
	show(8)
	assert.Contains(t, terminal(b.String()), "step 8/8", "the bar stays until its task ends")
	c.end()
	c.printf("over")
	assert.Equal(t, "a line\nover\n", terminal(b.String()))
}

// Another task replaces the bar, and the next begins anew.
func TestBarOfAnotherTask(t *testing.T) {
	c, b, now := watch(true)
	c.progress("one", 1, 2, func() string { return "first task" })
	*now = now.Add(time.Second)
	c.progress("two", 5, 10, func() string { return "second" })
	screen := terminal(b.String())
	assert.NotContains(t, screen, "first")
	assert.Contains(t, screen, "second")
	assert.NotContains(t, screen, "left", "its pace is not known yet")
	c.progress("none", 0, 0, func() string { return "of nothing" })
	assert.NotContains(t, b.String(), "of nothing")
}

// terminal returns what a screen shows after text: it knows carriage return and the two escape
// sequences that erase.
func terminal(text string) string {
	var done strings.Builder
	var line []rune
	at := 0
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b[2K"):
			line, text = []rune(strings.Repeat(" ", at)), text[4:]
			continue
		case strings.HasPrefix(text, "\x1b[0K"):
			line, text = line[:min(at, len(line))], text[4:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			at = 0
		case '\n':
			done.WriteString(strings.TrimRight(string(line), " ") + "\n")
			line, at = nil, 0
		default:
			for len(line) <= at {
				line = append(line, ' ')
			}
			line[at] = r
			at++
		}
	}
	return done.String() + strings.TrimRight(string(line), " ")
}

func TestTimeLeft(t *testing.T) {
	for _, c := range []struct {
		elapsed    time.Duration
		done, rest int64
		want       string
	}{
		{time.Minute, 0, 5, ""},
		{time.Minute, 5, 0, ""},
		{time.Millisecond, 5, 5, ""},
		{time.Minute, 5, 5, ", 1m0s left"},
		{time.Minute, 60, 3600, ", 1h00m left"},
		{time.Minute, 1, 1440, ", 24h00m left"},
		{time.Hour, 1, 1 << 60, ", more than 1000 hours left"},
	} {
		assert.Equal(t, c.want, timeLeft(c.elapsed, c.done, c.rest))
	}
}

func TestEscapes(t *testing.T) {
	for text, want := range map[string]string{
		"plain – ümlaut 猫": "plain – ümlaut 猫", "a\nb": `a\nb`, "\x1b]0;x\a": `\x1b]0;x\a`, "\u202e": `\u202e`, "a\xc3": `a\xc3`, "": "",
	} {
		assert.Equal(t, want, printable(text))
	}
	assert.Equal(t, "a\n\tb"+`\r`, printableLines("a\n\tb\r"))
	for text, want := range map[string]string{
		"trains/train0": "trains/train0", "my run": "'my run'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'",
	} {
		assert.Equal(t, want, shellWord(text))
	}
}

func TestStopOnSignal(t *testing.T) {
	c, b, _ := watch(false)
	signals := make(chan os.Signal, 2)
	exited := make(chan int, 1)
	ctx, stop := stopOnSignal(context.Background(), signals, c, func(code int) { exited <- code })
	defer stop()
	require.NoError(t, ctx.Err())
	signals <- syscall.SIGTERM
	<-ctx.Done()
	assert.True(t, errors.Is(ctx.Err(), context.Canceled))
	select {
	case <-exited:
		t.Fatal("one signal ended the process")
	default:
	}
	assert.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return strings.Contains(b.String(), "Interrupt again to stop at once.")
	}, time.Minute, time.Millisecond)
	signals <- os.Interrupt
	assert.Equal(t, exitInterrupted, <-exited)
}

// stalled is a terminal that takes nothing, as after Ctrl-S.
type stalled struct{ until chan struct{} }

func (s stalled) Write(p []byte) (int, error) {
	<-s.until
	return len(p), nil
}

func TestStopOnSignalWithStalledConsole(t *testing.T) {
	w := stalled{make(chan struct{})}
	defer close(w.until)
	signals := make(chan os.Signal, 2)
	exited := make(chan int, 1)
	ctx, stop := stopOnSignal(context.Background(), signals, newConsole(w, true), func(code int) { exited <- code })
	defer stop()
	signals <- os.Interrupt
	<-ctx.Done()
	signals <- os.Interrupt
	assert.Equal(t, exitInterrupted, <-exited)
}

func TestStopOnSignalEnds(t *testing.T) {
	c, b, _ := watch(false)
	signals := make(chan os.Signal, 2)
	ctx, stop := stopOnSignal(context.Background(), signals, c, func(int) { t.Error("exited") })
	stop()
	<-ctx.Done()
	assert.Empty(t, b.String())
}
