package pagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tab is a tab of Chromium and what went wrong in it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
	asked    []string // addresses
}

// browser starts Chromium for the time of a test; it ends the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if strings.Contains(os.Getenv("GANLIB_REQUIRE"), "chromium") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("force-color-profile", "srgb"), chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

// open opens an address in a new tab.
func open(t *testing.T, parent context.Context, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")))
	console, stop := context.WithCancel(ctx)
	t.Cleanup(stop)
	messages := chromedp.Console(console)
	go b.read(messages)
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	b.do(chromedp.Navigate(url))
	return b
}

// read notes what the console says.
func (b *tab) read(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return // the tab has closed
		}
		switch m.Type {
		case chromedp.ConsoleError, chromedp.ConsoleWarning, chromedp.ConsoleException:
			b.mu.Lock()
			b.problems = append(b.problems, string(m.Type)+": "+m.Text)
			b.mu.Unlock()
		}
	}
}

func (b *tab) listen(event any) {
	if e, ok := event.(*network.EventRequestWillBeSent); ok {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.asked = append(b.asked, e.Request.URL)
	}
}

// clean requires that the console has no errors and that nothing but the page's server was asked.
func (b *tab) clean(url string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Empty(b.t, b.problems, "the console")
	require.NotEmpty(b.t, b.asked)
	for _, address := range b.asked {
		if !strings.HasPrefix(address, url) && !strings.HasPrefix(address, "blob:"+url) {
			b.t.Errorf("the page asked for %s", address)
		}
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, actions...))
}

// eval returns the value of a JavaScript expression, which may be a promise.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression)
	return v
}

// click clicks an element, key presses a key on one.
func (b *tab) click(id string) { b.t.Helper(); b.do(chromedp.Click(chromedp.CSS("#" + id))) }

func (b *tab) key(id, key string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.CSS("#"+id)), chromedp.KeyEvent(key))
}

// until waits until a JavaScript expression is true.
func (b *tab) until(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if eval[bool](b, "Boolean("+expression+")") {
			return
		}
	}
	b.t.Fatalf("never true: %s\n%s", expression, eval[string](b, "document.body.innerText"))
}

// text returns the text of an element.
func (b *tab) text(id string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf("document.getElementById(%q).textContent", id))
}

// accessible runs axe and requires that it finds nothing wrong.
func (b *tab) accessible(what string) {
	b.t.Helper()
	path := os.Getenv("GANLIB_AXE")
	if path == "" {
		b.t.Log("no accessibility check: GANLIB_AXE names no axe.min.js")
		require.NotContains(b.t, os.Getenv("GANLIB_REQUIRE"), "axe")
		return
	}
	source, err := os.ReadFile(path)
	require.NoError(b.t, err)
	eval[string](b, string(source)+";''")
	text := eval[string](b, `axe.run(document, {resultTypes: ["violations", "incomplete"]}).then((r) => JSON.stringify({
		passes: r.passes.length, version: r.testEngine.version,
		violations: r.violations.map((v) => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map((n) => n.html).slice(0, 3)})),
	}))`)
	var found struct {
		Passes     int
		Version    string
		Violations []struct {
			ID, Impact, Help string
			Nodes            []string
		}
	}
	require.NoError(b.t, json.Unmarshal([]byte(text), &found))
	b.t.Logf("axe-core %s, %s: %d rules passed, %d violated", found.Version, what, found.Passes, len(found.Violations))
	assert.Positive(b.t, found.Passes)
	for _, v := range found.Violations {
		b.t.Errorf("axe, %s: %s (%s): %s %v", what, v.ID, v.Impact, v.Help, v.Nodes)
	}
}
