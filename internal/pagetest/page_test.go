package pagetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trainArgs train for ever on faces that ganlib draws.
func trainArgs() []string {
	args := []string{"train", "--preset", "catfaces", "--epochs", "1000", "--seed", "3"}
	for _, set := range []string{
		"DATA_SIZE=2000", "IMAGE_SIZE=32", "FEATURES_GEN=12", "FEATURES_CRITIC=12", "BATCH_SIZE=32", "CRITIC_ITERATIONS=2", "SAMPLE_EVERY=10", "LOG_EVERY=10", "GRID_IMAGES=24",
	} {
		args = append(args, "--set", set)
	}
	return args
}

// The page of a training, from its first picture to its stop, and of the run that is left.
func TestPage(t *testing.T) {
	chromium := browser(t)
	folder := t.TempDir()
	p := start(t, folder, trainArgs()...)
	b := open(t, chromium, p.url)

	t.Run("a grid appears", func(t *testing.T) {
		b.t = t
		b.until(`document.getElementById("picture").naturalWidth > 100`)
		b.until(`document.getElementById("phase").textContent === "Training"`)
		assert.Equal(t, "train0", b.text("name"))
		address := eval[string](b, "location.href")
		assert.Equal(t, p.plain(), address, "the token has left the address")
	})
	t.Run("curves grow", func(t *testing.T) {
		b.t = t
		b.until(`Number(document.querySelector(".plot").dataset.points) > 2`)
		before := eval[int](b, `Number(document.querySelector(".plot").dataset.points)`)
		b.until(`Number(document.querySelector(".plot").dataset.points) > ` + strconv.Itoa(before))
		b.until(`document.querySelectorAll(".plot").length === 4 && [...document.querySelectorAll(".plot")].every((p) => p.dataset.points > 0)`)
		assert.True(t, inked(b), "something is drawn on the first chart")
	})
	t.Run("the slider shows earlier pictures", func(t *testing.T) {
		b.t = t
		b.until(`document.getElementById("timeline").max >= 2`)
		b.key("timeline", kb.Home)
		b.until(`document.getElementById("picture").src.endsWith("/picture/0/0")`)
		assert.Contains(t, b.text("picture-text"), "picture 1 of")
		b.do(chromedp.KeyEvent(kb.ArrowRight))
		b.until(`document.getElementById("picture").src.endsWith("/picture/0/10")`)
		time.Sleep(2500 * time.Millisecond) // pictures that come meanwhile do not move it
		still := eval[string](b, `document.getElementById("picture").src`)
		assert.True(t, strings.HasSuffix(still, "/picture/0/10"), still)
		b.click("newest")
		b.until(`!document.getElementById("picture").src.endsWith("/picture/0/10")`)
	})
	t.Run("the latent panel shows pictures", func(t *testing.T) { b.t = t; latent(t, b) })
	t.Run("the keyboard reaches everything", func(t *testing.T) { b.t = t; keyboard(t, b) })
	train(t, b)
	t.Run("a pause pauses", func(t *testing.T) {
		b.t = t
		b.click("pause")
		b.until(`document.getElementById("phase").textContent === "Paused"`)
		before := b.text("progress-text")
		time.Sleep(1500 * time.Millisecond)
		assert.Equal(t, before, b.text("progress-text"))
		latent(t, b)
		b.click("checkpoint")
		b.until(`document.getElementById("message").textContent === "Checkpoint saved."`)
		saved, err := filepath.Glob(filepath.Join(folder, "trains/train0/model/checkpoint-*.safetensors"))
		require.NoError(t, err)
		assert.NotEmpty(t, saved)
	})
	t.Run("looks", func(t *testing.T) { b.t = t; looks(t, b) })
	t.Run("strangers are refused", func(t *testing.T) { strangers(t, chromium, p) })
	t.Run("a stop saves and exits with 0", func(t *testing.T) {
		b.t = t
		b.click("pause")
		b.until(`document.getElementById("phase").textContent === "Training"`)
		b.click("stop")
		b.do(chromedp.WaitVisible(chromedp.CSS("#stop-dialog")))
		b.accessible("the question")
		b.click("stop-no")
		b.do(chromedp.WaitNotVisible(chromedp.CSS("#stop-dialog")))
		b.click("stop")
		b.click("stop-yes")
		b.until(`document.getElementById("phase").textContent === "Ended"`)
		assert.Contains(t, b.text("message"), "everything is saved")
		require.NoError(t, p.wait(), "the exit code: %s", p.text())
		assert.Contains(t, p.out.String(), "Saved: ")
	})
	b.t = t
	b.clean(p.plain())
	t.Run("view", func(t *testing.T) { view(t, chromium, folder) })
}

// inked reports whether a chart's canvas has anything but its axes' colours on it.
func inked(b *tab) bool {
	return eval[bool](b, `(() => {
		const canvas = document.querySelector(".plot canvas");
		const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
		for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i + 2] - data[i] > 90) return true; // the first curve is blue
		return false;
	})()`)
}

// latent asks for a picture, and for another by moving the slider between the seeds.
func latent(t *testing.T, b *tab) {
	b.click("draw")
	b.until(`document.getElementById("latent-picture").naturalWidth > 100`)
	b.key("at", kb.Home)
	b.until(`document.getElementById("latent-text").textContent.startsWith("Seed 1;")`)
	b.do(chromedp.KeyEvent(kb.PageUp))
	b.until(`document.getElementById("latent-text").textContent.includes("of the way from seed 1 to 2")`)
	b.click("truncate")
	b.until(`document.getElementById("latent-text").textContent.includes("noise truncated at 1")`)
	b.click("truncate")
	b.until(`!document.getElementById("latent-text").textContent.includes("truncated")`)
	alt := eval[string](b, `document.getElementById("latent-picture").alt`)
	assert.Contains(t, alt, "of the way from seed 1 to 2")
}

