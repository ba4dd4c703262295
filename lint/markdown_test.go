package lint_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/lint"
)

var update = flag.Bool("update", false, "write the rules into docs/lint.md")

// The table of docs/lint.md is what the rules say; go test ./lint -run MarkdownFile -update writes it.
func TestMarkdownFile(t *testing.T) {
	const path, begin, end = "../docs/lint.md", "<!-- the rules, written by go test ./lint -run MarkdownFile -update -->\n", "<!-- end of the rules -->\n"
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(data), begin)
	require.True(t, found)
	table, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+ruleTable()+end+after), 0o644))
		return
	}
	assert.Equal(t, ruleTable(), table, "run go test ./lint -run MarkdownFile -update")
}

func ruleTable() string {
	var b strings.Builder
	b.WriteString("| rule | severity | keys | why | instead | source |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range lint.Rules() {
		severity := r.Severity.String()
		for _, s := range r.Switches {
			severity += fmt.Sprintf("; `%s`", s)
		}
		if r.Force {
			severity += "; `FORCE`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.Name, severity, "`"+strings.Join(r.Keys, "` `")+"`", r.Reason, r.Instead, r.Source)
	}
	return b.String()
}
