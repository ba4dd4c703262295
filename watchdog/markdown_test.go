package watchdog_test

import (
	"fmt"
	"strings"
	"testing"

	"ganlib/internal/docsection"
	"ganlib/watchdog"
)

// The table of docs/watchdog.md is what the kinds say; go test ./watchdog -run MarkdownFile -update writes it.
func TestMarkdownFile(t *testing.T) {
	var b strings.Builder
	b.WriteString("| event | when | what to do |\n| --- | --- | --- |\n")
	for _, k := range watchdog.Kinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, k.When, k.Advice)
	}
	docsection.Check(t, "../docs/watchdog.md", "<!-- the events, written by go test ./watchdog -run MarkdownFile -update -->", "<!-- end of the events -->", b.String())
}