// keyboard goes through the page with the tab key.
func keyboard(t *testing.T, b *tab) {
	eval[bool](b, `(document.activeElement?.blur(), true)`)
	reached := map[string]bool{}
	for range 40 {
		b.do(chromedp.KeyEvent(kb.Tab))
		reached[eval[string](b, `document.activeElement.id || document.activeElement.tagName`)] = true
	}
	for _, id := range []string{"pause", "checkpoint", "stop", "play", "timeline", "newest", "seed", "to", "count", "seeds", "at", "truncate", "draw", "window", "SUMMARY"} {
		assert.True(t, reached[id], "%s in %v", id, reached)
	}
}

// train waits as long as the pictures of the page are to be trained.
func train(t *testing.T, b *tab) {
	wait, err := time.ParseDuration(os.Getenv("GANLIB_TRAIN"))
	if err != nil {
		return
	}
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(time.Second) {
		b.t = t
		b.text("phase")
	}
}

// looks checks the page in light, in the dark and on a phone, and takes pictures of it.
func looks(t *testing.T, b *tab) {
	for _, look := range []struct {
		name, scheme  string
		width, height int64
	}{{"light", "light", 1280, 900}, {"dark", "dark", 1280, 900}, {"phone", "light", 390, 844}} {
		b.as(look.scheme)
		b.do(chromedp.EmulateViewport(look.width, look.height), chromedp.Sleep(300*time.Millisecond))
		wide := eval[bool](b, `document.documentElement.scrollWidth > innerWidth`)
		assert.False(t, wide, "%s: the page is wider than the window: %s", look.name, eval[string](b, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.tagName + "." + e.className + "#" + e.id).join(" ")`))
		b.accessible(look.name)
		folder := os.Getenv("GANLIB_SCREENSHOTS")
		if folder == "" {
			continue
		}
		ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
		shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		cancel()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, "page-"+look.name+".png"), shot, 0o666))
	}
	b.as("")
	b.do(chromedp.EmulateReset())
}

// as lets the reader prefer a colour scheme, and little motion; "" undoes it.
func (b *tab) as(scheme string) {
	var p emulation.SetEmulatedMediaParams
	if scheme != "" {
		p.Features = []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}
	}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, p)
	require.NoError(b.t, err)
}

// strangers tries to act without the token, and from a page of another origin.
func strangers(t *testing.T, chromium context.Context, p *program) {
	b := open(t, chromium, p.plain())
	b.until(`!document.getElementById("readonly").hidden && document.getElementById("pause").disabled`)
	b.until(`document.getElementById("picture").naturalWidth > 100`)
	code := eval[int](b, `fetch("/api/stop", {method: "POST"}).then((r) => r.status)`)
	assert.Equal(t, http.StatusForbidden, code)
	code = eval[int](b, `fetch("/api/stop", {method: "POST", headers: {"X-Ganlib-Token": "guess"}}).then((r) => r.status)`)
	assert.Equal(t, http.StatusForbidden, code)

	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>other</title>"))
	}))
	defer other.Close()
	b = open(t, chromium, other.URL)
	outcome := eval[string](b, `fetch("`+p.plain()+`api/stop", {method: "POST", headers: {"X-Ganlib-Token": "`+p.token()+`"}}).then((r) => "answered " + r.status, () => "refused")`)
	assert.Equal(t, "refused", outcome, "with the token, from another origin")
	outcome = eval[string](b, `fetch("`+p.plain()+`api/stop", {method: "POST", mode: "no-cors"}).then((r) => r.type, () => "refused")`)
	assert.Contains(t, []string{"opaque", "refused"}, outcome)
	outcome = eval[string](b, `fetch("`+p.plain()+`api/run").then(() => "read", () => "refused")`)
	assert.Equal(t, "refused", outcome, "to read from another origin")
	outcome = eval[string](b, `new Promise((done) => { const i = new Image(); i.onload = () => done("shown"); i.onerror = () => done("refused"); i.src = "`+p.plain()+`picture/0/0"; })`)
	assert.Equal(t, "refused", outcome, "to show a picture on another page")
	// What the browser holds back, the server would refuse as well.
	request, err := http.NewRequest(http.MethodPost, p.plain()+"api/stop", nil)
	require.NoError(t, err)
	request.Header.Set("X-Ganlib-Token", p.token())
	request.Header.Set("Origin", other.URL)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusForbidden, answer.StatusCode)
	assert.NotContains(t, p.text(), "Stopped", "it trains on")
}

// view opens the run that a training left, under a name that is no name.
func view(t *testing.T, chromium context.Context, folder string) {
	const name = `<img src=x onerror="document.title='run'">`
	require.NoError(t, os.Rename(filepath.Join(folder, "trains/train0"), filepath.Join(folder, "trains", name)))
	p := start(t, folder, "view", filepath.Join("trains", name))
	b := open(t, chromium, p.url)
	b.until(`document.getElementById("picture").naturalWidth > 100`)
	b.until(`Number(document.querySelector(".plot").dataset.points) > 2`)
	assert.Equal(t, "Run folder", b.text("phase"))
	assert.Equal(t, name, b.text("name"), "as text")
	assert.Zero(t, eval[int](b, `document.getElementById("name").children.length`))
	hidden := eval[bool](b, `document.getElementById("controls").hidden`)
	assert.True(t, hidden)
	latent(t, b)
	b.do(chromedp.Click(chromedp.CSS("summary")))
	b.until(`document.getElementById("config").innerText.includes("CRITIC_ITERATIONS")`)
	b.accessible("view")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, p.wait(), p.text())
	b.until(`document.getElementById("phase").textContent === "Ended"`)
	b.clean(p.plain())
}
