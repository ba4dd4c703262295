package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxProblems bounds what one error reports: a file of garbage needs no line for each of its lines.
const maxProblems = 100

// Problem is one thing wrong with a configuration.
type Problem struct {
	File         string // the file's name; empty if the value came from elsewhere
	Line, Column int    // where in the file, from 1; 0 if the problem is the file as a whole
	Arg          string // the command-line argument, such as "--set BATCH_SIZE=0"; empty for a file
	Key          string // the key as written; empty if no key is concerned
	Detail       string // what was wrong and what was expected
	Nearest      string // the known key or value nearest to what was written; empty if none is meant
}

// Error returns the problem in one line: place, key, what was wrong, what was expected.
func (p Problem) Error() string {
	var parts []string
	switch {
	case p.Arg != "":
		parts = append(parts, p.Arg)
	case p.Line > 0:
		parts = append(parts, fmt.Sprintf("%s:%d:%d", cmp.Or(p.File, "file"), p.Line, p.Column))
	case p.File != "":
		parts = append(parts, p.File)
	}
	if p.Key != "" {
		parts = append(parts, p.Key)
	}
	detail := p.Detail
	if p.Nearest != "" {
		detail += "; did you mean " + p.Nearest + "?"
	}
	return strings.Join(append(parts, detail), ": ")
}

// Error holds every problem of a configuration. errors.As finds the single [Problem] values too.
type Error struct {
	Problems []Problem // in the order of file lines, then arguments; never empty
}

// Error returns all problems, one a line if there are several.
func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return "config: " + e.Problems[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "config: %d problems", len(e.Problems))
	for _, p := range e.Problems {
		b.WriteString("\n\t" + p.Error())
	}
	return b.String()
}

// Unwrap returns the problems as errors.
func (e *Error) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p
	}
	return errs
}

// origin is where a value was written: a place in a file, or a command-line argument.
type origin struct {
	file         string
	line, column int
	arg          string
}

func (o origin) problem(key, detail, nearest string) Problem {
	return Problem{File: o.file, Line: o.line, Column: o.column, Arg: o.arg, Key: key, Detail: detail, Nearest: nearest}
}

// report collects problems.
type report struct {
	problems []Problem
	more     int // problems beyond maxProblems
}

// full reports whether further problems are only counted.
func (r *report) full() bool { return len(r.problems) == maxProblems }

func (r *report) add(p Problem) {
	if r.full() {
		r.more++
		return
	}
	r.problems = append(r.problems, p)
}

// err returns the collected problems, or nil if there are none: those of the file by line, then the
// others in the order of their discovery.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		if a.Arg != "" || b.Arg != "" {
			return strings.Compare(a.Arg, "") - strings.Compare(b.Arg, "")
		}
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
	if r.more > 0 {
		r.problems = append(r.problems, Problem{File: r.problems[0].File, Detail: fmt.Sprintf("and %d more", r.more)})
	}
	return &Error{Problems: r.problems}
}

// quote shows a value in a message, shortened.
func quote(text string) string {
	const most = 48
	if runes := []rune(text[:min(len(text), 4*most+4)]); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

// list joins words as in a sentence: "a, b or c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
