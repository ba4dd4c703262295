package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"ganlib/internal/docsection"
	"ganlib/lint"
)

// The table of docs/lint.md is what the rules say; go test ./lint -run MarkdownFile -update writes it.
func TestMarkdownFile(t *testing.T) {
	docsection.Check(t, "../docs/lint.md", "<!-- the rules, written by go test ./lint -run MarkdownFile -update -->", "<!-- end of the rules -->", ruleTable())
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
