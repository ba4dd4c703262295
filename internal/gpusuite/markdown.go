package main

import (
	"fmt"
	"strings"
)

// markdown writes the report for people.
func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# GPU suite, %s\n\n%s\n\n```\n%s\n```\n\n", r.Date, r.Card, r.Listed)
	b.WriteString("## Tests\n\n| package | passed | skipped | failed | seconds |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range r.Suites {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %.1f |\n", s.Package, s.Passed, len(s.Skipped), len(s.Failed), s.Seconds)
	}
	for _, s := range r.Suites {
		for _, name := range s.Failed {
			fmt.Fprintf(&b, "\nFailed: %s %s\n", s.Package, name)
		}
		if s.Error != "" {
			fmt.Fprintf(&b, "\nFailed: %s: %s\n", s.Package, s.Error)
		}
	}
	if len(r.Timed) > 0 {
		b.WriteString("\n## An iteration of training\n\nThe critic's steps and one generator step, in float32 unless another precision is named, medians of five rounds.\n\n")
		b.WriteString("| | as a graph, ms | launch by launch, ms | launches |\n| --- | --- | --- | --- |\n")
		for _, t := range r.Timed {
			calls := 0.0
			for _, k := range t.Kernels {
				calls += k.Calls
			}
			fmt.Fprintf(&b, "| %s | %.4g | %.4g | %.0f |\n", t.Name, t.Graph, t.Single, calls)
		}
		for _, t := range r.Timed {
			t.kernels(&b)
		}
	}
	if r.Race != "" {
		fmt.Fprintf(&b, "\n## PyTorch on the same card\n\n%s\n", r.Race)
	}
	return b.String()
}

// kernels writes the time of a workload by kernel.
func (t timing) kernels(b *strings.Builder) {
	if t.Error != "" {
		fmt.Fprintf(b, "\n%s failed: %s\n", t.Name, t.Error)
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n| kernel | calls | ms |\n| --- | --- | --- |\n", t.Name)
	sum := 0.0
	for _, k := range t.Kernels {
		sum += k.Milliseconds
		fmt.Fprintf(b, "| %s | %.0f | %.4f |\n", k.Name, k.Calls, k.Milliseconds)
	}
	fmt.Fprintf(b, "| all | | %.4f |\n", sum)
}
