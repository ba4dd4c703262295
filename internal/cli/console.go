package cli

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

const (
	barEvery  = 100 * time.Millisecond // between two pictures of a bar
	lineEvery = 30 * time.Second       // between two lines of progress where there is no bar
)

// console is where lines and progress go. On a terminal progress is a bar below the lines; elsewhere
// it is a line now and then, without control characters. Its methods may be called by several
// goroutines.
type console struct {
	mu    sync.Mutex
	w     io.Writer
	live  bool // w is a terminal
	quiet bool // only failures
	clock func() time.Time

	line []byte // the beginning of a line whose end has not been written yet
	task task
}

// task is what progress is shown of.
type task struct {
	name    string
	started time.Time // when the first progress came
	first   int64     // what was done then
	shown   time.Time // when it was shown last
	bar     *progressbar.ProgressBar
}

func newConsole(w io.Writer, live bool) *console {
	return &console{w: w, live: live, clock: time.Now}
}

// setQuiet drops everything from here on, but for failures.
func (c *console) setQuiet() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = true
}

// printf writes a line.
func (c *console) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c, format+"\n", args...)
}

// fail writes a line, also on a quiet console.
func (c *console) fail(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(printableLines(text) + "\n")
}

// Write implements [io.Writer]: whole lines are shown above the bar, the beginning of a line waits for
// its end. It never fails, since a reader who is gone must not end what is being logged.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line = append(c.line, p...)
	if end := bytes.LastIndexByte(c.line, '\n') + 1; end > 0 {
		if !c.quiet {
			c.put(printableLines(string(c.line[:end])))
		}
		c.line = append(c.line[:0], c.line[end:]...)
	}
	return len(p), nil
}

// put writes lines above the bar.
func (c *console) put(lines string) {
	if c.task.bar != nil {
		_ = c.task.bar.Clear()
	}
	_, _ = io.WriteString(c.w, lines)
	if c.task.bar != nil {
		_ = c.task.bar.RenderBlank() // the bar as it was
	}
}

// progress shows that done of total parts of a task are there. Only one task is shown at a time, and
// another name begins another. describe says what to show beside the bar.
func (c *console) progress(name string, done, total int64, describe func() string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quiet || total <= 0 {
		return
	}
	now := c.clock()
	t := &c.task
	if t.name != name || done < t.first {
		c.clear()
		*t = task{name: name, started: now, first: done}
		if !c.live {
			t.shown = now // the first line comes after a while
		}
	}
	every := lineEvery
	if c.live {
		every = barEvery
	}
	if now.Sub(t.shown) < every {
		return
	}
	t.shown = now
	text := describe() + timeLeft(now.Sub(t.started), done-t.first, total-done)
	if c.live {
		c.draw(done, total, text)
	} else {
		_, _ = io.WriteString(c.w, printable(text)+"\n")
	}
}

// draw shows the bar.
func (c *console) draw(done, total int64, text string) {
	t := &c.task
	if t.bar == nil {
		t.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(c.w), progressbar.OptionSetWidth(24), progressbar.OptionSetPredictTime(false),
			progressbar.OptionUseANSICodes(true), progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}))
	}
	// At the full count the library would end the bar, but lines may still come.
	_ = t.bar.Set64(min(done, total-1))
	t.bar.Describe(printable(text))
}

// end takes the bar away: its task is over, or something else comes.
func (c *console) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	c.task = task{}
}

// abandon is end for a process that exits: a console that is stuck in a write is left as it is.
func (c *console) abandon() {
	if c.mu.TryLock() {
		defer c.mu.Unlock()
		c.clear()
	}
}

func (c *console) clear() {
	if c.task.bar != nil {
		_ = c.task.bar.Clear()
	}
}

// timeLeft says how long the rest will take at the pace so far, or nothing if that is not known.
func timeLeft(elapsed time.Duration, done, rest int64) string {
	if done <= 0 || rest <= 0 || elapsed < time.Second {
		return ""
	}
	seconds := elapsed.Seconds() * float64(rest) / float64(done)
	if seconds > (1000 * time.Hour).Seconds() {
		return ", more than 1000 hours left"
	}
	return ", " + roughly(time.Duration(seconds*float64(time.Second))) + " left"
}

// roughly formats a duration to seconds, from ten minutes on to minutes.
func roughly(d time.Duration) string {
	minutes := int(d.Round(time.Minute).Minutes())
	switch {
	case minutes >= 60:
		return fmt.Sprintf("%dh%02dm", minutes/60, minutes%60)
	case minutes >= 10:
		return fmt.Sprintf("%dm", minutes)
	}
	return d.Round(time.Second).String()
}
