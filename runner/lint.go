package runner

import (
	"fmt"
	"slices"
	"strings"

	"ganlib/config"
	"ganlib/lint"
)

// LintMode is what is done about mistakes that package lint finds in the configuration of a new run.
type LintMode string

// What may be done.
const (
	RefuseMistakes LintMode = "refuse" // errors are refused, warnings told
	WarnOfMistakes LintMode = "warn"   // both are told
	IgnoreMistakes LintMode = "off"    // nothing is looked at
)

// check reports a word that is none of them.
func (m LintMode) check() error {
	if !slices.Contains([]LintMode{RefuseMistakes, WarnOfMistakes, IgnoreMistakes}, m) {
		return fmt.Errorf("runner: lint %q: want %s, %s or %s", string(m), RefuseMistakes, WarnOfMistakes, IgnoreMistakes)
	}
	return nil
}

// MistakeError refuses a configuration from which nothing can be learned.
type MistakeError struct{ Findings []lint.Finding }

// Error implements error.
func (e *MistakeError) Error() string {
	lines := []string{"runner: the configuration trains nothing of use:"}
	for _, f := range e.Findings {
		lines = append(lines, "\t"+f.String())
	}
	return strings.Join(lines, "\n")
}

// lint returns what to tell of the mistakes in a new run's configuration, or refuses it. What a run that goes
// on has, it began with.
func (o Options) lint(c config.Config, images int) (lines []string, err error) {
	if o.Lint == IgnoreMistakes || o.Resume != "" {
		return nil, nil
	}
	found := lint.Check(c, lint.Facts{Images: images})
	if errs := lint.Errors(found); len(errs) > 0 && o.Lint == RefuseMistakes {
		return nil, &MistakeError{errs}
	}
	for _, f := range found {
		lines = append(lines, "Lint: "+f.String())
	}
	return lines, nil
}
