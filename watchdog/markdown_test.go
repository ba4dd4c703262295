package watchdog_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/watchdog"
)

var update = flag.Bool("update", false, "write the events into docs/watchdog.md")

// The table of docs/watchdog.md is what the kinds say; go test ./watchdog -run MarkdownFile -update writes it.
func TestMarkdownFile(t *testing.T) {
	const path, begin, end = "../docs/watchdog.md", "<!-- the events, written by go test ./watchdog -run MarkdownFile -update -->\n", "<!-- end of the events -->\n"
	var b strings.Builder
	b.WriteString("| event | when | what to do |\n| --- | --- | --- |\n")
	for _, k := range watchdog.Kinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, k.When, k.Advice)
	}
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(data), begin)
	require.True(t, found)
	table, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+b.String()+end+after), 0o644))
		return
	}
	assert.Equal(t, b.String(), table, "run go test ./watchdog -run MarkdownFile -update")
}
