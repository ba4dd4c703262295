package lint

import (
	"fmt"
	"slices"

	"ganlib/config"
)

// Rule is a mistake that the linter knows.
type Rule struct {
	Name     string
	Severity Severity        // of a finding that no setting asks for by name
	Switches []config.Switch // of COMPAT that ask for it
	Force    bool            // FORCE asks for it, too
	Keys     []string        // that take part
	Reason   string          // why it is a mistake
	Instead  string          // what to write
	Source   string          // paper and section, or tutorial

	found   func(*subject) bool   // nil: only the switches tell
	instead func(*subject) string // if it depends on the configuration; Instead says it in general
}

// check reports whether the mistake is made, and by which setting it is asked for by name, if by any. A switch
// of COMPAT is the mistake itself; FORCE only allows it.
func (r *Rule) check(s *subject) (found bool, by string) {
	for _, name := range r.Switches {
		if s.Compat.Has(name) {
			return true, "COMPAT " + string(name)
		}
	}
	if r.found == nil || !r.found(s) {
		return false, ""
	}
	if r.Force && s.Config.Force {
		by = "FORCE true"
	}
	return true, by
}

var rules = slices.Concat(methodRules, dataRules, outputRules)

// Rules returns all rules, in the order in which findings of one severity come.
func Rules() []Rule { return slices.Clone(rules) }

// Sources.
const (
	gan    = "Goodfellow et al. 2014 (GAN, arXiv 1406.2661)"
	dcgan  = "Radford et al. 2016 (DCGAN, arXiv 1511.06434)"
	wgan   = "Arjovsky et al. 2017 (WGAN, arXiv 1701.07875)"
	wgangp = "Gulrajani et al. 2017 (WGAN-GP, arXiv 1704.00028)"
	norm   = "Ioffe and Szegedy 2015 (batch normalization, arXiv 1502.03167)"
)

// tutorial names the tutorials that have a mistake.
func tutorial(names string) string { return fmt.Sprintf("error of the %s", names) }
