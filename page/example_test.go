package page_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"ganlib/config"
	"ganlib/page"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// A training of six steps with its page. A program would use [page.Listen] and [page.Server.Serve] in
// place of a test's server, and tell the user [page.Server.URL].
func Example() {
	root, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	c, err := config.Preset("toy-8gaussians")
	if err != nil {
		fmt.Println(err)
		return
	}
	c.DataSize, c.BatchSize, c.FeaturesGen, c.FeaturesCritic = 96, 32, 8, 8

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var r *runner.Runner
	live := page.NewLive(ctx, page.LiveOptions{Save: func() error { return r.Save() }, Stop: stop})
	if r, err = runner.Open(ctx, runner.Options{Config: c, Root: root, Steps: 6, Hooks: []variants.Hook{live.Hook()}}); err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	run, err := runs.Open(r.Folder())
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := page.New(page.Options{Run: run, Config: c, Live: live})
	if err != nil {
		fmt.Println(err)
		return
	}
	web := httptest.NewServer(server)
	defer web.Close()
	if err := r.Run(ctx); err != nil {
		fmt.Println(err)
		return
	}
	answer, err := http.Get(web.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, strings.Contains(string(text), "Latent space"), err)
	fmt.Println(live.State().Phase, live.State().Step, "of", live.State().Total)
	fmt.Println(server.Close("The training is finished."))
	// Output:
	// 200 OK true <nil>
	// ended 6 of 6
	// <nil>
}
