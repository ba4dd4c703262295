package main

import (
	"fmt"
	"strings"
)

// markdown writes the report for people.
func (r results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# GPU suite, %s\n\n%s\n\n```\n%s\n```\n\n", r.Date, r.Card, r.Listed)
	if len(r.Suites) > 0 {
		r.tests(&b)
	}
	if len(r.Timed) > 0 {
		r.timings(&b)
	}
	if len(r.Cats) > 0 {
		fmt.Fprintf(&b, "\n## A whole training on photographs\n\n%s", catsTable(r.Cats))
	}
	if len(r.Long) > 0 {
		fmt.Fprintf(&b, "\n## A long training in each precision\n\n%s", longTable(r.Long))
	}
	if r.Race != "" {
		fmt.Fprintf(&b, "\n## PyTorch on the same card\n\n%s\n", r.Race)
	}
	return b.String()
}

// tests writes how the packages' tests ended.
func (r results) tests(b *strings.Builder) {
	b.WriteString("## Tests\n\n| package | passed | skipped | failed | seconds |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range r.Suites {
		fmt.Fprintf(b, "| %s | %d | %d | %d | %.1f |\n", s.Package, s.Passed, len(s.Skipped), len(s.Failed), s.Seconds)
	}
	for _, s := range r.Suites {
		for _, name := range s.Failed {
			fmt.Fprintf(b, "\nFailed: %s %s\n", s.Package, name)
		}
		if s.Error != "" {
			fmt.Fprintf(b, "\nFailed: %s: %s\n", s.Package, s.Error)
		}
	}
}

// timings writes the time of an iteration of each workload, and of its kernels.
func (r results) timings(b *strings.Builder) {
	b.WriteString("\n## An iteration of training\n\nThe critic's steps and one generator step, in float32 unless another precision is named, medians of five rounds.\n\n")
	b.WriteString("| | as a graph, ms | launch by launch, ms | launches |\n| --- | --- | --- | --- |\n")
	for _, t := range r.Timed {
		calls := 0.0
		for _, k := range t.Kernels {
			calls += k.Calls
		}
		fmt.Fprintf(b, "| %s | %.4g | %.4g | %.0f |\n", t.Name, t.Graph, t.Single, calls)
	}
	for _, t := range r.Timed {
		t.kernels(b)
	}
}

// kernels writes the time of a workload by kernel, held against the card's peaks.
func (t timing) kernels(b *strings.Builder) {
	if t.Error != "" {
		fmt.Fprintf(b, "\n%s failed: %s\n", t.Name, t.Error)
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n| kernel | calls | ms | GB/s | TFLOP/s | of the peak |\n| --- | --- | --- | --- | --- | --- |\n", t.Name)
	for _, k := range t.Kernels {
		fmt.Fprintf(b, "| %s | %.0f | %.4f | %.0f | %.1f | %.2f %s |\n", k.Name, k.Calls, k.Milliseconds, k.GBs, k.TFLOPS, k.Share, k.Bound)
	}
	fmt.Fprintf(b, "| rest | | %.4f | | | |\n| iteration | | %.4f | | | |\n", t.Rest, t.Graph)
}
